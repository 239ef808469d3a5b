using System.IO.Enumeration;
using Braintrust.Logging.Propagation;
using Braintrust.Logging.Transport;

namespace Braintrust.Logging;

/// <summary>
/// Sends the trace along with the requests of an <see cref="HttpClient"/>, so that what the other service logs nests below the span that is
/// current here: <c>AddHttpMessageHandler(() => new BraintrustPropagationHandler("handbook.example"))</c>, or around a handler of your own. Does nothing
/// where there is no span, and on requests that have a <c>traceparent</c> already. Never throws; the request is afterwards as it was before. Belongs inside of a handler that
/// retries, that is, after it: HttpClient takes the headers off what is sent again below.
/// </summary>
/// <remarks>
/// Other tracers see their trace as without it: where somebody listens to HttpClient's activities, its <c>traceparent</c> stays HttpClient's. Add
/// <c>System.Net.Http</c> to <see cref="BraintrustOptions.ActivitySources"/> then, so that the row it names exists; or set <see cref="ReplaceTraceParent"/>.
/// </remarks>
public sealed class BraintrustPropagationHandler : DelegatingHandler
{
    readonly string[] _hosts;

    /// <summary>A handler for the hosts that may learn ids and the project's name.</summary>
    /// <param name="hosts">Host names, or patterns such as <c>*.shop.example</c>, whatever their case and the port. <c>*</c> is every host: for a client
    /// that talks to services of your own only.</param>
    /// <exception cref="ArgumentException">No host is given, or a blank one.</exception>
    public BraintrustPropagationHandler(params string[] hosts)
    {
        ArgumentNullException.ThrowIfNull(hosts);
        if (hosts.Length == 0 || Array.Exists(hosts, string.IsNullOrWhiteSpace))
        {
            throw new ArgumentException("Name the hosts that the trace may go to, \"*.shop.example\" or \"*\", for instance.", nameof(hosts));
        }
        _hosts = [.. hosts.Select(static host => host.Trim())];
    }

    /// <summary>
    /// Writes our <c>traceparent</c> even where somebody else listens to HttpClient's activities. Default false: the other tracer would see the other
    /// service below a span that it does not know.
    /// </summary>
    public bool ReplaceTraceParent { get; init; }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var lent = Lend(request);
        return await base.SendAsync(lent?.Request ?? request, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var lent = Lend(request);
        return base.Send(lent?.Request ?? request, cancellationToken);
    }

    LentHeaders? Lend(HttpRequestMessage request)
    {
        try
        {
            return request.RequestUri is { IsAbsoluteUri: true } target && MayLearn(target) && !HttpExchange.IsOurs(request)
                && (LentHeaders.HasSeen(request) || !request.Headers.Contains(TraceParent.Header))
                ? OutgoingTrace.Of(HttpTracing.Of(InnerHandler), ReplaceTraceParent)?.LendTo(request)
                : null;
        }
        catch (Exception error) // a propagator of the application's, or its listeners
        {
            BraintrustDiagnostics.Warn("inject", $"A request went out without its trace: {error.GetType()}.", 1);
            return null;
        }
    }

    bool MayLearn(Uri target) => Array.Exists(_hosts, host =>
        FileSystemName.MatchesSimpleExpression(host, target.Host) || FileSystemName.MatchesSimpleExpression(host, target.IdnHost));
}
