using Braintrust.Extensions.Logging.Reading;
using Braintrust.Logging;
using Braintrust.Logging.Llm;
using Braintrust.Logging.Rows;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Braintrust.Extensions.Logging;

/// <summary>
/// One category's logger. All that is read of the application's objects is read within the call, and nothing escapes it: what a provider
/// throws, Microsoft.Extensions.Logging throws at the application.
/// </summary>
sealed class CategoryLogger(string category, BraintrustLoggerProvider provider) : ILogger, IBufferedLogger
{
    readonly bool _isFramework = FrameworkScopes.IsFramework(category);
    readonly LlmSource _llm = LlmSources.Of(category);
    readonly bool _isOwn = category == BraintrustDiagnostics.Category; // what this library says about itself must not become rows that it then speaks of
    readonly bool _isHosting = category == FrameworkScopes.HostingCategory;

    public bool IsEnabled(LogLevel logLevel) => !_isOwn && provider.FrontEnd.IsEnabled && logLevel is >= LogLevel.Trace and <= LogLevel.Critical;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel) || !Reentry.TryEnter())
        {
            return;
        }
        try
        {
            LogEvent? logEvent = _llm == LlmSource.None ? FrameworkState<TState>.TryRead(category, logLevel, eventId, state, formatter) : null;
            if ((logEvent is null || LlmSources.IsFunction(logEvent.Template)) && (logEvent = Render(logLevel, eventId, state, exception, formatter)) is null)
            {
                return;
            }
            if (_isHosting)
            {
                RequestScope.Learn(provider.FrontEnd, eventId, logEvent.Properties);
            }
            if (_isFramework && exception is not null && logLevel >= LogLevel.Error)
            {
                RequestScope.Fail(provider.FrontEnd, exception);
            }
            provider.Write(logEvent, exception);
        }
        catch (Exception error)
        {
            BraintrustDiagnostics.Warn("log", $"A log call could not be read: {error.GetType()}.", 1);
        }
        finally
        {
            Reentry.Leave();
        }
    }

    /// <summary>Null: it belongs to a model or tool call, which then is one span.</summary>
    RenderedEvent? Render<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var reader = new StateReader(provider.FrontEnd, isReadable: _llm != LlmSource.None);
        var properties = reader.Read(state);
        if ((_llm != LlmSource.None || LlmSources.IsFunction(reader.Template))
            && provider.Take(new LlmEvent(LlmSources.Of(category, reader.Template), category, eventId.Name, properties, exception)))
        {
            return null;
        }
        var message = reader.IsWithheld ? TemplateText.Of(reader.Template, properties) : StateText.Of(state, exception, formatter, reader.Template);
        return new RenderedEvent(category, logLevel, eventId, reader.Template, message, properties);
    }

    /// <summary>Log calls that a buffer held back. The records go back to a pool when this returns.</summary>
    public void LogRecords(IEnumerable<BufferedLogRecord> records)
    {
        if (!Reentry.TryEnter())
        {
            return;
        }
        try
        {
            foreach (var record in records)
            {
                Take(record);
            }
        }
        catch (Exception error) // the buffer's own
        {
            BraintrustDiagnostics.Warn("log", $"Buffered log calls could not be read: {error.GetType()}.", 1);
        }
        finally
        {
            Reentry.Leave();
        }
    }

    void Take(BufferedLogRecord record)
    {
        try
        {
            if (IsEnabled(record.LogLevel))
            {
                var reader = new StateReader(provider.FrontEnd);
                var properties = reader.Read(record.Attributes);
                var template = reader.Template ?? record.MessageTemplate;
                var message = reader.IsWithheld ? TemplateText.Of(template, properties) : ValueMarks.Cut(record.FormattedMessage ?? template ?? "", ValueLimits.StringChars);
                provider.Write(new RenderedEvent(category, record.LogLevel, record.EventId, template, message, properties), record);
            }
        }
        catch (Exception error) // a record of somebody's own making
        {
            BraintrustDiagnostics.Warn("log", $"A buffered log call could not be read: {error.GetType()}.", 1);
        }
    }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull
    {
        if (!provider.FrontEnd.IsEnabled || !Reentry.TryEnter())
        {
            return null;
        }
        try
        {
            return FrameworkState<TState>.TryRead(state, out var values) is { } template && template.Render(values) is var text && !string.IsNullOrWhiteSpace(text)
                ? provider.Open(ValueMarks.Cut(text, ValueLimits.NameChars), category, Properties(template, values), template.Text)
                : Begin(state);
        }
        catch (Exception error)
        {
            BraintrustDiagnostics.Warn("scope", $"A scope could not be read: {error.GetType()}.", 1);
            return null;
        }
        finally
        {
            Reentry.Leave();
        }
    }

    static Property[] Properties(MessageTemplate template, object?[] values)
    {
        var properties = new Property[values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            properties[i] = new(template.Holes[i].Name, values[i]);
        }
        return properties;
    }

    /// <summary>Any other state than that of a simple template.</summary>
    IDisposable? Begin(object? state)
    {
        var kind = _isFramework ? FrameworkScopes.KindOf(category, state) : ScopeKind.Work;
        if (kind == ScopeKind.Unspoken)
        {
            return null;
        }

        var reader = new StateReader(provider.FrontEnd);
        var properties = reader.Read(state);
        if (kind == ScopeKind.Connection)
        {
            return new Enrichment(properties);
        }
        if (kind == ScopeKind.Request)
        {
            return RequestScope.Begin(provider, category, properties);
        }

        var text = !reader.IsWithheld ? StateText.OfScope(state, reader.Template)
            : reader.Template is { } template ? ValueMarks.Cut(TemplateText.Of(template, properties), ValueLimits.NameChars)
            : null;
        return text is null && provider.FrontEnd.Settings.ScopeSpans == ScopeSpans.Named
            ? new Enrichment(properties)
            : provider.Open(text ?? StateText.Unnamed(state, properties), category, properties, reader.Template ?? StateText.FirstName(properties));
    }
}
