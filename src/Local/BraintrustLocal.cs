using System.Net;
using System.Text.Json.Nodes;
using Braintrust.Logging.Local.Server;
using Braintrust.Logging.Local.Storage;
using Braintrust.Logging.Local.Traces;
using Microsoft.AspNetCore.Builder;

namespace Braintrust.Logging.Local;

/// <summary>
/// A Braintrust of your own, inside this process and on the loopback address only: it takes what a Braintrust SDK logs, keeps it in
/// memory with the service's replace and merge rules, and gives it back as trees. For samples, tests and work without an account.
/// </summary>
public sealed class BraintrustLocal : IAsyncDisposable
{
    readonly WebApplication _app;
    readonly LocalState _state;

    BraintrustLocal(WebApplication app, LocalState state)
    {
        _app = app;
        _state = state;
    }

    /// <summary>Where it listens, e.g. <c>http://127.0.0.1:41234/</c>: both the app URL and the API URL.</summary>
    public Uri Url => _state.Url;

    /// <summary>A key to log in with. Any other nonblank key is accepted too.</summary>
    public string ApiKey => LocalState.WellKnownApiKey;

    /// <summary>The name of the one organisation there is.</summary>
    public string Organization => LocalState.OrganizationName;

    /// <summary>Starts it and returns once it answers.</summary>
    /// <exception cref="IOException">The port asked for is taken.</exception>
    public static async Task<BraintrustLocal> StartAsync(BraintrustLocalOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new BraintrustLocalOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(options.Port);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Port, IPEndPoint.MaxPort);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.PayloadLimitBytes);

        var state = new LocalState(options.PayloadLimitBytes, options.TimeProvider);
        var app = QuietHost.Build(options.Port);
        ProtocolEndpoints.Map(app, state);
        ReadEndpoints.Map(app, state);
        try
        {
            await app.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await app.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        state.Url = new Uri(app.Urls.Single());
        return new BraintrustLocal(app, state);
    }

    /// <summary>
    /// The traces of a project, newest first, each as a tree. Rows whose parent is not stored stand beside the roots, marked with
    /// <see cref="TraceNode.IsOrphan"/>. A copy: what arrives later is not in it. Empty for a project nobody has logged to.
    /// </summary>
    /// <param name="project">The project's name, as given when logging, or its id.</param>
    public IReadOnlyList<TraceNode> Traces(string project)
    {
        ArgumentNullException.ThrowIfNull(project);
        return _state.Projects.Find(project) is { } found ? TraceTree.Build(_state.Rows.OfProject(found.Id)) : [];
    }

    /// <summary>Every stored row of a project in the order of first arrival, comments included. Copies.</summary>
    /// <param name="project">The project's name, as given when logging, or its id.</param>
    public IReadOnlyList<JsonObject> Rows(string project)
    {
        ArgumentNullException.ThrowIfNull(project);
        return _state.Projects.Find(project) is { } found ? _state.Rows.OfProject(found.Id) : [];
    }

    /// <summary>Stops listening. What was stored is gone.</summary>
    public async ValueTask DisposeAsync() => await QuietHost.StopAsync(_app).ConfigureAwait(false);
}
