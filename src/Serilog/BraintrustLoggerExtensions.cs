using Braintrust.Logging;
using Braintrust.Logging.Rows;
using Serilog.Core;
using Serilog.Sinks.Braintrust;

namespace Serilog;

/// <summary>Adds <c>BeginSpan</c>: Serilog has no scopes of its own that could be timed.</summary>
public static class BraintrustLoggerExtensions
{
    /// <summary>
    /// Opens a span; dispose it to end it. What is logged inside nests below it. It is named by the rendered message, and its properties become fields as those of an event
    /// do. Inside a span it is one of that span's project; else of the project of this logger's first <c>WriteTo.Braintrust</c>, or the one that the sink's
    /// <see cref="BraintrustOptions.ProjectSelector"/> names for the template's properties; else, behind wrappers such as <c>WriteTo.Async</c> and sub-loggers, of the current
    /// logger (<see cref="BraintrustLogger.Current"/>), or the default one. If all of this logger's are off (<see cref="BraintrustOptions.Enabled"/>), no row is sent of it.
    /// </summary>
    /// <example><c>using var span = log.BeginSpan("Answering {Question}", question);</c></example>
    /// <param name="logger">Binds the properties, by its own destructuring rules.</param>
    /// <param name="messageTemplate">Message template describing the work.</param>
    /// <param name="propertyValues">Objects positionally formatted into the message template.</param>
    /// <returns>The span, to log output, scores and the like.</returns>
    /// <exception cref="ArgumentNullException">There is no logger.</exception>
    [MessageTemplateFormatMethod(nameof(messageTemplate))]
    public static BraintrustSpan BeginSpan(this ILogger logger, string messageTemplate, params object?[]? propertyValues) =>
        Open(logger, null, messageTemplate, propertyValues);

    /// <summary>Opens a span of the given Braintrust logger.</summary>
    /// <inheritdoc cref="BeginSpan(ILogger, string, object?[])"/>
    /// <param name="logger">Binds the properties, by its own destructuring rules.</param>
    /// <param name="braintrustLogger">Whose project the span belongs to.</param>
    /// <param name="messageTemplate">Message template describing the work.</param>
    /// <param name="propertyValues">Objects positionally formatted into the message template.</param>
    [MessageTemplateFormatMethod(nameof(messageTemplate))]
    public static BraintrustSpan BeginSpan(this ILogger logger, BraintrustLogger braintrustLogger, string messageTemplate, params object?[]? propertyValues)
    {
        ArgumentNullException.ThrowIfNull(braintrustLogger);
        return Open(logger, braintrustLogger, messageTemplate, propertyValues);
    }

    static BraintrustSpan Open(ILogger logger, BraintrustLogger? target, string messageTemplate, object?[]? propertyValues)
    {
        ArgumentNullException.ThrowIfNull(logger);
        var (name, properties) = SpanTemplate.Bind(logger, messageTemplate, propertyValues);
        var isOff = false;
        target ??= BraintrustSpan.Current?.Logger ?? SpanTarget.Of(logger, out isOff)?.Route(properties) ?? BraintrustLog.CurrentLogger;
        var start = new SpanStart
        {
            Logger = target,
            FrontEnd = target.Client.Api,
            Name = name,
            Template = messageTemplate,
            Properties = properties,
        };
        return isOff ? BraintrustLogger.OpenWithoutRow(start) : BraintrustLogger.Open(start);
    }
}
