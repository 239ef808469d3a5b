using System.Diagnostics;
using Braintrust.Logging;
using Braintrust.Logging.Rows;
using Serilog.Events;

namespace Serilog.Sinks.Braintrust;

/// <summary>
/// An event that SerilogTracing made of an activity: a span with ids and a start of its own, whose end is the event's time. The names are
/// those of SerilogTracing 2 (Core/Constants.cs); Seq's and OpenTelemetry's sinks recognise them likewise.
/// </summary>
readonly record struct SpanEvent(UInt128 TraceId, ulong SpanId, ulong ParentId)
{
    const string Start = "SpanStartTimestamp";
    const string Parent = "ParentSpanId";
    const string Kind = "SpanKind";

    // Set by a Braintrust SDK upstream: then the remote parent has a row, in the project that it names.
    const string Upstream = "braintrust.parent";

    public static bool TryRead(LogEvent logEvent, BraintrustLogger logger, out SpanEvent span)
    {
        if (!IsSpan(logEvent, out _))
        {
            span = default;
            return false;
        }
        span = new(Ids.Bits(logEvent.TraceId!.Value), Ids.Bits(logEvent.SpanId!.Value), ParentOf(logEvent, logger));
        return true;
    }

    public static bool IsSpan(LogEvent logEvent, out DateTime start)
    {
        start = default;
        if (logEvent.SpanId is not { } span || span == default || logEvent.TraceId is not { } trace || trace == default
            || !logEvent.Properties.TryGetValue(Start, out var property) || property is not ScalarValue { Value: DateTime time })
        {
            return false;
        }
        start = time.ToUniversalTime();
        return true;
    }

    public static bool IsOwnProperty(string name) => name is Start or Parent or Kind;

    static ulong ParentOf(LogEvent logEvent, BraintrustLogger logger)
    {
        if (!logEvent.Properties.TryGetValue(Parent, out var property) || property is not ScalarValue { Value: ActivitySpanId parent } || IsUnknown(logEvent, logger))
        {
            return 0;
        }
        return Ids.Bits(parent);
    }

    /// <summary>A parent in another process has no row in this project, unless that process says so. The activity is still the current one when it is written.</summary>
    static bool IsUnknown(LogEvent logEvent, BraintrustLogger logger) =>
        Activity.Current is { HasRemoteParent: true } activity && activity.SpanId == logEvent.SpanId
        && !(activity.GetBaggageItem(Upstream) is { } said && BraintrustSpanContext.Names(said, logger));
}
