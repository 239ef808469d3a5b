using System.Diagnostics.CodeAnalysis;
using Braintrust.Logging;
using Braintrust.Logging.Rows;
using Serilog.Core;
using Serilog.Debugging;
using Serilog.Events;

namespace Serilog.Sinks.Braintrust;

/// <summary>
/// Knows the Braintrust logger that a Serilog logger writes to. Serilog does not tell what its sinks are, but it shows what it captures to every destructuring policy; this
/// one comes with each sink and answers a value that nobody else knows.
/// </summary>
/// <param name="logger">Of the sink's project.</param>
/// <param name="frontEnd">The sink's. One that is off lets others answer, and is remembered should there be none.</param>
sealed class SpanTarget(BraintrustLogger logger, FrontEnd frontEnd) : IDestructuringPolicy
{
    /// <param name="logger">Whose sinks are asked.</param>
    /// <param name="isOff">All of them are off.</param>
    /// <returns>Null: none of the sinks is Braintrust's, or it stands behind a wrapper, whose configuration is not the logger's.</returns>
    public static SpanTarget? Of(ILogger logger, out bool isOff)
    {
        var question = new Question();
        try
        {
            logger.BindProperty(nameof(SpanTarget), question, destructureObjects: true, out _);
        }
        catch (Exception error) // a destructuring policy of the application's
        {
            SelfLog.WriteLine("Serilog.Sinks.Braintrust could not find a logger's sink: {0}", error);
        }
        isOff = question.Answer is null && question.Off is not null;
        return question.Answer ?? question.Off;
    }

    /// <summary>The logger that a span with these properties belongs to: by the sink's selector, as its events.</summary>
    public BraintrustLogger Route(Property[] properties) =>
        !frontEnd.IsEnabled || frontEnd.Settings.ProjectSelector is null ? logger : logger.Route(frontEnd.Settings, PropertyView.WithScopes(properties));

    public bool TryDestructure(object value, ILogEventPropertyValueFactory propertyValueFactory, [NotNullWhen(true)] out LogEventPropertyValue? result)
    {
        result = null;
        if (value is not Question question)
        {
            return false;
        }
        if (!frontEnd.IsEnabled)
        {
            question.Off ??= this;
            return false;
        }
        question.Answer = this;
        result = ScalarValue.Null;
        return true;
    }

    // Nothing public: should nobody answer, Serilog captures an empty structure.
    sealed class Question
    {
        internal SpanTarget? Answer;
        internal SpanTarget? Off;
    }
}
