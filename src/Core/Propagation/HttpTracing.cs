using System.Diagnostics;

namespace Braintrust.Logging.Propagation;

/// <summary>
/// What HttpClient itself does about traces below a handler: at the end of the chain it makes an activity of the source <c>System.Net.Http</c> and
/// writes its ids and baggage, each header only where the request has none.
/// </summary>
/// <param name="Propagator">What it writes with; null: it writes nothing.</param>
readonly record struct HttpTracing(DistributedContextPropagator? Propagator)
{
    public const string Source = "System.Net.Http";

    // Listeners choose sources by name, so this one has those of HttpClient's own. It never starts an activity.
    static readonly ActivitySource Likeness = new(Source);
    static readonly bool IsOn = new SocketsHttpHandler().ActivityHeadersPropagator is not null; // there is a switch for the process

    /// <summary>Somebody keeps the activities of requests, so the id that HttpClient writes is one that somebody knows.</summary>
    public bool IsWatched => Propagator is not null && Likeness.HasListeners();

    public static HttpTracing Of(HttpMessageHandler? handler)
    {
        while (handler is DelegatingHandler outer)
        {
            handler = outer.InnerHandler;
        }
        return new(handler switch
        {
            SocketsHttpHandler sockets => sockets.ActivityHeadersPropagator,
            HttpClientHandler when IsOn => DistributedContextPropagator.Current,
            _ => null,
        });
    }

    /// <summary>
    /// The members that HttpClient would send: where there is a header already it leaves out its own. The propagator of .NET 8 has another name for it,
    /// which no reader asks for once there is <c>baggage</c>.
    /// </summary>
    public string? Baggage(Activity? activity)
    {
        var members = new List<string>();
        Propagator?.Inject(activity, members, static (carrier, name, value) =>
        {
            if (name is Propagation.Baggage.Header or Propagation.Baggage.OldHeader)
            {
                ((List<string>)carrier!).Add(value);
            }
        });
        return members.Count > 0 ? string.Join(',', members) : null;
    }
}
