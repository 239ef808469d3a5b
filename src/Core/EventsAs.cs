namespace Braintrust.Logging;

/// <summary>What a log event becomes in Braintrust.</summary>
public enum EventsAs
{
    /// <summary>A span row, child of the span around it, as long as it says (no time at all without a duration).</summary>
    Spans,

    /// <summary>Braintrust's native log row (<c>span_attributes.type = "log"</c>), a public preview of the service.</summary>
    ApplicationLogs,

    /// <summary>A span row when the event carries span data (a duration, input, output, scores, a model, tokens …), a log row otherwise.</summary>
    Auto,
}
