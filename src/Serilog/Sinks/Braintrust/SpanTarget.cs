using System.Diagnostics.CodeAnalysis;
using Braintrust.Logging;
using Serilog.Core;
using Serilog.Debugging;
using Serilog.Events;

namespace Serilog.Sinks.Braintrust;

/// <summary>
/// Knows the Braintrust logger that a Serilog logger writes to. Serilog does not tell what its sinks are, but it shows what it captures to every destructuring policy; this
/// one comes with each sink and answers a value that nobody else knows.
/// </summary>
sealed class SpanTarget(BraintrustLogger logger) : IDestructuringPolicy
{
    static readonly object Question = new Asking();

    /// <summary>Null: none of the sinks is Braintrust's, or it stands behind a wrapper, whose configuration is not the logger's.</summary>
    public static BraintrustLogger? Of(ILogger logger)
    {
        try
        {
            return logger.BindProperty(nameof(SpanTarget), Question, destructureObjects: true, out var answer) ? (answer.Value as ScalarValue)?.Value as BraintrustLogger : null;
        }
        catch (Exception error) // a destructuring policy of the application's
        {
            SelfLog.WriteLine("Serilog.Sinks.Braintrust could not find a logger's sink: {0}", error);
            return null;
        }
    }

    public bool TryDestructure(object value, ILogEventPropertyValueFactory propertyValueFactory, [NotNullWhen(true)] out LogEventPropertyValue? result)
    {
        result = ReferenceEquals(value, Question) ? new ScalarValue(logger) : null;
        return result is not null;
    }

    sealed class Asking;
}
