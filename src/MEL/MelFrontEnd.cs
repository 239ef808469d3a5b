using System.Text;
using Braintrust.Extensions.Logging.Reading;
using Braintrust.Logging;
using Braintrust.Logging.Rows;
using Microsoft.Extensions.Logging;

namespace Braintrust.Extensions.Logging;

/// <summary>Microsoft.Extensions.Logging's events in the core's words. On the loop, or with a mask on the caller's thread; everything was copied already.</summary>
sealed class MelFrontEnd(FrontEndSettings settings, ContainerRedaction redaction) : FrontEnd(settings)
{
    public override string Name => "microsoft.extensions.logging";

    public override void Read(object payload, EventRecord into)
    {
        var logEvent = (LogEvent)payload;
        into.Severity = SeverityOf(logEvent.Level);
        into.LoggerName = logEvent.Category.Length > 0 ? logEvent.Category : null;
        into.EventId = logEvent.Id.Id;
        into.EventName = logEvent.Id.Name;
        logEvent.Read(into);
    }

    public override void Render(object payload, StringBuilder into) => ((LogEvent)payload).Render(into);

    public override RowPreview Preview(BraintrustLogger logger, UInt128 trace, object payload)
    {
        if (payload is not LogEvent logEvent)
        {
            return base.Preview(logger, trace, payload);
        }
        return new(logger, trace, logEvent.Name, logEvent.Category, SeverityNames.Of(SeverityOf(logEvent.Level)), () => PropertyView.WithScopes(logEvent.Properties));
    }

    public override string? Redact(object value, Attribute[] classifications) => redaction.Redact(value, classifications);

    static Severity SeverityOf(LogLevel level) => level switch
    {
        LogLevel.Trace => Severity.Trace,
        LogLevel.Debug => Severity.Debug,
        LogLevel.Information => Severity.Info,
        LogLevel.Warning => Severity.Warn,
        LogLevel.Error => Severity.Error,
        _ => Severity.Fatal,
    };
}
