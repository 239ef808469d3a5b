using Braintrust.Extensions.Logging.Reading;
using Braintrust.Logging;
using Braintrust.Logging.Llm;
using Braintrust.Logging.Rows;
using Microsoft.Extensions.Logging;

namespace Braintrust.Extensions.Logging;

/// <summary>
/// One category's logger. All that is read of the application's objects is read within the call, and nothing escapes it: what a provider
/// throws, Microsoft.Extensions.Logging throws at the application.
/// </summary>
sealed class CategoryLogger(string category, BraintrustLoggerProvider provider) : ILogger
{
    readonly bool _isFramework = FrameworkScopes.IsFramework(category);
    readonly LlmSource _llm = LlmSources.Of(category);
    readonly bool _isHosting = category == FrameworkScopes.HostingCategory;

    public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Trace and <= LogLevel.Critical;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel) || !Reentry.TryEnter())
        {
            return;
        }
        try
        {
            var properties = StateReader.Read(state, out var template, isReadable: _llm != LlmSource.None);
            if ((_llm != LlmSource.None || LlmSources.IsFunction(template))
                && provider.Take(new LlmEvent(LlmSources.Of(category, template), category, eventId.Name, properties, exception)))
            {
                return;
            }
            if (_isHosting)
            {
                RequestScope.Learn(provider.FrontEnd, eventId, properties);
            }
            if (_isFramework && exception is not null && logLevel >= LogLevel.Error)
            {
                RequestScope.Fail(provider.FrontEnd, exception);
            }
            var message = StateText.Of(state, exception, formatter, template);
            provider.Write(new LogEvent(category, logLevel, eventId, template, message, properties), exception);
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

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull
    {
        if (!Reentry.TryEnter())
        {
            return null;
        }
        try
        {
            return Begin(state);
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

    IDisposable? Begin(object? state)
    {
        var kind = _isFramework ? FrameworkScopes.KindOf(category, state) : ScopeKind.Work;
        if (kind == ScopeKind.Unspoken)
        {
            return null;
        }

        var properties = StateReader.Read(state, out var template);
        if (kind == ScopeKind.Connection)
        {
            return new Enrichment(properties);
        }
        if (kind == ScopeKind.Request)
        {
            return RequestScope.Begin(provider, category, properties);
        }

        var text = StateText.OfScope(state, template);
        return text is null && provider.FrontEnd.Settings.ScopeSpans == ScopeSpans.Named
            ? new Enrichment(properties)
            : provider.Open(text ?? StateText.Unnamed(state, properties), category, properties);
    }
}
