using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Braintrust.Logging.Local.Server;
using Braintrust.Logging.Local.Storage;
using Braintrust.Logging.Local.Traces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Braintrust.Logging.Local;

/// <summary>
/// A Braintrust of your own, inside this process and on the loopback address: it takes what a Braintrust SDK logs, keeps it with the service's
/// replace and merge rules, shows it on a page at <see cref="Url"/>, and gives it back as trees. For samples, tests and work without an account.
/// </summary>
public sealed class BraintrustLocal : IAsyncDisposable
{
    static readonly TimeSpan RetentionInterval = TimeSpan.FromMinutes(1);

    readonly WebApplication _app;
    readonly LocalState _state;
    readonly ITimer _retention;

    BraintrustLocal(WebApplication app, LocalState state, ITimer retention)
    {
        _app = app;
        _state = state;
        _retention = retention;
    }

    /// <summary>Where it listens, e.g. <c>http://127.0.0.1:41234/</c>: the page, the app URL and the API URL.</summary>
    public Uri Url => _state.Url;

    /// <summary>A key to log in with: the token it was started with, or without one any nonblank key, of which this is one.</summary>
    public string ApiKey => _state.Token ?? LocalState.WellKnownApiKey;

    /// <summary>The name of the one organisation there is.</summary>
    public string Organization => LocalState.OrganizationName;

    /// <summary>Starts it and returns once it answers.</summary>
    /// <param name="options">Default: on loopback, on a free port, in memory.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <returns>The server, listening. Dispose it to stop it.</returns>
    /// <exception cref="IOException">It cannot listen on the address and port asked for, or the database cannot be opened.</exception>
    /// <exception cref="ArgumentException">It was to listen beyond loopback without a token, or an option is out of range.</exception>
    /// <exception cref="InvalidDataException">A newer version wrote the database, or the file is the database of something else.</exception>
    public static async Task<BraintrustLocal> StartAsync(BraintrustLocalOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new BraintrustLocalOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(options.Port);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Port, IPEndPoint.MaxPort);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.PayloadLimitBytes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxDatabaseBytes);
        if (!IPAddress.IsLoopback(options.Address) && string.IsNullOrWhiteSpace(options.Token))
            throw new ArgumentException("Beyond loopback anybody could read the traces: set a Token.", nameof(options));

        var tell = options.OnMessage ?? (static _ => { });
        var store = new LocalStore(options.DatabasePath, options.TimeProvider, tell);
        var state = new LocalState(store, options, tell);
        var app = QuietHost.Build(options.Address, options.Port);
        Gate.Map(app, state);
        ProtocolEndpoints.Map(app, state);
        UploadEndpoints.Map(app, state);
        ReadEndpoints.Map(app, state);
        RemoveEndpoints.Map(app, state);
        PageEndpoints.Map(app, state);
        app.MapFallback("{**path}", context => Answer.Refuse(
            context, StatusCodes.Status404NotFound,
            $"braintrust-local does not know {context.Request.Method} {context.Request.Path}: it keeps logs, attachments and feedback, and has no experiments, datasets or prompts."));
        try
        {
            await app.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await app.DisposeAsync().ConfigureAwait(false);
            store.Dispose();
            if (e is SocketException)
                throw new IOException($"Cannot listen on {new IPEndPoint(options.Address, options.Port)}: {e.Message}", e);
            throw;
        }
        state.Url = new Uri(app.Urls.Single());
        return new BraintrustLocal(app, state, KeepBounds(state, options, tell));
    }

    /// <summary>
    /// The traces of a project, newest first, each as a tree. Rows whose parent is not stored stand beside the roots, marked with
    /// <see cref="TraceNode.IsOrphan"/>. A copy: what arrives later is not in it. Empty for a project nobody has logged to.
    /// </summary>
    /// <param name="project">The project's name, as given when logging, or its id.</param>
    /// <returns>The roots.</returns>
    public IReadOnlyList<TraceNode> Traces(string project) => TraceTree.Build(Rows(project));

    /// <summary>Every stored row of a project in the order of first arrival, comments included. Copies.</summary>
    /// <param name="project">The project's name, as given when logging, or its id.</param>
    /// <returns>The rows, as they are stored.</returns>
    public IReadOnlyList<JsonObject> Rows(string project)
    {
        ArgumentNullException.ThrowIfNull(project);
        return _state.Store.Projects.Find(project) is { } found ? _state.Store.Rows.OfProject(found.Id) : [];
    }

    /// <summary>Stops listening. What was stored in memory is gone; a database file is complete and closed.</summary>
    public async ValueTask DisposeAsync()
    {
        await _retention.DisposeAsync().ConfigureAwait(false);
        await QuietHost.StopAsync(_app).ConfigureAwait(false);
        _state.Store.Dispose();
    }

    static ITimer KeepBounds(LocalState state, BraintrustLocalOptions options, Action<string> tell)
    {
        var retention = state.Store.Retention(options.TimeProvider, options.MaxDatabaseBytes, options.MaxAge, tell, state.Changes.Tell);
        // A file is as full as its disk, which others fill.
        if (options.DatabasePath is null)
            state.OnFull = () => _ = ApplyAsync(isFull: true);
        return options.TimeProvider.CreateTimer(_ => _ = ApplyAsync(isFull: false), null, TimeSpan.Zero, RetentionInterval);

        async Task ApplyAsync(bool isFull)
        {
            try
            {
                await retention.ApplyAsync(isFull).ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                // Stopped meanwhile.
            }
            catch (Exception e)
            {
                tell($"Old traces could not be removed: {e.Message}");
            }
        }
    }
}
