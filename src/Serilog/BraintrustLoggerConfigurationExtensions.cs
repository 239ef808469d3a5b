using Braintrust.Logging;
using Braintrust.Logging.Rows;
using Microsoft.Extensions.Configuration;
using Serilog.Configuration;
using Serilog.Core;
using Serilog.Events;
using Serilog.Sinks.Braintrust;

namespace Serilog;

/// <summary>Adds <c>WriteTo.Braintrust</c> and <c>AuditTo.Braintrust</c>.</summary>
public static class BraintrustLoggerConfigurationExtensions
{
    /// <summary>
    /// Writes log events to Braintrust as spans, below the span that is open where they are logged. Batching, retries and one login are shared
    /// with every other user of the account. What is left unset comes from the environment, then <c>.env.braintrust</c>, then the default.
    /// </summary>
    /// <param name="loggerSinkConfiguration">The logger configuration.</param>
    /// <param name="project">The project rows go to, by name; made if it does not exist. Unset: <c>BRAINTRUST_PROJECT</c>, else <c>Global</c>.</param>
    /// <param name="apiKey">Unset: <c>BRAINTRUST_API_KEY</c>. A missing key is no error: rows wait within the queue's bounds, and SelfLog says why.</param>
    /// <param name="projectId">The project by id (a UUID); wins over the name. Unset: <c>BRAINTRUST_PROJECT_ID</c>.</param>
    /// <param name="orgName">The organisation, by exact name. Unset: <c>BRAINTRUST_ORG_NAME</c>, else the key's first one.</param>
    /// <param name="appUrl">The control plane. Unset: <c>BRAINTRUST_APP_URL</c>, else <c>https://www.braintrust.dev</c>.</param>
    /// <param name="apiUrl">The data plane. Unset: <c>BRAINTRUST_API_URL</c>, else what the login answers.</param>
    /// <param name="batchSizeLimit">How many waiting rows are sent without waiting for the period. Default 1,000; a backlog then goes in larger requests. Any other value is also the most rows in one request.</param>
    /// <param name="period">How long the first row of a batch waits for company. Default two seconds.</param>
    /// <param name="queueLimit">The most rows held in memory. Default 100,000; rows beyond are dropped and reported.</param>
    /// <param name="queueLimitBytes">The most bytes held in memory. Default 64 MiB; rows beyond are dropped and reported.</param>
    /// <param name="eagerlyEmitFirstEvent">Send the very first row at once. Default true.</param>
    /// <param name="retryTimeLimit">How long a row may wait for delivery before it is dropped as expired. Default 24 hours, with a spool seven days.</param>
    /// <param name="shutdownTimeout">How long dispose and process exit may take. Default five seconds.</param>
    /// <param name="flushOnExit">Deliver what is queued when the process ends without a dispose. Default true.</param>
    /// <param name="asyncFlush">False: spans by code, such as <c>BeginSpan</c>'s, wait at the end of a root for delivery; for serverless. Log calls never wait. Default true.</param>
    /// <param name="allowInsecureTransport">Allow plain http to hosts other than loopback. Default false.</param>
    /// <param name="eventsAs">What an event becomes. Default <see cref="EventsAs.Spans"/>.</param>
    /// <param name="spoolDirectory">A folder where rows are kept until they are delivered, also beyond the end of the process. Default none.</param>
    /// <param name="spoolSync">What a row on disk survives. Default <see cref="SpoolSync.Write"/>: the end of the process, but no loss of power.</param>
    /// <param name="spoolLimitBytes">The most that is kept on disk. Default 1 GiB; beyond, the oldest rows are dropped and reported.</param>
    /// <param name="scopeSpans">Serilog has no scopes; here so that one set of settings fits both front ends.</param>
    /// <param name="activitySources">Activity sources whose activities become spans: names, patterns with <c>*</c>, or GenAI for the ready set. Default none.</param>
    /// <param name="samplingRatio">The share of traces that is kept, from 0 to 1. Default 1.</param>
    /// <param name="captureContent">Whether input, output and expected are sent. Default true.</param>
    /// <param name="scrubSecrets">Whether values under names such as <c>Authorization</c> or <c>Password</c> are replaced. Default true.</param>
    /// <param name="flushMode">When rows are sent. Default <see cref="FlushMode.Periodic"/>, or <see cref="FlushMode.OnDemand"/> with <c>BRAINTRUST_SYNC_FLUSH</c>.</param>
    /// <param name="flushTimeout">What a flush waits for unless told otherwise. Default 30 seconds.</param>
    /// <param name="enabled">False: nothing is written. To switch at runtime, use <paramref name="levelSwitch"/>. Default true.</param>
    /// <param name="configuration">
    /// Filled in by Serilog.Settings.Configuration, to find misspelled arguments, which it does not report itself. Leave it out in code.
    /// </param>
    /// <param name="restrictedToMinimumLevel">The minimum level for events passed through the sink. Ignored when <paramref name="levelSwitch"/> is specified.</param>
    /// <param name="levelSwitch">A switch allowing the pass-through minimum level to be changed at runtime.</param>
    /// <returns>Logger configuration, allowing configuration to continue.</returns>
    /// <exception cref="ArgumentNullException">A required parameter is null.</exception>
    /// <exception cref="ArgumentException">A setting cannot work; the message names it and what it accepts.</exception>
    public static LoggerConfiguration Braintrust(
        this LoggerSinkConfiguration loggerSinkConfiguration,
        string? project = null,
        string? apiKey = null,
        string? projectId = null,
        string? orgName = null,
        string? appUrl = null,
        string? apiUrl = null,
        int? batchSizeLimit = null,
        TimeSpan? period = null,
        int? queueLimit = null,
        long? queueLimitBytes = null,
        bool? eagerlyEmitFirstEvent = null,
        TimeSpan? retryTimeLimit = null,
        TimeSpan? shutdownTimeout = null,
        bool? flushOnExit = null,
        bool? asyncFlush = null,
        bool? allowInsecureTransport = null,
        EventsAs? eventsAs = null,
        string? spoolDirectory = null,
        SpoolSync? spoolSync = null,
        long? spoolLimitBytes = null,
        ScopeSpans? scopeSpans = null,
        string[]? activitySources = null,
        double? samplingRatio = null,
        bool? captureContent = null,
        bool? scrubSecrets = null,
        FlushMode? flushMode = null,
        TimeSpan? flushTimeout = null,
        bool? enabled = null,
        IConfiguration? configuration = null,
        LogEventLevel restrictedToMinimumLevel = LevelAlias.Minimum,
        LoggingLevelSwitch? levelSwitch = null)
    {
        ArgumentNullException.ThrowIfNull(loggerSinkConfiguration);
        var check = new ArgumentCheck("WriteTo",
            [
                nameof(project), nameof(apiKey), nameof(projectId), nameof(orgName), nameof(appUrl), nameof(apiUrl), nameof(batchSizeLimit),
                nameof(period), nameof(queueLimit), nameof(queueLimitBytes), nameof(eagerlyEmitFirstEvent), nameof(retryTimeLimit),
                nameof(shutdownTimeout), nameof(flushOnExit), nameof(asyncFlush), nameof(allowInsecureTransport), nameof(eventsAs),
                nameof(spoolDirectory), nameof(spoolSync), nameof(spoolLimitBytes), nameof(scopeSpans), nameof(activitySources), nameof(samplingRatio), nameof(captureContent), nameof(scrubSecrets), nameof(flushMode),
                nameof(flushTimeout), nameof(enabled), nameof(restrictedToMinimumLevel), nameof(levelSwitch),
            ],
            [nameof(period), nameof(retryTimeLimit), nameof(shutdownTimeout), nameof(flushTimeout)]);
        if (configuration is not null)
        {
            check.Run(configuration);
        }

        var options = Account(project, apiKey, projectId, orgName, appUrl, apiUrl, allowInsecureTransport, eventsAs);
        options.Enabled = enabled ?? options.Enabled;
        options.BatchSizeLimit = batchSizeLimit ?? options.BatchSizeLimit;
        options.Period = period ?? options.Period;
        options.QueueLimit = queueLimit ?? options.QueueLimit;
        options.QueueLimitBytes = queueLimitBytes ?? options.QueueLimitBytes;
        options.EagerlyEmitFirstEvent = eagerlyEmitFirstEvent ?? options.EagerlyEmitFirstEvent;
        options.SpoolDirectory = spoolDirectory ?? options.SpoolDirectory;
        options.SpoolSync = spoolSync ?? options.SpoolSync;
        options.SpoolLimitBytes = spoolLimitBytes ?? options.SpoolLimitBytes;
        options.RetryTimeLimit = retryTimeLimit ?? options.RetryTimeLimit; // after the spool, which changes what it is unless set
        options.ShutdownTimeout = shutdownTimeout ?? options.ShutdownTimeout;
        options.FlushOnExit = flushOnExit ?? options.FlushOnExit;
        options.AsyncFlush = asyncFlush ?? options.AsyncFlush;
        options.ScopeSpans = scopeSpans ?? options.ScopeSpans;
        options.ActivitySources = activitySources ?? options.ActivitySources;
        options.SamplingRatio = samplingRatio ?? options.SamplingRatio;
        options.CaptureContent = captureContent ?? options.CaptureContent;
        options.ScrubSecrets = scrubSecrets ?? options.ScrubSecrets;
        options.FlushMode = flushMode ?? options.FlushMode;
        options.FlushTimeout = flushTimeout ?? options.FlushTimeout;
        options.RestrictedToMinimumLevel = restrictedToMinimumLevel;
        options.LevelSwitch = levelSwitch;
        return Write(loggerSinkConfiguration, Sink(options, check.OnlyPath ?? "WriteTo.Braintrust: "));
    }

    /// <summary>Writes log events to Braintrust, with everything set by code.</summary>
    /// <param name="loggerSinkConfiguration">The logger configuration.</param>
    /// <param name="configure">Sets the options; what it leaves unset comes from the environment.</param>
    /// <returns>Logger configuration, allowing configuration to continue.</returns>
    /// <exception cref="ArgumentNullException">A required parameter is null.</exception>
    /// <exception cref="ArgumentException">An option cannot work; the message names it and what it accepts.</exception>
    public static LoggerConfiguration Braintrust(this LoggerSinkConfiguration loggerSinkConfiguration, Action<BraintrustSinkOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(loggerSinkConfiguration);
        return Write(loggerSinkConfiguration, Sink(Configured(configure), $"{nameof(BraintrustSinkOptions)}."));
    }

    /// <summary>Writes log events through an existing client. Disposing the logger flushes the client and leaves it open.</summary>
    /// <param name="loggerSinkConfiguration">The logger configuration.</param>
    /// <param name="client">Delivers the rows; its options' <see cref="BraintrustOptions.OnLoss"/>, selector and mask hold here too.</param>
    /// <param name="project">The project's name. Null: the client's default project.</param>
    /// <param name="eventsAs">What an event becomes. Default: as the client's options say.</param>
    /// <param name="restrictedToMinimumLevel">The minimum level for events passed through the sink. Ignored when <paramref name="levelSwitch"/> is specified.</param>
    /// <param name="levelSwitch">A switch allowing the pass-through minimum level to be changed at runtime.</param>
    /// <returns>Logger configuration, allowing configuration to continue.</returns>
    /// <exception cref="ArgumentNullException">A required parameter is null.</exception>
    /// <exception cref="ArgumentException">The project's name is blank.</exception>
    public static LoggerConfiguration Braintrust(
        this LoggerSinkConfiguration loggerSinkConfiguration,
        BraintrustClient client,
        string? project = null,
        EventsAs? eventsAs = null,
        LogEventLevel restrictedToMinimumLevel = LevelAlias.Minimum,
        LoggingLevelSwitch? levelSwitch = null)
    {
        ArgumentNullException.ThrowIfNull(loggerSinkConfiguration);
        ArgumentNullException.ThrowIfNull(client);
        return Write(loggerSinkConfiguration,
            new BraintrustSink(Lease(client, project), Settings(client, eventsAs), new LevelGate(restrictedToMinimumLevel, levelSwitch)));
    }

    /// <summary>
    /// Writes each log event to Braintrust before the log call returns: its row is confirmed, or the call throws (an
    /// <see cref="AggregateException"/> around a <see cref="BraintrustException"/>). Waits for one request per event, up to 30 seconds.
    /// </summary>
    /// <param name="loggerAuditSinkConfiguration">The logger configuration.</param>
    /// <param name="project">The project rows go to, by name. Unset: <c>BRAINTRUST_PROJECT</c>, else <c>Global</c>.</param>
    /// <param name="apiKey">Unset: <c>BRAINTRUST_API_KEY</c>.</param>
    /// <param name="projectId">The project by id (a UUID); wins over the name. Unset: <c>BRAINTRUST_PROJECT_ID</c>.</param>
    /// <param name="orgName">The organisation, by exact name. Unset: <c>BRAINTRUST_ORG_NAME</c>, else the key's first one.</param>
    /// <param name="appUrl">The control plane. Unset: <c>BRAINTRUST_APP_URL</c>, else <c>https://www.braintrust.dev</c>.</param>
    /// <param name="apiUrl">The data plane. Unset: <c>BRAINTRUST_API_URL</c>, else what the login answers.</param>
    /// <param name="allowInsecureTransport">Allow plain http to hosts other than loopback. Default false.</param>
    /// <param name="eventsAs">What an event becomes. Default <see cref="EventsAs.Spans"/>.</param>
    /// <param name="configuration">Filled in by Serilog.Settings.Configuration, to find misspelled arguments. Leave it out in code.</param>
    /// <param name="restrictedToMinimumLevel">The minimum level for events passed through the sink. Ignored when <paramref name="levelSwitch"/> is specified.</param>
    /// <param name="levelSwitch">A switch allowing the pass-through minimum level to be changed at runtime.</param>
    /// <returns>Logger configuration, allowing configuration to continue.</returns>
    /// <exception cref="ArgumentNullException">A required parameter is null.</exception>
    /// <exception cref="ArgumentException">A setting cannot work; the message names it and what it accepts.</exception>
    public static LoggerConfiguration Braintrust(
        this LoggerAuditSinkConfiguration loggerAuditSinkConfiguration,
        string? project = null,
        string? apiKey = null,
        string? projectId = null,
        string? orgName = null,
        string? appUrl = null,
        string? apiUrl = null,
        bool? allowInsecureTransport = null,
        EventsAs? eventsAs = null,
        IConfiguration? configuration = null,
        LogEventLevel restrictedToMinimumLevel = LevelAlias.Minimum,
        LoggingLevelSwitch? levelSwitch = null)
    {
        ArgumentNullException.ThrowIfNull(loggerAuditSinkConfiguration);
        var check = new ArgumentCheck("AuditTo",
            [
                nameof(project), nameof(apiKey), nameof(projectId), nameof(orgName), nameof(appUrl), nameof(apiUrl),
                nameof(allowInsecureTransport), nameof(eventsAs), nameof(restrictedToMinimumLevel), nameof(levelSwitch),
            ],
            []);
        if (configuration is not null)
        {
            check.Run(configuration);
        }

        var options = Account(project, apiKey, projectId, orgName, appUrl, apiUrl, allowInsecureTransport, eventsAs);
        options.RestrictedToMinimumLevel = restrictedToMinimumLevel;
        options.LevelSwitch = levelSwitch;
        return Audit(loggerAuditSinkConfiguration, AuditSink(options, check.OnlyPath ?? "AuditTo.Braintrust: "));
    }

    /// <summary>Writes each log event before the log call returns, with everything set by code.</summary>
    /// <param name="loggerAuditSinkConfiguration">The logger configuration.</param>
    /// <param name="configure">Sets the options; what it leaves unset comes from the environment. <see cref="BraintrustOptions.ActivitySources"/> are not for an audit.</param>
    /// <returns>Logger configuration, allowing configuration to continue.</returns>
    /// <exception cref="ArgumentNullException">A required parameter is null.</exception>
    /// <exception cref="ArgumentException">An option cannot work; the message names it and what it accepts.</exception>
    public static LoggerConfiguration Braintrust(this LoggerAuditSinkConfiguration loggerAuditSinkConfiguration, Action<BraintrustSinkOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(loggerAuditSinkConfiguration);
        return Audit(loggerAuditSinkConfiguration, AuditSink(Configured(configure), $"{nameof(BraintrustSinkOptions)}."));
    }

    /// <summary>Writes each log event through an existing client before the log call returns. The client is not disposed.</summary>
    /// <param name="loggerAuditSinkConfiguration">The logger configuration.</param>
    /// <param name="client">Delivers the rows; its options' <see cref="BraintrustOptions.OnLoss"/>, selector and mask hold here too.</param>
    /// <param name="project">The project's name. Null: the client's default project.</param>
    /// <param name="eventsAs">What an event becomes. Default: as the client's options say.</param>
    /// <param name="restrictedToMinimumLevel">The minimum level for events passed through the sink. Ignored when <paramref name="levelSwitch"/> is specified.</param>
    /// <param name="levelSwitch">A switch allowing the pass-through minimum level to be changed at runtime.</param>
    /// <returns>Logger configuration, allowing configuration to continue.</returns>
    /// <exception cref="ArgumentNullException">A required parameter is null.</exception>
    /// <exception cref="ArgumentException">The project's name is blank.</exception>
    public static LoggerConfiguration Braintrust(
        this LoggerAuditSinkConfiguration loggerAuditSinkConfiguration,
        BraintrustClient client,
        string? project = null,
        EventsAs? eventsAs = null,
        LogEventLevel restrictedToMinimumLevel = LevelAlias.Minimum,
        LoggingLevelSwitch? levelSwitch = null)
    {
        ArgumentNullException.ThrowIfNull(loggerAuditSinkConfiguration);
        ArgumentNullException.ThrowIfNull(client);
        return Audit(loggerAuditSinkConfiguration,
            new BraintrustAuditSink(Lease(client, project), Settings(client, eventsAs), new LevelGate(restrictedToMinimumLevel, levelSwitch)));
    }

    // With each sink, what tells BeginSpan of it.
    static LoggerConfiguration Write(LoggerSinkConfiguration to, BraintrustSink sink) => to.Sink(sink).Destructure.With(new SpanTarget(sink.Logger, sink.FrontEnd));

    static LoggerConfiguration Audit(LoggerAuditSinkConfiguration to, BraintrustAuditSink sink) => to.Sink(sink).Destructure.With(new SpanTarget(sink.Logger, sink.FrontEnd));

    static BraintrustSinkOptions Account(
        string? project, string? apiKey, string? projectId, string? orgName, string? appUrl, string? apiUrl, bool? allowInsecureTransport, EventsAs? eventsAs)
    {
        var options = new BraintrustSinkOptions
        {
            Project = project,
            ApiKey = apiKey,
            ProjectId = projectId,
            OrgName = orgName,
            AppUrl = appUrl,
            ApiUrl = apiUrl,
        };
        options.AllowInsecureTransport = allowInsecureTransport ?? options.AllowInsecureTransport;
        options.EventsAs = eventsAs ?? options.EventsAs;
        return options;
    }

    static BraintrustSinkOptions Configured(Action<BraintrustSinkOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var options = new BraintrustSinkOptions();
        configure(options);
        return options;
    }

    static BraintrustSink Sink(BraintrustSinkOptions options, string path) =>
        new(SharedClients.Acquire(options, path), FrontEndSettings.From(options), Gate(options));

    static BraintrustAuditSink AuditSink(BraintrustSinkOptions options, string path) => options.ActivitySources.Count > 0
        ? throw new ArgumentException($"{path}{nameof(options.ActivitySources)} cannot be audited: no log call waits for an activity. Give them to WriteTo.Braintrust.")
        : new(SharedClients.Acquire(options, path), FrontEndSettings.From(options), Gate(options));

    static LevelGate Gate(BraintrustSinkOptions options) => new(options.RestrictedToMinimumLevel, options.LevelSwitch);

    static FrontEndSettings Settings(BraintrustClient client, EventsAs? eventsAs)
    {
        var settings = FrontEndSettings.Unset.Over(client);
        return settings with { EventsAs = eventsAs ?? settings.EventsAs };
    }

    static ClientLease Lease(BraintrustClient client, string? project) => ClientLease.OfGiven(client, client.GetLogger(project).Key);
}
