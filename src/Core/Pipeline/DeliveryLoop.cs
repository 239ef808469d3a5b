using System.Buffers;
using System.Collections.Concurrent;
using Braintrust.Logging.Rows;
using Braintrust.Logging.Transport;

namespace Braintrust.Logging.Pipeline;

/// <summary>
/// The one loop that owns every accepted row until its fate is known. It reads, looks up, sends and settles; all state here is touched by
/// the loop alone, and answers come back to it through a queue and the bell.
/// </summary>
sealed class DeliveryLoop
{
    const int MaxInFlight = 4;
    const int RefusalsBeforeItIsNotTheRows = 3;
    const int SmallestRowToShorten = 16 * 1024;

    readonly DeliveryOptions _options;
    readonly EntryQueue _queue;
    readonly IRowTransport _transport;
    readonly RowComposer _composer;
    readonly Ledger _ledger;
    readonly Refusals _refusals;
    readonly TimeProvider _clock;
    readonly ITimer _timer;
    readonly CancellationTokenSource _abort = new();

    // Written by sends and look-ups when they end.
    readonly ConcurrentQueue<Action> _answers = new();

    // Written by callers.
    int _flushesAsked;
    long _stopBy = long.MaxValue;

    // The loop's own; Oldest is read by others.
    readonly JsonBuffer _json = new();
    readonly List<BraintrustSpan> _open = [];
    readonly Flushes _flushes = new();
    readonly Fates _fates;
    readonly BodyLimit _bodyLimit = new();
    readonly Outbox _outbox;
    readonly Gate _api = new();
    long _sequence;
    int _lookUps;
    int _flushesSeen;
    bool _hasSent;
    bool _hasFreshLogin;
    bool _wasStopping;
    long _oldest = long.MaxValue;

    public DeliveryLoop(DeliveryOptions options, EntryQueue queue, IRowTransport transport, RowComposer composer, Ledger ledger, LossReporter losses, Refusals refusals)
    {
        _options = options;
        _queue = queue;
        _transport = transport;
        _composer = composer;
        _ledger = ledger;
        _refusals = refusals;
        _clock = options.Clock;
        _fates = new Fates(ledger, losses);
        _outbox = new Outbox(options.BatchSizeLimit, _bodyLimit, () => Now);
        _timer = _clock.CreateTimer(static queue => ((EntryQueue)queue!).Ring(), queue, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        using (ExecutionContext.SuppressFlow()) // what the first caller holds in its async flow is not ours to keep
        {
            Completion = Task.Run(RunAsync);
        }
    }

    /// <summary>When every row has met its fate and nothing runs any more.</summary>
    public Task Completion { get; }

    /// <summary>About how long the oldest row has been waiting.</summary>
    public TimeSpan OldestAge => Volatile.Read(ref _oldest) is var oldest && oldest == long.MaxValue ? TimeSpan.Zero : _clock.GetElapsedTime(oldest);

    bool IsStopping => Volatile.Read(ref _stopBy) != long.MaxValue;

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
        if (Interlocked.CompareExchange(ref _stopBy, After(Now, budget), long.MaxValue) == long.MaxValue)
        {
            _queue.Complete();
        }
    }

    async Task<FlushResult> FlushClosedAsync()
    {
        await Completion.ConfigureAwait(false);
        return new FlushResult(true, 0, 0, 0, 0, "The client is closed.");
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
                Tell();
                if (IsStopping && (IsDone() || Now >= _stopBy))
                {
                    break;
                }
            }
            catch (Exception error) // a bug: stay alive, say so, and do not spin
            {
                BraintrustDiagnostics.Warn("loop", $"The delivery loop met {error}", 1);
                await Task.Delay(TimeSpan.FromSeconds(1), _clock).ConfigureAwait(false);
            }

            ArmTimer();
            await _queue.WaitAsync(WorthWakingFor()).ConfigureAwait(false);
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
        while (HasRoom() && _queue.TryRead(out var entry))
        {
            Take(entry);
        }
        WriteOpenSpans();
        if (_lookUps == 0 || IsStopping || Now >= After(_outbox.FillingSince, _options.Period))
        {
            _outbox.Seal(); // while a project is looked up its rows may still join, so that projects share a request
        }
    }

    bool IsDue() =>
        IsFlushing || IsStopping || _outbox.IsFilling
        || (_queue.TryPeek(out var first)
            && (Now >= After(first.AcceptedAt, _options.Period)
                || _queue.WaitingRows >= _options.BatchSizeLimit
                || _ledger.ResidentBytes > _options.QueueLimitBytes / 4
                || (!_hasSent && _options.EagerlyEmitFirstEvent && _queue.WaitingRows > 0)));

    /// <summary>Rows stay entries, small and cheap to hold, until they can go out.</summary>
    bool HasRoom() => IsFlushing || IsStopping || (_api.IsOpen(Now) && _outbox.Ready + _outbox.Sending < MaxInFlight);

    void Take(in Entry entry)
    {
        switch (entry.Kind)
        {
            case EntryKind.Flush:
                WriteOpenSpans();
                _flushesSeen++;
                _flushes.Current.Dropped += _refusals.TakeSinceFlush();
                _flushes.Begin((FlushRequest)entry.Payload);
                OpenGatesForOneMore();
                break;

            case EntryKind.SpanBegin:
                var begun = (BraintrustSpan)entry.Payload;
                _composer.Begin(begun);
                if (!begun.IsEnded)
                {
                    _open.Add(begun);
                }
                break;

            default:
                Write(entry);
                break;
        }
    }

    void Write(in Entry entry)
    {
        var row = Row(entry);
        _json.Clear();
        try
        {
            switch (entry.Payload)
            {
                case BraintrustSpan span:
                    _composer.End(span, _json);
                    row.After = span.OpenWrite;
                    break;
                case AuditRow audit:
                    _composer.Audit(entry, audit, _json);
                    row.After = audit.Comment is null ? _outbox.Unsettled(audit.Target) : null;
                    break;
                default:
                    _composer.Event(entry, _json);
                    break;
            }
        }
        catch (Exception error) // a value that defeats even the writer's care
        {
            _fates.Lose(row, LossReasons.Unwritable, $"A row could not be written: {error.GetType()}.", error);
            return;
        }
        _outbox.Add(row, _json.Written);
    }

    PendingRow Row(in Entry entry)
    {
        _flushes.Current.Unsettled++;
        return new PendingRow
        {
            Lane = _outbox.LaneOf(entry.Logger),
            Id = entry.RowId,
            Sequence = _sequence++,
            AcceptedAt = entry.AcceptedAt,
            Size = entry.Size,
            Epoch = _flushes.Current,
            FrontEnd = entry.FrontEnd,
            Payload = entry.FrontEnd.WatchesLosses ? entry.Payload : null,
            Confirmation = entry.Confirmation,
        };
    }

    /// <summary>Spans that are still open when rows leave are written with what they began with, once.</summary>
    void WriteOpenSpans()
    {
        foreach (var span in _open)
        {
            if (span.IsEnded)
            {
                continue; // its end is in the queue already, and says it all
            }
            _json.Clear();
            _composer.Open(span, _json);
            span.OpenWrite = new RowFate();
            _ledger.TryAccept(_json.Length, long.MaxValue, long.MaxValue);
            var row = Row(new Entry { Logger = span.Logger, FrontEnd = span.FrontEnd, Payload = span, RowId = span.Row, AcceptedAt = Now, Size = _json.Length });
            row.Payload = null; // the end is still to come: nothing of the span itself is lost with this
            row.Fate = span.OpenWrite;
            _outbox.Add(row, _json.Written);
        }
        _open.Clear();
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
            else
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
        Blame(isReady ? lane.Gate : _api, answer);
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
            _ = SendAsync(batch);
        }
    }

    async Task SendAsync(Batch batch)
    {
        Answer answer;
        try
        {
            var body = batch.RentBody(out var length);
            answer = await _transport.SendAsync(body.AsMemory(0, length), batch.Count, _abort.Token).ConfigureAwait(false);
            ArrayPool<byte>.Shared.Return(body);
        }
        catch (Exception error)
        {
            answer = Unexpected(error);
        }
        Answered(() => Settle(batch, answer));
    }

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
        batch.LastError = answer.Message;
        batch.IsUnacknowledged = answer.Kind == AnswerKind.Unacknowledged;
        switch (answer.Kind)
        {
            case AnswerKind.Accepted:
                Delivered(batch);
                break;
            case AnswerKind.TooLarge:
                _api.Succeed();
                Shrink(batch, answer);
                break;
            case AnswerKind.Rejected:
                _api.Succeed();
                Isolate(batch, answer);
                break;
            case AnswerKind.Denied:
            case AnswerKind.Misconfigured:
                Deny(batch, answer);
                break;
            default:
                Blame(_api, answer);
                Retry(batch);
                break;
        }
    }

    void Delivered(Batch batch)
    {
        _api.Succeed();
        _hasFreshLogin = false;
        _bodyLimit.Passed(batch.BodyBytes);
        Lane[] lanes = [.. batch.Lanes()];
        _fates.Deliver(batch);
        foreach (var lane in lanes)
        {
            lane.LoneRefusals = 0;
            lane.IsProbing = false;
            if (lane.IsPaused)
            {
                lane.IsPaused = false;
                lane.Gate.Succeed();
                _outbox.Unpark(lane);
            }
        }
    }

    void Blame(Gate gate, in Answer answer)
    {
        _fates.LastError = answer.Message ?? _fates.LastError;
        BraintrustDiagnostics.Warn(answer.Kind.ToString(), answer.Message ?? "Braintrust could not be reached.", 1);
        if (answer.Kind is AnswerKind.Denied or AnswerKind.Misconfigured or AnswerKind.Rejected)
        {
            gate.Pause(answer, Now, _clock.TimestampFrequency);
        }
        else if (!IsStopping || answer.RetryAfter is not null) // at the end every batch has its one try, without a pause
        {
            gate.Fail(answer, Now, _clock.TimestampFrequency, Random.Shared.NextDouble());
        }
    }

    /// <summary>To be sent again, or given up: after the shutdown began there is one try.</summary>
    void Retry(Batch batch)
    {
        _ledger.Retrying(batch.Count);
        if (batch.WasTriedAtShutdown)
        {
            _fates.Lose(batch, LossReasons.Shutdown, ShutdownMessage(batch.LastError));
        }
        else
        {
            _outbox.SendAgain(batch);
        }
    }

    /// <summary>413: halve, and remember about how much passes. A lone row is shortened; only what cannot be is lost.</summary>
    void Shrink(Batch batch, in Answer answer)
    {
        _bodyLimit.Refused(batch.BodyBytes);
        if (batch.Count > 1)
        {
            _outbox.Halve(batch);
            return;
        }

        var row = batch.Rows[0];
        _json.Clear();
        if (row.Length > SmallestRowToShorten && RowShortener.TryShorten(batch.Bytes(row), row.Length / 2, _json))
        {
            var shorter = batch.Empty();
            shorter.Add(row, _json.Written);
            batch.Dispose();
            _outbox.SendAgain(shorter);
        }
        else
        {
            _fates.Lose(batch, LossReasons.TooLarge, answer.Message ?? "The row is larger than Braintrust takes.");
        }
    }

    /// <summary>400 and the like: one row may be to blame. What is refused alone is lost, unless it is plainly not the rows.</summary>
    void Isolate(Batch batch, in Answer answer)
    {
        if (batch.HasSeveralLanes)
        {
            _outbox.SplitByLane(batch);
        }
        else if (batch.Count > 1)
        {
            _outbox.Halve(batch);
        }
        else if (++batch.Rows[0].Lane.LoneRefusals <= RefusalsBeforeItIsNotTheRows)
        {
            _fates.Lose(batch, LossReasons.Rejected, answer.Message ?? "Braintrust refused the row.");
        }
        else
        {
            Pause(batch.Rows[0].Lane, batch, answer);
        }
    }

    void Deny(Batch batch, in Answer answer)
    {
        _ledger.Retrying(batch.Count);
        if (answer.Status == 401 && !_hasFreshLogin)
        {
            _hasFreshLogin = true; // the next call logs in anew: the key may have been replaced
            _outbox.SendAgain(batch);
        }
        else if (answer.Status != 403)
        {
            Blame(_api, answer); // the key or the address: nothing of this client can be sent
            _outbox.SendAgain(batch);
        }
        else if (batch.HasSeveralLanes)
        {
            _outbox.SplitByLane(batch);
        }
        else
        {
            Pause(batch.Rows[0].Lane, batch, answer);
        }
    }

    void Pause(Lane lane, Batch batch, in Answer answer)
    {
        lane.IsPaused = true;
        lane.IsProbing = false;
        lane.Parked.Add(batch);
        Blame(lane.Gate, answer);
    }

    /// <summary>Ends the wait of rows that have waited too long.</summary>
    void Expire()
    {
        var tooOld = Now - (long)(_options.RetryTimeLimit.TotalSeconds * _clock.TimestampFrequency);
        while (_queue.TryPeek(out var first) && first.AcceptedAt <= tooOld && first.Kind is not (EntryKind.Flush or EntryKind.SpanBegin) && _queue.TryRead(out first))
        {
            _fates.Lose(Row(first), LossReasons.Expired, ExpiredMessage(_fates.LastError), null);
        }
        foreach (var batch in _outbox.TakeOlderThan(tooOld))
        {
            _fates.Lose(batch, batch.IsUnacknowledged ? LossReasons.Unacknowledged : LossReasons.Expired, ExpiredMessage(batch.LastError ?? _fates.LastError));
        }
    }

    string ExpiredMessage(string? why) => $"They waited longer than {_options.RetryTimeLimit}. {why}".TrimEnd();

    static string ShutdownMessage(string? why) => $"The client was closed before they could be delivered. {why}".TrimEnd();

    // ---- tell, and end -------------------------------------------------------------------------------------------------------------

    void Tell()
    {
        if (_refusals.HasNews && (_flushes.AreWaiting || IsStopping || Now >= _refusals.TellAt(Period)))
        {
            _refusals.Tell(Now);
        }
        _flushes.Complete(_outbox.Sending == 0 && _lookUps == 0 ? Math.Max(Now, NextChance()) : Now, _fates.LastError);
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
        if (IsStopping && !_wasStopping)
        {
            _wasStopping = true;
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
        _outbox.Sending == 0 && _lookUps == 0 && !_outbox.IsFilling
        && (!_outbox.All.Any()
            || NextChance() > _stopBy
            || (_outbox.Ready == 0 && _outbox.Lanes.All(lane => lane.Parked.Count == 0 || lane.WasTriedAtShutdown || lane.Gate.OpensAt > _stopBy)));

    void Close()
    {
        _abort.Cancel();
        _timer.Dispose();
        foreach (var batch in _outbox.All.ToArray())
        {
            _fates.Lose(batch, LossReasons.Shutdown, ShutdownMessage(batch.LastError ?? _fates.LastError));
        }
        while (_queue.TryRead(out var entry))
        {
            if (entry.Kind == EntryKind.Flush)
            {
                _flushes.Begin((FlushRequest)entry.Payload);
            }
            else if (entry.Kind != EntryKind.SpanBegin)
            {
                _fates.Lose(Row(entry), LossReasons.Shutdown, ShutdownMessage(_fates.LastError), null);
            }
        }
        _refusals.Tell(Now);
        _flushes.Complete(Now, _fates.LastError);
        Volatile.Write(ref _oldest, long.MaxValue);
        _json.Dispose();
    }

    // ---- wait ----------------------------------------------------------------------------------------------------------------------

    long Period => After(0, _options.Period);

    /// <summary>How many unread rows are worth a look before the timer: one when idle, a batch otherwise, none while nothing can be sent.</summary>
    long WorthWakingFor() =>
        !_queue.TryPeek(out _) ? 1
        : !_api.IsOpen(Now) || _outbox.Ready + _outbox.Sending >= MaxInFlight ? long.MaxValue
        : _options.BatchSizeLimit;

    void ArmTimer()
    {
        var now = Now;
        var next = Math.Min(IsStopping ? _stopBy : long.MaxValue, _flushes.NextDeadline);
        var hasUnread = _queue.TryPeek(out var first);
        if (hasUnread && HasRoom())
        {
            next = Math.Min(next, After(first.AcceptedAt, _options.Period));
        }
        if (_outbox.IsFilling)
        {
            next = Math.Min(next, After(_outbox.FillingSince, _options.Period));
        }
        if (!_api.IsOpen(now))
        {
            next = Math.Min(next, _api.OpensAt);
        }
        foreach (var lane in _outbox.Lanes)
        {
            if (lane.Parked.Count > 0 && !lane.Gate.IsOpen(now))
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
    }

    TimeSpan Until(long then, long now) =>
        then <= now ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling((then - now) * 1000.0 / _clock.TimestampFrequency), int.MaxValue));

    long After(long timestamp, TimeSpan delay)
    {
        var later = timestamp + delay.TotalSeconds * _clock.TimestampFrequency;
        return later >= long.MaxValue ? long.MaxValue - 1 : (long)later;
    }
}
