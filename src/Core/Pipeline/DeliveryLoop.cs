using Braintrust.Logging.Rows;
using Braintrust.Logging.Session;
using Braintrust.Logging.Transport;

namespace Braintrust.Logging.Pipeline;

/// <summary>
/// The one loop that owns every accepted row until its fate is known, or from its place on disk on. It reads, looks up, sends and settles; all state here is touched by
/// the loop alone, and answers come back to it through a queue and the bell.
/// </summary>
sealed class DeliveryLoop
{
    // Asking the time for each row costs more than the row's place in a batch.
    const int RowsBetweenLooks = 32;

    readonly DeliveryOptions _options;
    readonly TimeProvider _clock;
    readonly CancellationTokenSource _abort = new();

    // Callers write to these.
    readonly EntryQueue _queue;
    readonly Refusals _refusals;
    readonly Shutdown _shutdown;
    readonly Heartbeat _heartbeat = new();

    // The loop's own but for what others leave in them: callers their flushes, the pool its answers.
    readonly Flushes _flushes;
    readonly Answers _answers;

    // The loop's own; the oldest row's time is read by others.
    readonly FrontEnd _self;
    readonly Fates _fates;
    readonly Outbox _outbox;
    readonly Intake _intake;
    readonly IInbox _inbox;
    readonly SpoolThread? _spool;
    readonly Settlement _settlement;
    readonly Uploads _uploads;
    readonly LookUps _lookUps;
    readonly Sends _sends;
    readonly Gate _api = new();
    readonly Pace _pace;
    readonly ReadRule _reading;
    readonly Alarm _alarm;
    long _oldest = long.MaxValue;
    FlushResult? _rest;

    public DeliveryLoop(DeliveryOptions options, EntryQueue queue, IRowTransport transport, AttachmentTransport attachments, Func<RowComposer> composers, Ledger ledger, LossReporter losses, Refusals refusals, FrontEnd self, Spooling? spooling)
    {
        _self = self;
        _options = options;
        _queue = queue;
        _refusals = refusals;
        _clock = options.Clock;
        _shutdown = new Shutdown(_clock, options.ShutdownTimeout);
        _answers = new Answers(Ring);
        _flushes = new Flushes(ledger);
        _fates = new Fates(ledger, losses, self, spooling?.Store, _clock);
        var bodyLimit = new BodyLimit(options.SpoolDirectory is null ? long.MaxValue : options.QueueLimitBytes / (4 * Pace.MaxInFlight)); // rows that are read back must leave room for new ones
        _outbox = new Outbox(options.MostRows, bodyLimit, _clock.GetTimestamp);
        _pace = new Pace(_outbox, _api, _shutdown, _clock);
        _intake = new Intake(composers(), _outbox, _flushes, _fates, ledger, _clock);
        _uploads = new Uploads(attachments, ledger, _fates, _clock, _answers.Add, _abort.Token);
        _settlement = new Settlement(_outbox, _uploads, _fates, ledger, bodyLimit, _api, _clock);
        _lookUps = new LookUps(transport, _outbox, _settlement, bodyLimit, _api, _shutdown, _answers, _clock, _abort.Token);
        using (ExecutionContext.SuppressFlow()) // what the first caller holds in its async flow is not ours to keep
        {
            if (spooling is null)
            {
                _inbox = new QueueInbox(queue, new EntryWriter(composers(), _intake, ledger, _clock), _intake, _flushes, _fates, _clock);
            }
            else
            {
                var (handover, keepsakes, sources) = (new Handover(), new Keepsakes(), new Sources(self));
                _spool = new SpoolThread(options, queue, spooling.Bell, spooling.Store, composers(), ledger, handover, keepsakes, sources);
                _inbox = new SpoolInbox(spooling.Store, _spool, handover, keepsakes, sources, _intake, _outbox, _flushes, _fates, ledger, options, _pace);
            }
            _sends = new Sends(transport, _inbox, _outbox, _settlement, bodyLimit, _pace, _shutdown, _answers, _abort.Token);
            _reading = new ReadRule(options, queue, _inbox, _outbox, _flushes, _pace, _shutdown);
            _alarm = new Alarm(options, _inbox, _outbox, _flushes, _uploads, refusals, _reading, _pace, _api, _shutdown);
            Completion = Task.Run(RunAsync);
        }
    }

    /// <summary>When every row has met its fate and nothing runs any more.</summary>
    public Task Completion { get; }

    /// <summary>When the files of the spool, if there is one, are given up: soon after the loop's end, unless the disk stands still.</summary>
    public Task Released => _spool?.Released ?? Task.CompletedTask;

    /// <summary>About how long the oldest row has been waiting.</summary>
    public TimeSpan OldestAge => Volatile.Read(ref _oldest) is var oldest && oldest == long.MaxValue ? TimeSpan.Zero : _clock.GetElapsedTime(oldest);

    /// <summary>Why rows last waited or were lost.</summary>
    public string? LastError => _fates.LastError;

    /// <summary>What somebody has to change before anything can be delivered.</summary>
    public string? Obstacle => _fates.Obstacle;

    /// <summary>How long ago something was delivered; null: never.</summary>
    public TimeSpan? SinceDelivery => _fates.SinceDelivery;

    /// <summary>For how long the loop has owed an answer; asks anew. One that sends on demand only is left in peace.</summary>
    public TimeSpan AskHeartbeat()
    {
        if (_reading.IsOnDemand)
        {
            return TimeSpan.Zero;
        }
        var now = Now;
        var askedAt = _heartbeat.Ask(now);
        _inbox.Ring();
        return _clock.GetElapsedTime(askedAt, now);
    }

    /// <summary>How many projects are known at this moment.</summary>
    public int Lanes => _outbox.Lanes.Count;

    long Now => _clock.GetTimestamp();

    /// <param name="marker">Makes the entry that carries the request through the queue.</param>
    /// <param name="timeout">How long the caller waits.</param>
    /// <param name="cancellationToken">Lets the caller give up before.</param>
    public async Task<FlushResult> FlushAsync(Func<FlushRequest, Entry> marker, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        var request = new FlushRequest(_clock.After(Now, timeout));
        if (!_queue.TryWriteMarker(marker(request)))
        {
            return await FlushClosedAsync(cancellationToken).ConfigureAwait(false);
        }
        if (_spool is not null)
        {
            _flushes.Ask(request);
            _inbox.Ring();
        }
        using var giveUp = cancellationToken.Register(() =>
        {
            request.Cancel(cancellationToken);
            _inbox.Ring(); // nobody waits any more: what was urgent for this flush alone is no longer
        });
        return await request.Result.ConfigureAwait(false);
    }

    /// <summary>Delivers what can be delivered until then, and ends.</summary>
    public void Stop(TimeSpan budget)
    {
        _queue.Complete(); // first: what got in before is delivered, what comes later is refused, and nothing is in between
        _shutdown.Begin(budget);
        _inbox.Ring();
    }

    /// <summary>There is news for the loop.</summary>
    public void Ring() => _inbox.Ring();

    async Task<FlushResult> FlushClosedAsync(CancellationToken cancellationToken)
    {
        await Completion.WaitAsync(cancellationToken).ConfigureAwait(false);
        return Interlocked.Exchange(ref _rest, null) ?? new FlushResult(true, 0, 0, 0, 0, "The client is closed.");
    }

    async Task RunAsync()
    {
        while (true)
        {
            try
            {
                var began = Now;
                _flushes.Hear();
                _answers.Settle();
                OpenGatesOnceForStop();
                _inbox.Tend();
                Expire();
                Read();
                _lookUps.Start();
                _sends.Start();
                StartUploads();
                _outbox.Tidy();
                Tell();
                SummariseLosses();
                if (_shutdown.IsTimeUp || (_shutdown.HasBegun && IsDone()))
                {
                    break;
                }
                NoteOldest();
                var hasUnread = !_inbox.IsEmpty;
                _alarm.Set(hasUnread, began);
                _heartbeat.Beat(); // here: a turn that fails each time is no sign of life
                await _inbox.WaitAsync(_reading.WorthWakingFor(hasUnread), isIdle: !hasUnread && !_reading.IsOnDemand).ConfigureAwait(false);
            }
            catch (Exception error) // a bug: stay alive, say so, and do not spin
            {
                BraintrustDiagnostics.Warn("loop", $"The delivery loop met {error}", 1);
                await Task.Delay(TimeSpan.FromSeconds(1), _clock).ConfigureAwait(false);
                if (_shutdown.IsTimeUp)
                {
                    break;
                }
            }
        }
        _queue.Complete();
        await _inbox.SettledAsync().ConfigureAwait(false);
        Close();
    }

    // ---- read ----------------------------------------------------------------------------------------------------------------------

    void Read()
    {
        if (!_reading.IsDue)
        {
            return;
        }
        var wasUrgent = _inbox.Urgency.Take();
        for (var taken = 0; _reading.HasRoom && (taken % RowsBetweenLooks != 0 || !_shutdown.IsTimeUp) && _inbox.TryTake(out var flush); taken++)
        {
            if (flush is not null)
            {
                Begin(flush);
            }
            SendMeanwhile();
        }
        if (wasUrgent && !_inbox.IsEmpty)
        {
            _inbox.Urgency.Raise();
        }
        if (!_pace.IsBusy || wasUrgent) // else nothing leaves now, and many will have ended by then
        {
            _inbox.WriteOpenSpans();
        }
        if (!_pace.IsBusy && (!_lookUps.AreRunning || _shutdown.HasBegun || Now >= _clock.After(_outbox.FillingSince, _options.Period)))
        {
            _outbox.Seal(); // while a project is looked up its rows may still join, so that projects share a request
        }
    }

    /// <summary>A flush reads all there is, and a backlog may be long: what is ready leaves meanwhile.</summary>
    void SendMeanwhile()
    {
        var isEnough = _outbox.FillingRows >= _options.BatchSizeLimit;
        if (_answers.IsEmpty && (_pace.IsBusy || (!isEnough && _sends.HaveNothingNew)))
        {
            return;
        }
        _answers.Settle();
        if (isEnough && !_pace.IsBusy)
        {
            _outbox.Seal();
        }
        _sends.Start();
    }

    void Begin(FlushRequest flush)
    {
        _flushes.Current.Dropped += _refusals.TakeSinceFlush();
        _flushes.Begin(flush, _inbox.LastSpooled);
        OpenGatesForOneMore();
    }

    // ---- deliver -------------------------------------------------------------------------------------------------------------------

    /// <summary>Attachments go beside the rows.</summary>
    void StartUploads()
    {
        if (_shutdown.HasBegun && Now >= _shutdown.UploadsStopBy)
        {
            _uploads.GiveUp();
        }
        if (_refusals.HasNews)
        {
            _uploads.MakeRoom(_options.QueueLimitBytes / 2);
        }
        _uploads.Start();
    }

    // ---- settle --------------------------------------------------------------------------------------------------------------------

    /// <summary>Ends the wait of rows that have waited too long. What may go now goes, however old it is: no row is given up untried.</summary>
    void Expire()
    {
        var tooOld = _clock.Before(Now, _options.RetryTimeLimit);
        var why = _fates.LastError;
        _inbox.Expire(_options.RetryTimeLimit, _reading.HasRoom, MayGo, ExpiredMessage(why));
        foreach (var batch in _outbox.TakeOlderThan(tooOld, MayGo))
        {
            _fates.Lose(batch, batch.IsUnacknowledged ? LossReasons.Unacknowledged : LossReasons.Expired, ExpiredMessage(batch.LastError ?? why));
        }
    }

    bool MayGo(Lane lane) => _api.IsOpen(Now) && lane.Gate.IsOpen(Now);

    string ExpiredMessage(string? why) => $"They waited longer than {_options.RetryTimeLimit}. {why}".TrimEnd();

    // ---- tell, and end -------------------------------------------------------------------------------------------------------------

    void Tell()
    {
        if (_refusals.HasNews && (_flushes.AreWaiting || _shutdown.HasBegun || Now >= _refusals.TellAt(_clock.After(0, _options.Period))))
        {
            _refusals.Tell(Now, Refused);
        }
        _fates.Tell();
        var isWaiting = _outbox.Sending == 0 && !_lookUps.AreRunning && !_uploads.AreRunning;
        _flushes.Complete(isWaiting ? Math.Max(Now, Math.Max(NextChance(), _uploads.NextChance)) : Now, Now, _fates.LastError);
    }

    void Refused(FrontEnd frontEnd, ProjectKey project, long rows)
    {
        if (project != default)
        {
            _fates.Remember(_outbox.LaneOf(project), LossReasons.QueueFull, rows);
        }
        _fates.Refuse(frontEnd, rows);
    }

    /// <summary>Each project is told what it lost, in a row of its own, once it can be sent to again.</summary>
    void SummariseLosses()
    {
        if (_fates.Untold == 0 || _shutdown.HasBegun || _api.Failures > 0)
        {
            return;
        }
        foreach (var lane in _outbox.Lanes)
        {
            if (lane.Lost is { } lost && lane.IsOpen && Now >= lost.TellAt)
            {
                lane.Lost = null;
                _fates.Untold--;
                _intake.WriteSummary(lane, lost, _self);
                _outbox.Seal();
            }
        }
        _sends.Start();
    }

    /// <summary>When something may happen next.</summary>
    long NextChance()
    {
        if (_outbox.Ready > 0 || _outbox.IsFilling || !_inbox.IsEmpty)
        {
            return _api.OpensAt;
        }
        var lanes = long.MaxValue;
        foreach (var lane in _outbox.Lanes)
        {
            if (lane.Parked.Count > 0)
            {
                lanes = Math.Min(lanes, lane.Gate.OpensAt);
            }
        }
        return lanes == long.MaxValue ? _api.OpensAt : Math.Max(_api.OpensAt, lanes);
    }

    void NoteOldest()
    {
        var oldest = _inbox.OldestAt;
        foreach (var batch in _outbox.All)
        {
            oldest = Math.Min(oldest, batch.Rows[0].AcceptedAt);
        }
        Volatile.Write(ref _oldest, oldest);
    }

    void OpenGatesOnceForStop()
    {
        if (_shutdown.HasBegun && !_settlement.IsStopping)
        {
            _settlement.IsStopping = true;
            _uploads.Hurry(_shutdown.UploadsStopBy);
            OpenGatesForOneMore();
        }
    }

    void OpenGatesForOneMore()
    {
        _api.OpenForOneMore();
        foreach (var lane in _outbox.Lanes)
        {
            lane.Gate.OpenForOneMore();
        }
    }

    bool IsDone() =>
        _uploads.AreDone && _outbox.Sending == 0 && !_lookUps.AreRunning && !_outbox.IsFilling && _inbox.IsOver
        && ((!_outbox.All.Any() && !_inbox.IsBehind)
            || (_fates.HasLeftRows && _outbox.All.All(static batch => batch.IsSpooled))
            || NextChance() > _shutdown.StopBy
            || (_outbox.Ready == 0 && !_inbox.IsBehind && _outbox.Lanes.All(lane => lane.Parked.Count == 0 || lane.WasTriedAtShutdown || lane.Gate.OpensAt > _shutdown.StopBy)));

    void Close()
    {
        try
        {
            _abort.Cancel();
        }
        catch (AggregateException) // callbacks of a handler that was given
        {
        }
        _alarm.Dispose();
        var why = _fates.LastError;
        foreach (var batch in _outbox.All.ToArray())
        {
            if (batch.IsUnderWay)
            {
                _inbox.Sent(batch);
            }
            _fates.End(batch, Settlement.ShutdownMessage(batch.LastError ?? why));
        }
        _flushes.Hear();
        _inbox.Close(Settlement.ShutdownMessage(why));
        _uploads.Close();
        _refusals.Tell(Now, (frontEnd, _, rows) => _fates.Refuse(frontEnd, rows));
        _fates.Tell();
        _flushes.Complete(long.MaxValue, long.MaxValue, _fates.LastError); // nothing more happens: rows that stay on disk keep nobody waiting
        Volatile.Write(ref _rest, _flushes.Rest(_fates.LastError));
        Volatile.Write(ref _oldest, long.MaxValue);
        _inbox.Dispose();
        _intake.Dispose();
        _settlement.Dispose();
    }
}
