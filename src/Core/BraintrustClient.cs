using Braintrust.Logging.Activities;
using Braintrust.Logging.Configuration;
using Braintrust.Logging.Masking;
using Braintrust.Logging.Pipeline;
using Braintrust.Logging.Rows;
using Braintrust.Logging.Sampling;
using Braintrust.Logging.Session;
using Braintrust.Logging.Spool;
using Braintrust.Logging.Transport;

namespace Braintrust.Logging;

/// <summary>
/// One login, one queue, one loop that delivers in the background. Make one per process and account, or let sinks, providers and
/// <see cref="BraintrustLog"/> share theirs. Constructing, logging and opening spans never touch the network; the first batch logs in.
/// </summary>
public sealed class BraintrustClient : IDisposable, IAsyncDisposable
{
    readonly ResolvedSettings _settings;
    readonly DeliveryOptions _delivery;
    readonly RowTransport _transport;
    readonly MaskedComposer _masked;
    readonly RowTally _tally = new();
    readonly EntryQueue _queue;
    readonly DeliveryLoop _loop;
    readonly LossReporter _losses;
    readonly Refusals _refusals;
    readonly LoggerCache _loggers;
    readonly SpoolStore? _spool;
    readonly object _disposing = new();
    readonly ActivityCapture? _capture;
    readonly bool _isOff;
    TraceSampler _sampler;
    Task? _disposal;

    /// <summary>Makes a client of one's own; nobody else uses it.</summary>
    /// <param name="options">Null: all from the environment.</param>
    /// <exception cref="ArgumentException">An option cannot work; the message names it and what it accepts.</exception>
    public BraintrustClient(BraintrustOptions? options = null)
        : this(options ?? new BraintrustOptions(), SettingsResolver.Resolve(options ?? new BraintrustOptions(), SettingsSources.OfProcess()))
    {
        // For a client of one's own; front ends that share one are switched off, and capture, for themselves.
        _isOff = !Api.IsEnabled;
        if (_isOff)
        {
            Resample(0); // spans know it from their beginning, so that their ids say it
            return;
        }
        _capture = ActivityCapture.Start(Api.Settings.ActivitySources, DefaultLogger(setCurrent: false), Api);
    }

    /// <param name="options">As given.</param>
    /// <param name="settings">What of it was completed from elsewhere.</param>
    /// <param name="spoolFiles">The disk for the spool; null: the system's.</param>
    internal BraintrustClient(BraintrustOptions options, ResolvedSettings settings, ISpoolFiles? spoolFiles = null)
    {
        _settings = settings;
        _loggers = new LoggerCache(key => new BraintrustLogger(this, key));
        _delivery = DeliveryOptions.From(options);
        Api = new ApiFrontEnd(FrontEndSettings.From(options));
        _sampler = TraceSampler.Of(options);
        Ledger = new Ledger();
        _losses = new LossReporter(Ledger, refusedBytes: _delivery.QueueLimitBytes / 16);
        var spooling = Spooling.From(_delivery, settings.Connection, spoolFiles);
        _spool = spooling?.Store;
        _queue = new EntryQueue(_delivery, Ledger, spooling?.Bell);
        _masked = new MaskedComposer(NewComposer);
        _transport = new RowTransport(settings, options.HttpMessageHandler, _delivery.Clock, SessionRegistry.OfProcess);
        _refusals = new Refusals(_losses);
        _loop = new DeliveryLoop(_delivery, _queue, _transport, _transport.Attachments, NewComposer, Ledger, _losses, _refusals, Api, spooling);
        Metrics.Watch(this);
        if (options.FlushOnExit)
        {
            ProcessEnd.Watch(this);
        }
    }

    internal Ledger Ledger { get; }

    internal FrontEnd Api { get; }

    /// <summary>As it is now: the ratio may change.</summary>
    internal TraceSampler Sampler => Volatile.Read(ref _sampler);

    /// <summary>Where to and as whom.</summary>
    internal ConnectionSettings Connection => _settings.Connection;

    internal TimeProvider Clock => _delivery.Clock;

    /// <summary>Nothing happens by the clock.</summary>
    internal bool IsOnDemand => _delivery.FlushMode == FlushMode.OnDemand;

    internal bool IsClosed => Volatile.Read(ref _disposal) is not null;

    internal TimeSpan ShutdownTimeout => _delivery.ShutdownTimeout;

    /// <inheritdoc cref="DeliveryLoop.Released"/>
    internal Task Released => _loop.Released;

    /// <summary>With a spool the end lasts a little longer where the disk needs it to take what is queued.</summary>
    internal TimeSpan TimeToEnd => _delivery.SpoolDirectory is null ? _delivery.ShutdownTimeout : _delivery.ShutdownTimeout + Spooling.TimeToDrain;

    /// <summary>How many projects the loop knows at this moment.</summary>
    internal int Lanes => _loop.Lanes;

    internal TimeSpan OldestAge => _loop.OldestAge;

    /// <summary>What the files of the spool take.</summary>
    internal long SpoolBytes => _spool?.Bytes ?? 0;

    /// <summary>Why rows last waited or were lost; null as long as nothing went wrong.</summary>
    internal string? LastError => _loop.LastError;

    /// <summary>What somebody has to change before anything can be delivered; null: nothing known of.</summary>
    internal string? Obstacle => _loop.Obstacle;

    /// <summary>How long ago Braintrust last acknowledged rows; null: not yet.</summary>
    internal TimeSpan? SinceDelivery => _loop.SinceDelivery;

    /// <summary>For how long the loop has not answered; asks it again.</summary>
    internal TimeSpan AskHeartbeat() => _loop.AskHeartbeat();

    /// <summary>
    /// The logger of a project: the same object for the same name, made once; of many projects the client itself holds the latest 1,024. The first logger
    /// obtained in the process becomes the current one (<see cref="BraintrustLogger.Current"/>).
    /// </summary>
    /// <param name="project">
    /// The project's name. Null: the options' project, else <c>BRAINTRUST_PROJECT</c>, else <c>Global</c>. Of a client that sinks, providers and <see cref="BraintrustLog"/> share,
    /// they are the options of whoever came first: name the project there, or ask <see cref="BraintrustLog.GetLogger"/> or the provider for its logger.
    /// </param>
    /// <param name="setCurrent">False keeps the logger from becoming the current one.</param>
    /// <param name="projectId">The project's id, if known: then nothing is looked up.</param>
    /// <returns>The project's logger. It lives as long as the client.</returns>
    /// <exception cref="ArgumentException">The name is blank, or the id is no UUID.</exception>
    public BraintrustLogger GetLogger(string? project = null, bool setCurrent = true, string? projectId = null)
    {
        var logger = _loggers.Get(Key(project, projectId));
        if (setCurrent)
        {
            logger.BecomeCurrent();
        }
        return logger;
    }

    /// <summary>
    /// Logs in now instead of at the first batch, to learn at start-up that the key works. Done once for all clients of the same account;
    /// later calls return at once.
    /// </summary>
    /// <exception cref="BraintrustException">The login failed; the message says why. Rows are kept and the login is tried again with the next batch.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task LoginAsync(CancellationToken cancellationToken = default)
    {
        var (answer, _) = await _transport.LoginAsync(cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (!answer.IsAccepted)
        {
            throw new BraintrustException(answer.Message ?? "The login failed.", answer.Exception);
        }
    }

    /// <summary>
    /// Delivers what was accepted before the call, and says what became of it. Never throws because of a failed delivery; returns early
    /// when nothing more can happen before the timeout. May be called as often as one likes; the client stays usable.
    /// </summary>
    /// <param name="timeout">Zero or longer; <see cref="Timeout.InfiniteTimeSpan"/> for no end: then it may take as long as rows wait (<see cref="BraintrustOptions.RetryTimeLimit"/>), so give a token. Default: <see cref="BraintrustOptions.FlushTimeout"/>, 30 seconds.</param>
    /// <param name="cancellationToken">Gives up waiting. The rows stay queued, and the next flush tells what became of them.</param>
    /// <returns>What became of the rows; look at <see cref="FlushResult.Completed"/> and <see cref="FlushResult.Dropped"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The timeout is negative.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled before there was a result.</exception>
    public async Task<FlushResult> FlushAsync(TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var patience = timeout ?? _delivery.FlushTimeout;
        if (patience == Timeout.InfiniteTimeSpan)
        {
            patience = TimeSpan.MaxValue;
        }
        ArgumentOutOfRangeException.ThrowIfLessThan(patience, TimeSpan.Zero, nameof(timeout));
        cancellationToken.ThrowIfCancellationRequested();
        var began = Clock.GetTimestamp();
        var result = await _loop.FlushAsync(Marker, patience, cancellationToken).ConfigureAwait(false);
        var spent = Clock.GetElapsedTime(began);
        await ToldAsync(spent < patience ? patience - spent : TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <summary>
    /// Delivers what can be delivered within <see cref="BraintrustOptions.ShutdownTimeout"/>, reports the rest, and closes; with a
    /// <see cref="BraintrustOptions.SpoolDirectory"/> the rest stays on disk for the next process. Rows logged later are dropped as <c>closed</c>. Safe to call twice and while others log.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        lock (_disposing)
        {
            _disposal ??= CloseAsync();
            return new(_disposal);
        }
    }

    /// <inheritdoc cref="DisposeAsync"/>
    public void Dispose() => DisposeAsync().AsTask().Wait(Waiting.Within(TimeToEnd));

    /// <summary>Puts a row into the queue. Never throws, never waits.</summary>
    internal bool Offer(in Entry entry)
    {
        if (WithheldAs(entry) is { } why)
        {
            Ledger.Withholding(why);
            entry.Confirmation?.Delivered(); // the user said that it is not to be sent: there is nothing to wait for
            return true;
        }
        var privileged = entry.ParentId == 0 || entry.Error is not null || entry.Payload is BraintrustSpan { OpenWrite: not null };
        if (entry.FrontEnd.Settings.Mask is null ? _queue.TryWrite(entry, privileged, out var reason) : _queue.TryWrite(_masked.Compose(entry), privileged, out reason))
        {
            return true;
        }
        Refused(entry, reason);
        return false;
    }

    /// <summary>Whether the user's filter or sampler keeps the row back; null: it is sent.</summary>
    string? WithheldAs(in Entry entry)
    {
        if (_isOff)
        {
            return WithheldReasons.Disabled;
        }
        var frontEnd = entry.FrontEnd;
        if (entry.Kind == EntryKind.Event)
        {
            if (frontEnd.Settings.Filter is not null && !Admits(entry))
            {
                return WithheldReasons.Filtered;
            }
            return entry.IsSampled ?? Keeps(entry) ? null : WithheldReasons.Sampled; // below a span as the span, whatever has changed since
        }
        return entry.Payload switch
        {
            BraintrustSpan { IsSampled: false } => WithheldReasons.Sampled,
            AuditRow { Target.IsOfNoRow: true } => WithheldReasons.Sampled,
            _ => null,
        };
    }

    // Apart, so that the closures cost only those who filter or sample.
    static bool Admits(Entry entry) => entry.FrontEnd.Admits(() => entry.FrontEnd.Preview(entry.Logger, entry.TraceId, entry.Payload));

    bool Keeps(in Entry entry)
    {
        var sampler = Sampler;
        return !sampler.IsOn || Asked(sampler, entry);
    }

    static bool Asked(TraceSampler sampler, Entry entry) => sampler.Keeps(entry.TraceId, () => entry.FrontEnd.Preview(entry.Logger, entry.TraceId, entry.Payload));

    /// <summary>Keeps another share of the traces that begin from now on. Spans that are open stay kept or not, with all below them.</summary>
    internal void Resample(double ratio)
    {
        Volatile.Write(ref _sampler, Sampler.With(ratio));
    }

    /// <summary>Counts a row that a front end was given after its own end: accepted, and lost as <c>closed</c>.</summary>
    internal void Refuse(in Entry entry)
    {
        Ledger.TurningAway(LossReasons.Closed);
        Refused(entry, LossReasons.Closed);
    }

    void Refused(in Entry entry, string reason)
    {
        if (_refusals.Add(entry, reason))
        {
            _loop.Ring();
        }
        if (entry.Confirmation is null && !entry.FrontEnd.WatchesLosses)
        {
            return;
        }
        var loss = new RowLoss(1, reason, reason == LossReasons.Closed ? "It was logged after the end of its sink, provider or client." : "The queue is full.", null);
        entry.Confirmation?.Lost(loss);
        if (entry.FrontEnd.WatchesLosses)
        {
            _losses.Refused(entry, loss);
        }
    }

    internal void OfferBegin(BraintrustSpan span)
    {
        if (!span.IsSampled)
        {
            return;
        }
        if (span.FrontEnd.Settings.Mask is not null && !_masked.TryComposeOpening(span))
        {
            return; // its end will say it all
        }
        _queue.TryWriteMarker(new Entry
        {
            Kind = EntryKind.SpanBegin,
            FrontEnd = span.FrontEnd,
            Logger = span.Logger,
            Payload = span,
            AcceptedAt = span.StartedAt,
            Size = RowWeight.Row + span.Begun.Weight,
        });
        if (IsOnDemand && span.IsLocalRoot)
        {
            _queue.Hurry(); // seen even if the process is killed before its end
        }
    }

    internal void OfferAudit(BraintrustLogger logger, FrontEnd frontEnd, AuditRow audit) => Offer(new Entry
    {
        Kind = EntryKind.Audit,
        FrontEnd = frontEnd,
        Logger = logger,
        Payload = audit,
        RowId = audit.Comment is null ? audit.Target : RowId.New(),
        Ticks = Clock.GetUtcNow().UtcTicks,
        Size = audit.Weight,
    });

    /// <summary>The logger that a front end writes to, by its options or the environment.</summary>
    internal BraintrustLogger DefaultLogger(bool setCurrent = true) => GetLogger(null, setCurrent);

    /// <summary>Waits for delivery where the options ask for it (<see cref="BraintrustOptions.AsyncFlush"/>).</summary>
    internal void WaitUnlessAsync()
    {
        if (!_delivery.AsyncFlush)
        {
            Task.Run(() => FlushAsync()).Wait(Waiting.Within(_delivery.FlushTimeout)); // on the pool: the caller's context may be one that we would block
        }
    }

    internal Task FlushUnlessAsync(BraintrustSpan span) => _delivery.AsyncFlush || !span.IsLocalRoot ? Task.CompletedTask : FlushAsync();

    internal string Link(BraintrustLogger logger, string rowId) =>
        Links.Row(_settings.AppPublicUrl, _transport.Session.OrgName, logger.Key with { Id = logger.KnownProjectId }, rowId);

    internal string? KnownProjectId(ProjectKey project) => project.Name is { } name ? _transport.Session.KnownProjectId(name) : null;

    /// <summary>Until all losses have been told; not much longer than that, should a callback block.</summary>
    async Task ToldAsync(TimeSpan patience, CancellationToken cancellationToken = default) =>
        await _losses.Told.WaitAsync(Waiting.Within(patience), Clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    async Task CloseAsync()
    {
        _capture?.Dispose();
        try
        {
            _loop.Stop(_delivery.ShutdownTimeout);
            await _loop.Completion.ConfigureAwait(false);
            await ToldAsync(_delivery.ShutdownTimeout).ConfigureAwait(false);
            await _loop.Released.WaitAsync(Waiting.Slack).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // so that the next client finds the files free
            _transport.Dispose();
        }
        finally
        {
            Metrics.Forget(this);
            BraintrustLogger.Forget(this);
            ProcessEnd.Forget(this);
        }
    }

    RowComposer NewComposer() => new(_settings.Environment?.Type, _settings.Environment?.Name, _tally);

    Entry Marker(FlushRequest request) => new()
    {
        Kind = EntryKind.Flush,
        FrontEnd = Api,
        Logger = null!,
        Payload = request,
    };

    ProjectKey Key(string? project, string? projectId)
    {
        if (project is null && projectId is null)
        {
            return _settings.Project;
        }
        if (project is not null && string.IsNullOrWhiteSpace(project))
        {
            throw new ArgumentException("The name of a project must not be blank.", nameof(project));
        }
        if (projectId is not null && !Guid.TryParseExact(projectId, "D", out _))
        {
            throw new ArgumentException("The id of a project is a UUID.", nameof(projectId));
        }
        return new(project, projectId);
    }

    /// <summary>Rows by code: loggers and spans of the client itself.</summary>
    sealed class ApiFrontEnd(FrontEndSettings settings) : FrontEnd(settings)
    {
        public override string Name => "braintrust-logging";
    }
}
