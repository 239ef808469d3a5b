using System.Collections.Concurrent;
using Braintrust.Extensions.Logging.Configuration;
using Braintrust.Extensions.Logging.Reading;
using Braintrust.Logging;
using Braintrust.Logging.Configuration;
using Braintrust.Logging.Activities;
using Braintrust.Logging.Llm;
using Braintrust.Logging.Rows;
using Microsoft.Extensions.Compliance.Redaction;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Braintrust.Extensions.Logging;

/// <summary>
/// Writes log calls and scopes to Braintrust. Added by <see cref="BraintrustLoggerExtensions.AddBraintrust(ILoggingBuilder)"/>; the host
/// disposes it, which delivers what is queued within <see cref="BraintrustOptions.ShutdownTimeout"/>.
/// </summary>
/// <remarks>
/// Does not implement <see cref="ISupportExternalScope"/>: with it, Microsoft.Extensions.Logging never tells that a scope ended, and a scope is a timed span.
/// </remarks>
[ProviderAlias("Braintrust")]
public sealed class BraintrustLoggerProvider : ILoggerProvider, IAsyncDisposable
{
    readonly ConcurrentDictionary<string, CategoryLogger> _categories = new(StringComparer.Ordinal);
    readonly ClientLease _lease;
    readonly BraintrustLogger _logger;
    readonly MelFrontEnd _frontEnd;
    readonly ActivityCapture? _activities;
    readonly RequestMeasurements _requests;
    readonly LlmCalls _llm;
    readonly bool _isClientGiven;
    readonly IDisposable? _reload;
    volatile bool _isClosed;

    /// <exception cref="OptionsValidationException">An option cannot work; the message names its path and what it accepts.</exception>
    internal BraintrustLoggerProvider(BraintrustLoggerOptions options, Func<IRedactorProvider?> redactors, OptionsReload? reload = null)
    {
        try
        {
            _lease = Lease(options);
        }
        catch (ArgumentException error)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(BraintrustLoggerOptions), [error.Message]);
        }
        _logger = _lease.GetLogger();
        var settings = FrontEndSettings.From(options);
        _frontEnd = new MelFrontEnd(options.Client is { } given ? settings.Over(given) : settings, new ContainerRedaction(redactors));
        _llm = new LlmCalls(_frontEnd, Client.Clock);
        _activities = ActivityCapture.Start(_frontEnd.Settings.ActivitySources, _logger, _frontEnd);
        _requests = new RequestMeasurements(_frontEnd);
        _isClientGiven = options.Client is not null;
        _reload = reload?.Start(Change);
    }

    /// <summary>The client that delivers: to flush it, for instance. Not the caller's to dispose.</summary>
    public BraintrustClient Client => _lease.Client;

    /// <summary>
    /// The logger of the project that the options name, whatever <see cref="BraintrustOptions.ProjectSelector"/> says: for feedback, and for spans by code. The container has it as a
    /// service too, <see cref="BraintrustLogger"/>.
    /// </summary>
    public BraintrustLogger Logger => _logger;

    internal FrontEnd FrontEnd => _frontEnd;

    /// <summary>The category's logger, made once.</summary>
    /// <param name="categoryName">Stands in the metadata as <c>logger.name</c>.</param>
    /// <returns>The same logger for the same name, safe for use from several threads.</returns>
    public ILogger CreateLogger(string categoryName) =>
        _categories.GetOrAdd(categoryName ?? "", static (name, provider) => new CategoryLogger(name, provider), this);

    /// <summary>Delivers what is queued, within <see cref="BraintrustOptions.ShutdownTimeout"/>. What is logged later is dropped and counted.</summary>
    public void Dispose()
    {
        _reload?.Dispose();
        _activities?.Dispose();
        _requests.Dispose();
        _llm.Dispose();
        try
        {
            _lease.Dispose();
        }
        finally
        {
            _isClosed = true;
        }
    }

    /// <inheritdoc cref="Dispose"/>
    public async ValueTask DisposeAsync()
    {
        _reload?.Dispose();
        _activities?.Dispose();
        _requests.Dispose();
        _llm.Dispose();
        try
        {
            await _lease.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            _isClosed = true;
        }
    }

    /// <summary>Takes over what may change while rows are logged. The ratio of a client that was given stays its owner's.</summary>
    void Change(BraintrustLoggerOptions options)
    {
        _frontEnd.IsEnabled = options.Enabled;
        if (!_isClientGiven)
        {
            Client.Resample(options.SamplingRatio);
        }
    }

    /// <summary>Whether the event belongs to a model or tool call, which then is one span.</summary>
    internal bool Take(in LlmEvent it) => !_isClosed && _llm.Take(it, Route(it.Properties));

    internal void Write(LogEvent logEvent, Exception? exception)
    {
        var logger = _frontEnd.Settings.ProjectSelector is null ? _logger : Route(logEvent.Properties);
        logger.Event(_frontEnd, logEvent, Client.Clock.GetUtcNow().UtcTicks, exception, logEvent.Weight, out var entry);
        Offer(entry);
    }

    /// <summary>A log call of before: its time, trace and parent are the record's, and the scopes that are open now say nothing about it.</summary>
    internal void Write(LogEvent logEvent, BufferedLogRecord record)
    {
        var logger = _frontEnd.Settings.ProjectSelector is null ? _logger : _logger.Route(_frontEnd.Settings, PropertyView.Of(logEvent.Properties));
        var placement = Placement.Of(logger, record.ActivityTraceId ?? default, record.ActivitySpanId ?? default);
        logger.Event(_frontEnd, logEvent, record.Timestamp.UtcTicks, ErrorOf(record.Exception, logEvent.Properties), logEvent.Weight, placement, null, out var entry);
        Offer(entry);
    }

    /// <summary>Microsoft.Extensions.Telemetry's buffers keep an exception's message, and its type among the attributes. Where there was none, the message is empty.</summary>
    static string? ErrorOf(string? exception, Property[] properties)
    {
        var type = Array.Find(properties, static property => property.Name == "exception.type").Value as string;
        if (string.IsNullOrWhiteSpace(exception))
        {
            return string.IsNullOrWhiteSpace(type) ? null : type; // it had no message
        }
        return ErrorText.Of(string.IsNullOrWhiteSpace(type) || exception.Contains(type, StringComparison.Ordinal) ? exception : $"{type}: {exception}");
    }

    void Offer(in Entry entry)
    {
        if (_isClosed)
        {
            Client.Refuse(entry);
        }
        else
        {
            Client.Offer(entry);
        }
    }

    /// <summary>Null once closed: then the span is counted as lost, and nothing is around the code that comes.</summary>
    internal BraintrustSpan? Open(string name, string category, Property[] properties, string? template = null)
    {
        var start = new SpanStart
        {
            Logger = Route(properties),
            FrontEnd = _frontEnd,
            Name = name,
            Template = template,
            Properties = properties,
            LoggerName = category.Length > 0 ? category : null,
        };
        if (!_isClosed)
        {
            return BraintrustLogger.OpenAdmitted(start);
        }
        start.Logger.Event(_frontEnd, start, Client.Clock.GetUtcNow().UtcTicks, null, start.Weight, out var entry);
        Client.Refuse(entry);
        return null;
    }

    BraintrustLogger Route(Property[] properties) =>
        _frontEnd.Settings.ProjectSelector is null ? _logger : _logger.Route(_frontEnd.Settings, PropertyView.WithScopes(properties));

    static ClientLease Lease(BraintrustLoggerOptions options)
    {
        if (options.Client is not { } client)
        {
            return SharedClients.Acquire(options, ConfiguredOptions.DefaultPath);
        }
        new OptionsValidation(ConfiguredOptions.DefaultPath).Check(options);
        var key = client.GetLogger(options.ProjectId is null ? options.Project : null, setCurrent: false, options.ProjectId).Key;
        return ClientLease.OfGiven(client, key);
    }
}
