using System.Collections.Concurrent;
using Braintrust.Logging.Rows;
using Braintrust.Logging.Session;
using Braintrust.Logging.Spool;
using Braintrust.Logging.Transport;

namespace Braintrust.Logging.Pipeline;

/// <summary>
/// The one loop that owns every accepted row until its fate is known, or from its place on disk on. It reads, looks up, sends and settles; all state here is touched by
/// the loop alone, and answers come back to it through a queue and the bell.
/// </summary>
sealed class DeliveryLoop
{
    const int MaxInFlight = 4;
    const int MaxLookUps = 16;

    // Asking the time for each row costs more than the row's place in a batch.
    const int RowsBetweenLooks = 32;

    readonly DeliveryOptions _options;
    readonly EntryQueue _queue;
    readonly IRowTransport _transport;
    readonly Refusals _refusals;
    readonly FrontEnd _self;
    readonly TimeProvider _clock;
    readonly ITimer _timer;
    readonly CancellationTokenSource _abort = new();

    // Written by sends and look-ups when they end.
    readonly ConcurrentQueue<Action> _answers = new();

    // Written by callers, with a spool: their markers may be long in coming.
    readonly ConcurrentQueue<FlushRequest> _asked = new();

    // Written by callers.
    readonly Heartbeat _heartbeat = new();
    long _stopBy = long.MaxValue;

    // The loop's own; the oldest row's time is read by others.
    readonly Flushes _flushes;
    readonly Fates _fates;
    readonly BodyLimit _bodyLimit;
    readonly Outbox _outbox;
    readonly Intake _intake;
    readonly IInbox _inbox;
    readonly SpoolThread? _spool;
    readonly Settlement _settlement;
    readonly Uploads _uploads;
    readonly Gate _api = new();
    int _lookUps;
    long _flushesSeen;
    int _readyWhenSent;
    bool _hasSent;
    long _oldest = long.MaxValue;
    long _turnBegan;
    FlushResult? _rest;

    public DeliveryLoop(DeliveryOptions options, EntryQueue queue, IRowTransport transport, AttachmentTransport attachments, Func<RowComposer> composers, Ledger ledger, LossReporter losses, Refusals refusals, FrontEnd self, Spooling? spooling)
    {
        _self = self;
        _options = options;
        _queue = queue;
        _transport = transport;
        _refusals = refusals;
        _clock = options.Clock;
        _flushes = new Flushes(ledger);
        _fates = new Fates(ledger, losses, self, spooling?.Store, _clock);
        _bodyLimit = new BodyLimit(options.SpoolDirectory is null ? long.MaxValue : options.QueueLimitBytes / (4 * MaxInFlight)); // rows that are read back must leave room for new ones
        _outbox = new Outbox(options.MostRows, _bodyLimit, () => Now);
        _intake = new Intake(composers(), _outbox, _flushes, _fates, ledger, _clock);
        _uploads = new Uploads(attachments, ledger, _fates, _clock, Answered, _abort.Token);
        _settlement = new Settlement(_outbox, _uploads, _fates, ledger, _bodyLimit, _api, _clock);
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
                _inbox = new SpoolInbox(spooling.Store, _spool, handover, keepsakes, sources, _intake, _outbox, _flushes, _fates, ledger, options, HasRoomToSend);
            }
            _timer = _clock.CreateTimer(static inbox => ((IInbox)inbox!).Ring(), _inbox, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
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
        if (IsOnDemand)
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

    bool IsStopping => Volatile.Read(ref _stopBy) != long.MaxValue;

    bool IsTimeUp => Now >= Volatile.Read(ref _stopBy);

    bool IsFlushing => _queue.Flushes > _flushesSeen; // a marker may be read before it is counted

    long Now => _clock.GetTimestamp();

    /// <param name="marker">Makes the entry that carries the request through the queue.</param>
    /// <param name="timeout">How long the caller waits.</param>
    /// <param name="cancellationToken">Lets the caller give up before.</param>
    public async Task<FlushResult> FlushAsync(Func<FlushRequest, Entry> marker, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        var request = new FlushRequest(After(Now, timeout));
        if (!_queue.TryWriteMarker(marker(request)))
        {
            return await FlushClosedAsync(cancellationToken).ConfigureAwait(false);
        }
        if (_spool is not null)
        {
            _asked.Enqueue(request);
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
        Interlocked.CompareExchange(ref _stopBy, After(Now, budget), long.MaxValue);
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
                _turnBegan = Now;
                while (_asked.TryDequeue(out var request))
                {
                    _flushes.Ask(request);
                }
                SettleAnswers();
                OpenGatesOnceForStop();
                _inbox.Tend();
                Expire();
                Read();
                LookUp();
                Send();
                StartUploads();
                _outbox.Tidy();
                Tell();
                SummariseLosses();
                if (IsTimeUp || (IsStopping && IsDone()))
                {
                    break;
                }
                var hasUnread = ArmTimer();
                _heartbeat.Beat(); // here: a turn that fails each time is no sign of life
                await _inbox.WaitAsync(WorthWakingFor(hasUnread), isIdle: !hasUnread && !IsOnDemand).ConfigureAwait(false);
            }
            catch (Exception error) // a bug: stay alive, say so, and do not spin
            {
                BraintrustDiagnostics.Warn("loop", $"The delivery loop met {error}", 1);
                await Task.Delay(TimeSpan.FromSeconds(1), _clock).ConfigureAwait(false);
                if (IsTimeUp)
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
        if (!IsDue())
        {
            return;
        }
        var wasUrgent = _inbox.IsUrgent;
        if (wasUrgent)
        {
            _inbox.IsUrgent = false; // first: what becomes urgent from now on stays so
        }
        for (var taken = 0; HasRoom() && (taken % RowsBetweenLooks != 0 || Now < _stopBy) && _inbox.TryTake(out var flush); taken++)
        {
            if (flush is not null)
            {
                Begin(flush);
            }
            SendMeanwhile();
        }
        if (wasUrgent && !_inbox.IsEmpty)
        {
            _inbox.IsUrgent = true;
        }
        if (!IsBusy || wasUrgent) // else nothing leaves now, and many will have ended by then
        {
            _inbox.WriteOpenSpans();
        }
        if (!IsBusy && (_lookUps == 0 || IsStopping || Now >= After(_outbox.FillingSince, _options.Period)))
        {
            _outbox.Seal(); // while a project is looked up its rows may still join, so that projects share a request
        }
    }

    /// <summary>A flush reads all there is, and a backlog may be long: what is ready leaves meanwhile.</summary>
    void SendMeanwhile()
    {
        var isEnough = _outbox.FillingRows >= _options.BatchSizeLimit;
        if (_answers.IsEmpty && (IsBusy || (!isEnough && _outbox.Ready == _readyWhenSent))) // what could not leave a row ago cannot now
        {
            return;
        }
        SettleAnswers();
        if (isEnough && !IsBusy)
        {
            _outbox.Seal();
        }
        Send();
    }

    /// <summary>No other request may begin before one has ended: what is read joins the next.</summary>
    bool IsBusy => _outbox.Sending >= MostInFlight;

    /// <summary>At the end twice as many, unless the service has trouble: nothing more comes, and somebody waits for it.</summary>
    int MostInFlight => IsStopping && _api.Failures == 0 ? 2 * MaxInFlight : MaxInFlight;

    bool IsDue() =>
        IsFlushing || IsStopping || _outbox.IsFilling
        || (_inbox.IsBehind && _flushes.AreWaiting)
        || (IsOnDemand ? _inbox.IsUrgent || IsLong
            : _inbox.FirstAt is var first && first != long.MaxValue
            && (Now >= After(first, _options.Period)
                || _inbox.WaitingRows >= _options.BatchSizeLimit
                || _inbox.HasManyBytes
                || (!_hasSent && _options.EagerlyEmitFirstEvent && _inbox.WaitingRows > 0)));

    /// <summary>Rows stay entries, small and cheap to hold, until they can go out.</summary>
    bool HasRoom() => IsFlushing || IsStopping || HasRoomToSend() || (_spool is null && IsBusy && _outbox.Ready == 0);

    /// <summary>Rows on disk stay there until they can go out, whoever waits.</summary>
    bool HasRoomToSend() => (_api.OpensAt == 0 || _api.IsOpen(Now)) && _outbox.Ready + _outbox.Sending < MostInFlight;

    void Begin(FlushRequest flush)
    {
        _flushesSeen++;
        _flushes.Current.Dropped += _refusals.TakeSinceFlush();
        _flushes.Begin(flush, _inbox.LastSpooled);
        OpenGatesForOneMore();
    }

    // ---- look up -------------------------------------------------------------------------------------------------------------------

    void LookUp()
    {
        var now = Now;
        foreach (var lane in _outbox.Lanes)
        {
            if (lane.Parked.Count == 0 || lane.IsLookingUp || lane.IsProbing || lane.WasTriedAtShutdown || !_api.IsOpen(now) || !lane.Gate.IsOpen(now))
            {
                continue;
            }
            if (lane.IsKnown)
            {
                _outbox.Probe(lane);
            }
            else if (_lookUps < MaxLookUps)
            {
                lane.IsLookingUp = true;
                _lookUps++;
                _ = LookUpAsync(lane);
            }
        }
    }

    async Task LookUpAsync(Lane lane)
    {
        var isReady = false;
        Answer answer;
        string? projectId = null;
        long? bodyLimit = null;
        try
        {
            (answer, bodyLimit) = await _transport.ReadyAsync(_abort.Token).ConfigureAwait(false);
            isReady = answer.IsAccepted;
            if (isReady)
            {
                (answer, projectId) = await _transport.ProjectAsync(lane.Key, _abort.Token).ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            answer = Unexpected(error);
        }
        Answered(() => LookedUp(lane, isReady, answer, projectId, bodyLimit));
    }

    void LookedUp(Lane lane, bool isReady, in Answer answer, string? projectId, long? bodyLimit)
    {
        _lookUps--;
        lane.IsLookingUp = false;
        if (isReady)
        {
            _bodyLimit.Announce(bodyLimit);
        }
        if (answer.IsAccepted && projectId is not null)
        {
            lane.Know(projectId);
            lane.Gate.Succeed();
            _outbox.Unpark(lane);
            return;
        }

        // A login that fails concerns everybody; a project that cannot be looked up only itself.
        _settlement.Blame(isReady ? lane.Gate : _api, answer);
        lane.WasTriedAtShutdown |= IsStopping;
    }

    // ---- send ----------------------------------------------------------------------------------------------------------------------

    void Send()
    {
        while (_outbox.Sending < MostInFlight
            && _api.IsOpen(Now)
            && (_api.Failures == 0 || _outbox.Sending == 0 || IsStopping) // after a failure one at a time
            && _outbox.TakeReady() is { } batch)
        {
            _hasSent = true;
            batch.WasTriedAtShutdown = IsStopping;
            if (batch.BodyBytes > (_bodyLimit.Announced ?? long.MaxValue))
            {
                batch.Overflow ??= new OverflowUpload();
            }
            _inbox.Sending(batch);
            _ = SendAsync(batch);
        }
        _outbox.FitWhatWaits();
        _readyWhenSent = _outbox.Ready;
    }

    async Task SendAsync(Batch batch)
    {
        Answer answer;
        try
        {
            answer = await _transport.SendAsync(batch.Body, batch.Count, batch.Overflow, _abort.Token).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            answer = Unexpected(error);
        }
        Answered(() => Settle(batch, answer));
    }

    /// <summary>Attachments go beside the rows, and are given up a little before the end, so that there is time to say so.</summary>
    void StartUploads()
    {
        if (IsStopping && Now >= UploadsStopBy)
        {
            _uploads.GiveUp();
        }
        if (_refusals.HasNews)
        {
            _uploads.MakeRoom(_options.QueueLimitBytes / 2);
        }
        _uploads.Start();
    }

    long UploadsStopBy => _stopBy - After(0, _options.ShutdownTimeout / 10);

    static Answer Unexpected(Exception error) => new(AnswerKind.Retry, 0, null, $"Sending failed: {error.GetType()}.", error);

    void Answered(Action settle)
    {
        _answers.Enqueue(settle);
        _inbox.Ring();
    }

    // ---- settle --------------------------------------------------------------------------------------------------------------------

    void SettleAnswers()
    {
        while (_answers.TryDequeue(out var settle))
        {
            settle();
        }
    }

    void Settle(Batch batch, in Answer answer)
    {
        if (!_outbox.Returned(batch))
        {
            return; // the shutdown did not wait for it
        }
        _inbox.Sent(batch);
        _bodyLimit.Announce(_transport.PayloadLimit);
        if (answer.Kind is AnswerKind.Accepted or AnswerKind.TooLarge)
        {
            _ = LearnLimitAsync(isRefused: answer.Kind == AnswerKind.TooLarge);
        }
        _settlement.Settle(batch, answer);
    }

    async Task LearnLimitAsync(bool isRefused)
    {
        if (await _transport.LearnLimitAsync(isRefused).ConfigureAwait(false))
        {
            Answered(() => _bodyLimit.Announce(_transport.PayloadLimit));
        }
    }

    /// <summary>Ends the wait of rows that have waited too long. What may go now goes, however old it is: no row is given up untried.</summary>
    void Expire()
    {
        var tooOld = Now - (long)(_options.RetryTimeLimit.TotalSeconds * _clock.TimestampFrequency);
        var why = _fates.LastError;
        _inbox.Expire(_options.RetryTimeLimit, HasRoom(), MayGo, ExpiredMessage(why));
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
        if (_refusals.HasNews && (_flushes.AreWaiting || IsStopping || Now >= _refusals.TellAt(Period)))
        {
            _refusals.Tell(Now, Refused);
        }
        _fates.Tell();
        var isWaiting = _outbox.Sending == 0 && _lookUps == 0 && !_uploads.AreRunning;
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
        if (_fates.Untold == 0 || IsStopping || _api.Failures > 0)
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
        Send();
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

    void OpenGatesOnceForStop()
    {
        if (IsStopping && !_settlement.IsStopping)
        {
            _settlement.IsStopping = true;
            _uploads.Hurry(UploadsStopBy);
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
        _uploads.AreDone && _outbox.Sending == 0 && _lookUps == 0 && !_outbox.IsFilling && _inbox.IsOver
        && ((!_outbox.All.Any() && !_inbox.IsBehind)
            || (_fates.HasLeftRows && _outbox.All.All(static batch => batch.IsSpooled))
            || NextChance() > _stopBy
            || (_outbox.Ready == 0 && !_inbox.IsBehind && _outbox.Lanes.All(lane => lane.Parked.Count == 0 || lane.WasTriedAtShutdown || lane.Gate.OpensAt > _stopBy)));

    void Close()
    {
        try
        {
            _abort.Cancel();
        }
        catch (AggregateException) // callbacks of a handler that was given
        {
        }
        _timer.Dispose();
        var why = _fates.LastError;
        foreach (var batch in _outbox.All.ToArray())
        {
            if (batch.IsUnderWay)
            {
                _inbox.Sent(batch);
            }
            _fates.End(batch, Settlement.ShutdownMessage(batch.LastError ?? why));
        }
        while (_asked.TryDequeue(out var request))
        {
            _flushes.Ask(request);
        }
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

    // ---- wait ----------------------------------------------------------------------------------------------------------------------

    long Period => After(0, _options.Period);

    bool IsOnDemand => _options.FlushMode == FlushMode.OnDemand;

    /// <summary>So many that they leave without being asked, for what comes next to have room.</summary>
    long ManyRows => Math.Max(1, _options.QueueLimit / 4);

    bool IsLong => _inbox.WaitingRows >= ManyRows || _inbox.HasManyBytes;

    /// <summary>How many unread rows are worth a look before the timer: one when idle, a batch otherwise, none while nothing can be sent.</summary>
    long WorthWakingFor(bool hasUnread) =>
        IsOnDemand ? IsLong && !HasRoom() ? long.MaxValue : ManyRows // a long queue that cannot leave waits for an answer or for the gate, not for more rows
        : _spool is null && IsBusy ? HasRoom() ? _options.BatchSizeLimit : long.MaxValue
        : !hasUnread || (!_hasSent && _options.EagerlyEmitFirstEvent && HasRoom()) ? 1
        : !_api.IsOpen(Now) || _outbox.Ready + _outbox.Sending >= MostInFlight ? long.MaxValue
        : _options.BatchSizeLimit;

    /// <summary>
    /// For what was not yet due when the turn began: by now it may be, if the loop stood still in between, and nobody has looked since. Then the timer fires at once.
    /// </summary>
    bool ArmTimer()
    {
        var (began, now) = (_turnBegan, Now);
        var next = Math.Min(IsStopping ? _stopBy : long.MaxValue, _flushes.NextDeadline);
        next = Math.Min(next, _uploads.NextStart);
        if (IsStopping && !_uploads.AreDone && began < UploadsStopBy)
        {
            next = Math.Min(next, UploadsStopBy);
        }
        var hasUnread = !_inbox.IsEmpty;
        if (hasUnread && HasRoom() && !IsOnDemand && _inbox.FirstAt is var first && first != long.MaxValue)
        {
            next = Math.Min(next, After(first, _options.Period));
        }
        if (_outbox.IsFilling && !IsBusy)
        {
            next = Math.Min(next, After(_outbox.FillingSince, _options.Period));
        }
        var isQuiet = IsOnDemand && !_flushes.AreWaiting && !IsStopping && !IsLong; // nobody waits: the next flush tries again
        if (!_api.IsOpen(began) && !isQuiet)
        {
            next = Math.Min(next, _api.OpensAt);
        }
        foreach (var lane in _outbox.Lanes)
        {
            if (lane.Lost is { } lost && lost.TellAt > began && !isQuiet) // later than that it waits for the destination, not for time
            {
                next = Math.Min(next, lost.TellAt);
            }
            if (lane.Parked.Count > 0 && !lane.Gate.IsOpen(began) && !isQuiet)
            {
                next = Math.Min(next, lane.Gate.OpensAt);
            }
        }
        if (_refusals.HasNews)
        {
            next = Math.Min(next, _refusals.TellAt(Period));
        }
        var oldest = _inbox.OldestAt;
        foreach (var batch in _outbox.All)
        {
            oldest = Math.Min(oldest, batch.Rows[0].AcceptedAt);
        }
        Volatile.Write(ref _oldest, oldest);
        _timer.Change(next == long.MaxValue ? Timeout.InfiniteTimeSpan : Until(next, now), Timeout.InfiniteTimeSpan);
        if (now < next && Now >= next)
        {
            _inbox.Ring(); // time has passed while the timer was set (a machine that slept, a clock that is set by hand): it counts from now on
        }
        return hasUnread;
    }

    TimeSpan Until(long then, long now) =>
        then <= now ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling((then - now) * 1000.0 / _clock.TimestampFrequency), int.MaxValue));

    long After(long timestamp, TimeSpan delay)
    {
        var ticks = Math.Ceiling(delay.TotalSeconds * _clock.TimestampFrequency);
        return ticks >= long.MaxValue - timestamp ? long.MaxValue - 1 : timestamp + (long)ticks;
    }
}
