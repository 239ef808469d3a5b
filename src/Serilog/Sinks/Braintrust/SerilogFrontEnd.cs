using System.Text;
using Braintrust.Logging;
using Braintrust.Logging.Llm;
using Braintrust.Logging.Rows;
using Serilog.Core;
using Serilog.Debugging;
using Serilog.Events;

namespace Serilog.Sinks.Braintrust;

/// <summary>Serilog's events in the core's words. On the caller's thread it only fixes ids; all reading happens on the core's loop, save with a mask.</summary>
sealed class SerilogFrontEnd(FrontEndSettings settings) : FrontEnd(settings)
{
    // The loop's, and with a mask each caller's.
    [ThreadStatic]
    static EventReader? _reader;

    volatile ILoggingFailureListener? _listener;
    object? _sender;

    public override string Name => "serilog";

    /// <summary>Without a listener nobody needs the lost events themselves: that they were lost is said on <see cref="SelfLog"/> anyway.</summary>
    public override bool WatchesLosses => _listener is not null;

    public void Listen(ILoggingFailureListener listener, object sender)
    {
        _sender = sender;
        _listener = listener;
    }

    /// <summary>What the queue takes: the event itself, and what has to be known of this very moment.</summary>
    public void Take(BraintrustLogger logger, LogEvent logEvent, out Entry entry)
    {
        var target = Route(logger, logEvent);
        target.Event(this, Snapshot.Of(logEvent, out var size), logEvent.Timestamp.UtcTicks, logEvent.Exception, size, out entry);
        if (SpanEvent.TryRead(logEvent, target, out var span))
        {
            entry.TraceId = span.TraceId;
            entry.SpanId = span.SpanId;
            entry.ParentId = span.ParentId;
            entry.IsLoose = false;
            entry.IsSampled = null; // another trace, perhaps
            entry.IsCountedElsewhere = !IsInnermost(target, span, logEvent);
        }
        else if (entry.ParentId == 0 && logEvent.TraceId is { } trace && trace != default)
        {
            entry.TraceId = Ids.Bits(trace); // what was current at the log call; on a batching thread nothing is
            entry.IsLoose = false;
        }
    }

    // By itself: what the lambda holds would cost each event memory.
    static bool IsInnermost(BraintrustLogger logger, SpanEvent span, LogEvent logEvent) =>
        logger.Usage.IsInnermost(span.SpanId, span.ParentId, span.TraceId, GenAi.Usage(name => EventReader.Scalar(logEvent, name)));

    /// <summary>Whether the event tells of an activity that is captured for its project too.</summary>
    public bool IsCaptured(BraintrustLogger logger, LogEvent logEvent) =>
        SpanEvent.IsSpan(logEvent, out _) && Route(logger, logEvent).Captured is { } captured && captured.Contains(Ids.Bits(logEvent.SpanId!.Value));

    /// <summary>The project's logger that the event goes to.</summary>
    public BraintrustLogger Route(BraintrustLogger logger, LogEvent logEvent) =>
        Settings.ProjectSelector is null ? logger : logger.Route(Settings, EventReader.Properties(logEvent));

    public override void Read(object payload, EventRecord into) => (_reader ??= new()).Read(Snapshot.Frozen(payload), into);

    public override void Render(object payload, StringBuilder into) => (_reader ??= new()).Render(Snapshot.Frozen(payload), into);

    public override RowPreview Preview(BraintrustLogger logger, UInt128 trace, object payload)
    {
        var logEvent = Snapshot.Original(payload);
        var source = logEvent.Properties.TryGetValue(Constants.SourceContextPropertyName, out var value) && value is ScalarValue { Value: string name } ? name : null;
        var level = SeverityNames.Of(EventReader.SeverityOf(logEvent.Level));
        return new(logger, trace, logEvent.MessageTemplate.Text, source, level, () => EventReader.Properties(logEvent));
    }

    public override bool TryWrite(object value, JsonBuffer json)
    {
        if (value is not LogEventPropertyValue property)
        {
            return false;
        }
        PropertyWriter.Write(property, json);
        return true;
    }

    public override AnswerHead? HeadOf(object? value) => value is LogEventPropertyValue property ? StructureSource.Head(property) : base.HeadOf(value);

    public override void Lost(IReadOnlyList<object> payloads, RowLoss loss)
    {
        var events = new LogEvent[payloads.Count];
        for (var i = 0; i < events.Length; i++)
        {
            events[i] = Snapshot.Original(payloads[i]);
        }
        _listener?.OnLoggingFailed(_sender!, LoggingFailureKind.Permanent, $"{loss.Reason}: {loss.Message}", events, loss.Exception);
    }
}
