using Braintrust.Logging.Propagation;

namespace Braintrust.Logging;

/// <summary>
/// Continues a trace that began in another process: <c>logger.StartSpan("work", parent: BraintrustPropagation.Extract(request.Headers))</c>. The other
/// side calls <see cref="BraintrustSpan.Inject"/>, of this library or of any Braintrust SDK. The headers are W3C's <c>traceparent</c>, <c>tracestate</c>, <c>baggage</c>.
/// </summary>
public static class BraintrustPropagation
{
    internal const string TraceState = "tracestate";

    /// <summary>Reads the parent from headers. Never throws.</summary>
    /// <param name="headers">Names in any case; a name may come several times.</param>
    /// <returns>Null if there is no valid <c>traceparent</c>: then a span begins a trace of its own.</returns>
    public static BraintrustSpanContext? Extract(IEnumerable<KeyValuePair<string, string>>? headers) =>
        From(() => Pick(headers, static (header, into) => into(header.Key, header.Value)));

    /// <summary>Reads the parent from headers with several values each: those of ASP.NET Core, of HttpClient, dictionaries of arrays. Never throws.</summary>
    /// <inheritdoc cref="Extract(IEnumerable{KeyValuePair{string, string}})"/>
    public static BraintrustSpanContext? Extract<TValues>(IEnumerable<KeyValuePair<string, TValues>>? headers) where TValues : IEnumerable<string?> =>
        From(() => Pick(headers, static (header, into) =>
        {
            foreach (var value in header.Value)
            {
                into(header.Key, value);
            }
        }));

    /// <summary>Reads the parent by asking for one header after the other. Never throws.</summary>
    /// <param name="getter">Gives the value of a header by its name in lower case; null if there is none.</param>
    /// <returns>Null if there is no valid <c>traceparent</c>: then a span begins a trace of its own.</returns>
    public static BraintrustSpanContext? Extract(Func<string, string?> getter) =>
        From(() => new Received { Parent = getter(TraceParent.Header), State = getter(TraceState), Baggage = getter(Baggage.Header) });

    /// <summary>Adds a span to headers that are about to be sent. Never throws.</summary>
    internal static void Inject(BraintrustSpan span, IDictionary<string, string> headers)
    {
        try
        {
            var flags = span.Headers?.Flags ?? TraceParent.Sampled;
            if (!span.IsSampled)
            {
                // No row of it will exist: the other side gets the trace and nobody to hang below.
                Carrier.Set(headers, TraceParent.Header, new TraceParent(span.Trace, span.Span, (byte)(flags & ~TraceParent.Sampled)).ToString());
                return;
            }
            var baggage = Baggage.Merge(Carrier.Get(headers, Baggage.Header), BraintrustSpanContext.Naming(span.Logger));
            Carrier.Set(headers, TraceParent.Header, new TraceParent(span.Trace, span.Span, flags).ToString());
            if (span.Headers?.State is { } state)
            {
                Carrier.Set(headers, TraceState, state);
            }
            Carrier.Set(headers, Baggage.Header, baggage);
        }
        catch (Exception error) // a carrier of the application's: read-only, or of its own making
        {
            BraintrustDiagnostics.Warn("inject", $"A span was not injected: the headers threw {error.GetType()}.", 1);
        }
    }

    static BraintrustSpanContext? From(Func<Received> read)
    {
        try
        {
            var received = read();
            return TraceParent.TryParse(received.Parent, out var parent)
                ? new(parent, TraceHeaders.StateOf(received.State), Baggage.Parent(received.Baggage))
                : null;
        }
        catch (Exception error) // headers of the application's own making
        {
            BraintrustDiagnostics.Warn("extract", $"A parent was not extracted: the headers threw {error.GetType()}.", 1);
            return null;
        }
    }

    static Received Pick<T>(IEnumerable<T>? headers, Action<T, Action<string, string?>> read)
    {
        var received = new Received();
        foreach (var header in headers ?? [])
        {
            read(header, received.Add);
        }
        return received;
    }

    /// <summary>The three headers, as far as they came.</summary>
    sealed class Received
    {
        public string? Parent { get; set; }
        public string? State { get; set; }
        public string? Baggage { get; set; }

        public void Add(string name, string? value)
        {
            if (string.IsNullOrEmpty(value))
            {
                return;
            }
            if (Is(name, TraceParent.Header))
            {
                Parent ??= value;
            }
            else if (Is(name, TraceState))
            {
                State = State is null ? value : $"{State},{value}";
            }
            else if (Is(name, Propagation.Baggage.Header))
            {
                Baggage = Baggage is null ? value : $"{Baggage},{value}";
            }
        }

        static bool Is(string name, string header) => string.Equals(name, header, StringComparison.OrdinalIgnoreCase);
    }
}
