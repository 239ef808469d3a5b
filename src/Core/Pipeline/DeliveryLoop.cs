using System.Buffers;
using System.Collections.Concurrent;
using Braintrust.Logging.Rows;
using Braintrust.Logging.Session;
using Braintrust.Logging.Transport;

namespace Braintrust.Logging.Pipeline;

/// <summary>
/// The one loop that owns every accepted row until its fate is known. It reads, looks up, sends and settles; all state here is touched by
/// the loop alone, and answers come back to it through a queue and the bell.
/// </summary>
sealed class DeliveryLoop
{
    const int MaxInFlight = 4;
    const int MaxLookUps = 16;

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

    // Written by callers.
    readonly Heartbeat _heartbeat = new();
    int _flushesAsked;
    long _stopBy = long.MaxValue;

    // The loop's own; the oldest row's time is read by others.
    readonly Flushes _flushes = new();
    readonly Fates _fates;
    readonly BodyLimit _bodyLimit = new();
    readonly Outbox _outbox;
    readonly Intake _intake;
    readonly Settlement _settlement;
    readonly Uploads _uploads;
    readonly Gate _api = new();
    int _lookUps;
    int _flushesSeen;
    bool _hasSent;
    long _oldest = long.MaxValue;
    FlushResult? _rest;

    public DeliveryLoop(DeliveryOptions options, EntryQueue queue, IRowTransport transport, AttachmentTransport attachments, RowComposer composer, Ledger ledger, LossReporter losses, Refusals refusals, FrontEnd self)
    {
        _self = self;
        _options = options;
        _queue = queue;
        _transport = transport;
        _refusals = refusals;
        _clock = options.Clock;
        _fates = new Fates(ledger, losses, _clock);
        _outbox = new Outbox(options.BatchSizeLimit, _bodyLimit, () => Now);
        _intake = new Intake(composer, _outbox, _flushes, _fates, ledger, _clock);
        _uploads = new Uploads(attachments, ledger, _fates, _clock, Answered, _abort.Token);
        _settlement = new Settlement(_outbox, _uploads, _fates, ledger, _bodyLimit, _api, _clock);
        using (ExecutionContext.SuppressFlow()) // what the first caller holds in its async flow is not ours to keep
        {
            _timer = _clock.CreateTimer(static queue => ((EntryQueue)queue!).Ring(), queue, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            Completion = Task.Run(RunAsync);
        }
    }

    /// <summary>When every row has met its fate and nothing runs any more.</summary>
    public Task Completion { get; }

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
        _queue.Ring();
        return _clock.GetElapsedTime(askedAt, now);
    }

    /// <summary>How many projects are known at this moment.</summary>
    public int Lanes => _outbox.Lanes.Count;

    bool IsStopping => Volatile.Read(ref _stopBy) != long.MaxValue;

    bool IsTimeUp => Now >= Volatile.Read(ref _stopBy);

    bool IsFlushing => Volatile.Read(ref _flushesAsked) != _flushesSeen;

    long Now => _clock.GetTimestamp();

    /// <param name="marker">Makes the entry that carries the request through the queue.</param>
    /// <param name="timeout">How long the caller waits.</param>
    public Task<FlushResult> FlushAsync(Func<FlushRequest, Entry> marker, TimeSpan timeout)
    {
        var request = new FlushRequest(After(Now, timeout));
        Interlocked.Increment(ref _flushesAsked);
        return _queue.TryWriteMarker(marker(request)) ? request.Result : FlushClosedAsync();
    }

    /// <summary>Delivers what can be delivered until then, and ends.</summary>
    public void Stop(TimeSpan budget)
    {
        _queue.Complete(); // first: what got in before is delivered, what comes later is refused, and nothing is in between
        Interlocked.CompareExchange(ref _stopBy, After(Now, budget), long.MaxValue);
        _queue.Ring();
    }

    async Task<FlushResult> FlushClosedAsync()
    {
        await Completion.ConfigureAwait(false);
        return Interlocked.Exchange(ref _rest, null) ?? new FlushResult(true, 0, 0, 0, 0, "The client is closed.");
    }

    async Task RunAsync()
    {
        while (true)
        {
            try
            {
                SettleAnswers();
                OpenGatesOnceForStop();
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
                await _queue.WaitAsync(WorthWakingFor(hasUnread)).ConfigureAwait(false);
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
        Close();
    }

    // ---- read ----------------------------------------------------------------------------------------------------------------------

    void Read()
    {
        if (!IsDue())
        {
            return;
        }
        var wasUrgent = _queue.IsUrgent;
        while (HasRoom() && Now < _stopBy && _queue.TryRead(out var entry))
        {
            Take(entry);
            if (_outbox.Ready > 0 && (_outbox.Sending < MaxInFlight || !_answers.IsEmpty))
            {
                SettleAnswers(); // a flush reads all there is: what is ready leaves meanwhile
                Send();
            }
        }
        if (wasUrgent && !_queue.TryPeek(out _))
        {
            _queue.Hurried();
        }
        _intake.WriteOpenSpans();
        if (_lookUps == 0 || IsStopping || Now >= After(_outbox.FillingSince, _options.Period))
        {
            _outbox.Seal(); // while a project is looked up its rows may still join, so that projects share a request
        }
    }

    bool IsDue() =>
        IsFlushing || IsStopping || _outbox.IsFilling
        || (IsOnDemand ? _queue.IsUrgent || IsLong
            : _queue.TryPeek(out var first)
            && (Now >= After(first.AcceptedAt, _options.Period)
                || _queue.WaitingRows >= _options.BatchSizeLimit
                || _queue.HasManyBytes
                || (!_hasSent && _options.EagerlyEmitFirstEvent && _queue.WaitingRows > 0)));

    /// <summary>Rows stay entries, small and cheap to hold, until they can go out.</summary>
    bool HasRoom() => IsFlushing || IsStopping || (_api.IsOpen(Now) && _outbox.Ready + _outbox.Sending < MaxInFlight);

    void Take(in Entry entry)
    {
        switch (entry.Kind)
        {
            case EntryKind.Flush:
                _intake.WriteOpenSpans();
                _flushesSeen++;
                _flushes.Current.Dropped += _refusals.TakeSinceFlush();
                _flushes.Begin((FlushRequest)entry.Payload);
                OpenGatesForOneMore();
                break;

            case EntryKind.SpanBegin:
                _intake.Begin((BraintrustSpan)entry.Payload);
                break;

            default:
                _intake.Write(entry);
                break;
        }
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
        while (_outbox.Sending < MaxInFlight
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
            _ = SendAsync(batch);
        }
    }

    async Task SendAsync(Batch batch)
    {
        Answer answer;
        try
        {
            var body = batch.RentBody(out var length);
            answer = await _transport.SendAsync(body.AsMemory(0, length), batch.Count, batch.Overflow, _abort.Token).ConfigureAwait(false);
            RequestArrays<byte>.Pool.Return(body);
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
        _queue.Ring();
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
        while (!HasRoom() && _queue.TryPeek(out var first) && first.AcceptedAt <= tooOld && first.Kind is not (EntryKind.Flush or EntryKind.SpanBegin) && _queue.TryRead(out first))
        {
            _fates.Lose(_intake.Row(first), LossReasons.Expired, ExpiredMessage(why), null);
        }
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
        var isWaiting = _outbox.Sending == 0 && _lookUps == 0 && !_uploads.AreRunning;
        _flushes.Complete(isWaiting ? Math.Max(Now, Math.Max(NextChance(), _uploads.NextChance)) : Now, _fates.LastError);
    }

    void Refused(ProjectKey project, long rows) => _fates.Remember(_outbox.LaneOf(project), LossReasons.QueueFull, rows);

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
        if (_outbox.Ready > 0 || _outbox.IsFilling || _queue.TryPeek(out _))
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
        _uploads.AreDone && _outbox.Sending == 0 && _lookUps == 0 && !_outbox.IsFilling && !_queue.TryPeek(out _)
        && (!_outbox.All.Any()
            || NextChance() > _stopBy
            || (_outbox.Ready == 0 && _outbox.Lanes.All(lane => lane.Parked.Count == 0 || lane.WasTriedAtShutdown || lane.Gate.OpensAt > _stopBy)));

    void Close()
    {
        _queue.Complete(); // nothing may come in behind the last look
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
            _fates.Lose(batch, LossReasons.Shutdown, Settlement.ShutdownMessage(batch.LastError ?? why));
        }
        while (_queue.TryRead(out var entry))
        {
            if (entry.Kind == EntryKind.Flush)
            {
                _flushes.Begin((FlushRequest)entry.Payload);
            }
            else if (entry.Kind != EntryKind.SpanBegin)
            {
                _fates.Lose(_intake.Row(entry), LossReasons.Shutdown, Settlement.ShutdownMessage(why), null);
            }
        }
        _uploads.Close();
        _refusals.Tell(Now, static (_, _) => { });
        _flushes.Complete(Now, _fates.LastError);
        Volatile.Write(ref _rest, _flushes.Rest(_fates.LastError));
        Volatile.Write(ref _oldest, long.MaxValue);
        _intake.Dispose();
        _settlement.Dispose();
    }

    // ---- wait ----------------------------------------------------------------------------------------------------------------------

    long Period => After(0, _options.Period);

    bool IsOnDemand => _options.FlushMode == FlushMode.OnDemand;

    /// <summary>So many that they leave without being asked, for what comes next to have room.</summary>
    long ManyRows => Math.Max(1, _options.QueueLimit / 4);

    bool IsLong => _queue.WaitingRows >= ManyRows || _queue.HasManyBytes;

    /// <summary>How many unread rows are worth a look before the timer: one when idle, a batch otherwise, none while nothing can be sent.</summary>
    long WorthWakingFor(bool hasUnread) =>
        IsOnDemand ? IsLong && !HasRoom() ? long.MaxValue : ManyRows // a long queue that cannot leave waits for an answer or for the gate, not for more rows
        : !hasUnread || (!_hasSent && _options.EagerlyEmitFirstEvent && HasRoom()) ? 1
        : !_api.IsOpen(Now) || _outbox.Ready + _outbox.Sending >= MaxInFlight ? long.MaxValue
        : _options.BatchSizeLimit;

    bool ArmTimer()
    {
        var now = Now;
        var next = Math.Min(IsStopping ? _stopBy : long.MaxValue, _flushes.NextDeadline);
        next = Math.Min(next, _uploads.NextStart);
        if (IsStopping && !_uploads.AreDone && now < UploadsStopBy)
        {
            next = Math.Min(next, UploadsStopBy);
        }
        var hasUnread = _queue.TryPeek(out var first);
        if (hasUnread && HasRoom() && !IsOnDemand)
        {
            next = Math.Min(next, After(first.AcceptedAt, _options.Period));
        }
        if (_outbox.IsFilling)
        {
            next = Math.Min(next, After(_outbox.FillingSince, _options.Period));
        }
        var isQuiet = IsOnDemand && !_flushes.AreWaiting && !IsStopping && !IsLong; // nobody waits: the next flush tries again
        if (!_api.IsOpen(now) && !isQuiet)
        {
            next = Math.Min(next, _api.OpensAt);
        }
        foreach (var lane in _outbox.Lanes)
        {
            if (lane.Lost is { } lost && lost.TellAt > now && !isQuiet) // later than that it waits for the destination, not for time
            {
                next = Math.Min(next, lost.TellAt);
            }
            if (lane.Parked.Count > 0 && !lane.Gate.IsOpen(now) && !isQuiet)
            {
                next = Math.Min(next, lane.Gate.OpensAt);
            }
        }
        if (_refusals.HasNews)
        {
            next = Math.Min(next, _refusals.TellAt(Period));
        }
        var oldest = hasUnread ? first.AcceptedAt : long.MaxValue;
        foreach (var batch in _outbox.All)
        {
            oldest = Math.Min(oldest, batch.Rows[0].AcceptedAt);
        }
        Volatile.Write(ref _oldest, oldest);
        _timer.Change(next == long.MaxValue ? Timeout.InfiniteTimeSpan : Until(next, now), Timeout.InfiniteTimeSpan);
        if (now < next && Now >= next)
        {
            _queue.Ring(); // time has passed while the timer was set (a machine that slept, a clock that is set by hand): it counts from now on
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
