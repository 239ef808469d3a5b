using Braintrust.Logging.Rows;
using Serilog.Events;

namespace Serilog.Sinks.Braintrust;

/// <summary>
/// The form in which an event waits in the queue. Serilog copies values at the log call, so that is the event itself; only a scalar that
/// could still change (<c>Destructure.AsScalar</c>, a <see cref="ScalarValue"/> made by hand) makes a copy necessary.
/// </summary>
sealed class Snapshot
{
    // An exception that was thrown has its stack with it.
    const int ExceptionBytes = 1024;

    readonly LogEvent _original;
    readonly LogEvent _frozen;

    Snapshot(LogEvent original, LogEvent frozen)
    {
        _original = original;
        _frozen = frozen;
    }

    public static LogEvent Original(object payload) => payload is Snapshot snapshot ? snapshot._original : (LogEvent)payload;

    public static LogEvent Frozen(object payload) => payload is Snapshot snapshot ? snapshot._frozen : (LogEvent)payload;

    /// <param name="logEvent">The event, shared with other sinks.</param>
    /// <param name="bytes">What it weighs in the queue's bound, besides what every row does.</param>
    public static object Of(LogEvent logEvent, out long bytes)
    {
        var size = new PropertySize();
        if (logEvent.Properties is Dictionary<string, LogEventPropertyValue> properties) // without an enumerator on the heap
        {
            foreach (var (name, value) in properties)
            {
                size.Add(name, value);
            }
        }
        else
        {
            foreach (var (name, value) in logEvent.Properties)
            {
                size.Add(name, value);
            }
        }
        bytes = 2 * RowWeight.Of(logEvent.MessageTemplate.Text, copies: 2) + (logEvent.Exception is null ? 0 : ExceptionBytes) + size.Bytes; // a template that is not used again is there twice
        return size.HasMutable ? new Snapshot(logEvent, Freeze(logEvent)) : logEvent;
    }

    static LogEvent Freeze(LogEvent logEvent)
    {
        var properties = new List<LogEventProperty>();
        foreach (var (name, value) in logEvent.Properties)
        {
            properties.Add(new(name, Freeze(value)));
        }
        return new LogEvent(
            logEvent.Timestamp, logEvent.Level, logEvent.Exception, logEvent.MessageTemplate, properties, logEvent.TraceId ?? default, logEvent.SpanId ?? default);
    }

    static LogEventPropertyValue Freeze(LogEventPropertyValue value)
    {
        var size = new PropertySize();
        size.Add("", value);
        return size.HasMutable ? new ScalarValue(PropertyWriter.Plain(value)) : value;
    }
}
