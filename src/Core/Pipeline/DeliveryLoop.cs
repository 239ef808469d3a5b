using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using Braintrust.Logging.Rows;
using Braintrust.Logging.Transport;

namespace Braintrust.Logging.Pipeline;

/// <summary>
/// The one loop that owns every accepted row until its fate is known: it reads, composes, batches, sends and settles. All of its state is
/// touched by the loop alone; answers come back to it through a queue and the bell.
/// </summary>
sealed class DeliveryLoop
{
    const int MaxInFlight = 4;
    const int RefusalsBeforeItIsNotTheRows = 3;
    const long SmallestBodyLimit = 16 * 1024;

    readonly DeliveryOptions _options;
    readonly EntryQueue _queue;
    readonly IRowTransport _transport;
    readonly RowComposer _composer;
    readonly Ledger _ledger;
    readonly LossReporter _losses;
    readonly TimeProvider _clock;
    readonly ITimer _timer;
    readonly CancellationTokenSource _abort = new();

    // Written by sends and look-ups when they end.
    readonly ConcurrentQueue<Action> _answers = new();

    // Written by the caller of Stop.
    long _stopBy = long.MaxValue;

    // The loop's own.
    readonly JsonBuffer _json = new();
    readonly Dictionary<BraintrustLogger, Lane> _lanes = [];
    readonly LinkedList<Batch> _ready = new();
    readonly HashSet<Batch> _sending = [];
    readonly List<BraintrustSpan> _open = [];
    readonly List<Epoch> _epochs = [new()];
    readonly BodyLimit _limit = new();
    readonly Gate _api = new();
    Batch _filling = new();
    long _fillingSince;
    long _sequence;
    long _refusalsToldAt;
    int _lookUps;
    int _flushesSeen;
    bool _hasSent;
    bool _hasRefusals;
    string? _lastError;
    long _oldest = long.MaxValue;

    // Written by callers of Flush.
    int _flushesAsked;

    public DeliveryLoop(DeliveryOptions options, EntryQueue queue, IRowTransport transport, RowComposer composer, Ledger ledger, LossReporter losses)
    {
        _options = options;
        _queue = queue;
        _transport = transport;
        _composer = composer;
        _ledger = ledger;
        _losses = losses;
        _clock = options.Clock;
        _timer = _clock.CreateTimer(static queue => ((EntryQueue)queue!).Ring(), queue, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        using (ExecutionContext.SuppressFlow()) // what the first caller holds in its async flow is not ours to keep
        {
            Completion = Task.Run(RunAsync);
        }
    }

    /// <summary>When every row has met its fate and nothing runs any more.</summary>
    public Task Completion { get; }

    /// <summary>About how long the oldest row has been waiting.</summary>
    public TimeSpan OldestAge
    {
        get
        {
            var oldest = Volatile.Read(ref _oldest);
            return oldest == long.MaxValue ? TimeSpan.Zero : _clock.GetElapsedTime(oldest);
        }
    }

    bool IsStopping => Volatile.Read(ref _stopBy) != long.MaxValue;

    long Now => _clock.GetTimestamp();

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
        var wasStopping = false;
        while (true)
        {
            try
            {
                Settle();
                if (IsStopping && !wasStopping)
                {
                    wasStopping = true;
                    OpenGatesForOneMore();
                }
                Read();
                LookUp();
                Send();
                CompleteFlushes();
                TellRefusals();
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

    // ---- reading -------------------------------------------------------------------------------------------------------------------

    void Read()
    {
        Expire();
        if (!IsDue())
        {
            return;
        }
        while (HasRoom() && _queue.TryRead(out var entry))
        {
            Take(entry);
        }
        WriteOpenSpans();
        if (_filling.Count > 0 && (_lookUps == 0 || IsStopping || Now >= After(_fillingSince, _options.Period)))
        {
            Seal(); // rows of a project whose id is about to be known may still join
        }
    }

    bool IsDue() =>
        IsFlushing || IsStopping || _filling.Count > 0
        || (_queue.TryPeek(out var first)
            && (Now >= After(first.AcceptedAt, _options.Period)
                || _queue.WaitingRows >= _options.BatchSizeLimit
                || _ledger.ResidentBytes > _options.QueueLimitBytes / 4
                || (!_hasSent && _options.EagerlyEmitFirstEvent && _queue.WaitingRows > 0)));

    bool IsFlushing => Volatile.Read(ref _flushesAsked) != _flushesSeen;

    /// <summary>Rows stay entries, which are small and cheap to hold, until they can go out.</summary>
    bool HasRoom() => IsFlushing || IsStopping || (_api.IsOpen(Now) && _ready.Count + _sending.Count < MaxInFlight);

    void Take(in Entry entry)
    {
        switch (entry.Kind)
        {
            case EntryKind.Flush:
                WriteOpenSpans();
                _flushesSeen++;
                var epoch = _epochs[^1];
                epoch.Flush = (FlushRequest)entry.Payload;
                epoch.Dropped += Interlocked.Exchange(ref _refusedSinceFlush, 0);
                _epochs.Add(new Epoch());
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
                Compose(entry);
                break;
        }
    }

    void Compose(in Entry entry)
    {
        _json.Clear();
        try
        {
            switch (entry.Payload)
            {
                case BraintrustSpan span:
                    _composer.End(span, _json);
                    break;
                case AuditRow audit:
                    _composer.Audit(entry, audit, _json);
                    break;
                default:
                    _composer.Event(entry, _json);
                    break;
            }
        }
        catch (Exception error) // a value that defeats even the writer's care
        {
            Lose(Row(entry), LossReasons.Unwritable, $"A row could not be written: {error.GetType()}.", error);
            return;
        }

        var row = Row(entry);
        row.After = entry.Payload switch
        {
            BraintrustSpan { OpenWrite: { IsSettled: false } opened } => opened,
            AuditRow { Comment: null } audit => Unsettled(audit.Target),
            _ => null,
        };
        Place(row, _json.Written);
    }

    PendingRow Row(in Entry entry) => new()
    {
        Lane = LaneOf(entry.Logger),
        Id = entry.RowId,
        Sequence = _sequence++,
        AcceptedAt = entry.AcceptedAt,
        Size = entry.Size,
        Epoch = Count(_epochs[^1]),
        FrontEnd = entry.FrontEnd,
        Payload = entry.FrontEnd.WatchesLosses ? entry.Payload : null,
        Confirmation = entry.Confirmation,
    };

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
            Place(new PendingRow
            {
                Lane = LaneOf(span.Logger),
                Id = span.Row,
                Sequence = _sequence++,
                AcceptedAt = Now,
                Size = _json.Length,
                Epoch = Count(_epochs[^1]),
                FrontEnd = span.FrontEnd,
                Fate = span.OpenWrite,
            }, _json.Written);
        }
        _open.Clear();
    }

    static Epoch Count(Epoch epoch)
    {
        epoch.Unsettled++;
        return epoch;
    }

    Lane LaneOf(BraintrustLogger logger)
    {
        if (!_lanes.TryGetValue(logger, out var lane))
        {
            _lanes.Add(logger, lane = new Lane(logger.Key));
        }
        return lane;
    }

    /// <summary>The unsettled row of that id, if there is one: the latest, since each waits for the one before.</summary>
    RowFate? Unsettled(RowId id)
    {
        RowFate? latest = null;
        var sequence = -1L;
        foreach (var batch in Held())
        {
            foreach (ref var row in batch.Rows)
            {
                if (row.Sequence > sequence && row.Id == id)
                {
                    sequence = row.Sequence;
                    row.Fate ??= new RowFate { Where = batch };
                    latest = row.Fate;
                }
            }
        }
        return latest;
    }

    IEnumerable<Batch> Held() => _sending.Concat(_ready).Append(_filling).Concat(_lanes.Values.SelectMany(lane => lane.Parked));

    // ---- batching ------------------------------------------------------------------------------------------------------------------

    void Place(in PendingRow row, ReadOnlySpan<byte> bytes)
    {
        if (row.Lane.IsOpen)
        {
            Fill(row, bytes);
            return;
        }
        var parked = row.Lane.Parked;
        if (parked.Count == 0 || !Fits(row, parked[^1], bytes.Length))
        {
            parked.Add(new Batch());
        }
        parked[^1].Add(row, bytes);
    }

    void Fill(in PendingRow row, ReadOnlySpan<byte> bytes)
    {
        if (!Fits(row, _filling, bytes.Length))
        {
            Seal();
        }
        if (_filling.Count == 0)
        {
            _fillingSince = Now;
        }
        _filling.Add(row, bytes);
    }

    /// <summary>Whether there is room; and a body must not hold the same row twice.</summary>
    bool Fits(in PendingRow row, Batch batch, int bytes) =>
        batch.Count == 0
        || (batch.Count < _options.BatchSizeLimit
            && batch.BodyBytes + bytes + Batch.RoutingBytes <= _limit.Bytes
            && !(row.After is { IsSettled: false } after && ReferenceEquals(after.Where, batch)));

    void Seal()
    {
        if (_filling.Count > 0)
        {
            _ready.AddLast(_filling);
            _filling = new Batch();
        }
    }

    /// <summary>Rows that waited for their project go where the others go, in the order they were read.</summary>
    void Unpark(Lane lane)
    {
        var parked = lane.Parked.ToArray();
        lane.Parked.Clear();
        Array.Sort(parked, static (a, b) => a.Rows[0].Sequence.CompareTo(b.Rows[0].Sequence));
        foreach (var batch in parked)
        {
            foreach (ref var row in batch.Rows)
            {
                Fill(row, batch.Bytes(row));
            }
            batch.Dispose();
        }
    }

    // ---- sending -------------------------------------------------------------------------------------------------------------------

    void LookUp()
    {
        var now = Now;
        foreach (var lane in _lanes.Values)
        {
            if (lane.Parked.Count == 0 || lane.IsLookingUp || !_api.IsOpen(now) || !lane.Gate.IsOpen(now))
            {
                continue;
            }
            if (lane.IsKnown)
            {
                Probe(lane);
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
        Answer answer;
        string? projectId = null;
        long? bodyLimit = null;
        var isReady = false;
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
            _limit.Announce(bodyLimit);
        }
        if (answer.IsAccepted && projectId is not null)
        {
            lane.Know(projectId);
            lane.Gate.Succeed();
            if (_sending.Count == 0)
            {
                _api.Succeed();
            }
            Unpark(lane);
            return;
        }

        // A login that fails concerns everybody; a project that cannot be looked up only itself.
        Blame(isReady ? lane.Gate : _api, answer);
        if (IsStopping)
        {
            foreach (var batch in lane.Parked)
            {
                batch.WasTriedAtShutdown = true;
            }
        }
    }

    /// <summary>Sends one batch of a paused project to see whether it is still refused.</summary>
    void Probe(Lane lane)
    {
        if (lane.IsProbing)
        {
            return;
        }
        lane.Parked.Sort(static (a, b) => a.Rows[0].Sequence.CompareTo(b.Rows[0].Sequence));
        var batch = lane.Parked[0];
        lane.Parked.RemoveAt(0);
        lane.IsProbing = true;
        _ready.AddFirst(batch);
    }

    void Send()
    {
        var now = Now;
        for (var node = _ready.First; node is not null && _sending.Count < MaxInFlight && _api.IsOpen(now) && !(_api.Failures > 0 && _sending.Count > 0 && !IsStopping);)
        {
            var (batch, next) = (node.Value, node.Next);
            if (batch.IsFree && !HoldsPausedRows(batch))
            {
                _ready.Remove(node);
                _sending.Add(batch);
                _hasSent = true;
                batch.Attempts++;
                batch.WasTriedAtShutdown = IsStopping;
                _ = SendAsync(batch);
            }
            else if (HoldsPausedRows(batch))
            {
                _ready.Remove(node);
                next = _ready.First;
                SplitByLane(batch);
            }
            node = next;
        }
    }

    static bool HoldsPausedRows(Batch batch)
    {
        foreach (ref var row in batch.Rows)
        {
            if (!row.Lane.IsOpen && !row.Lane.IsProbing)
            {
                return true;
            }
        }
        return false;
    }

    async Task SendAsync(Batch batch)
    {
        Answer answer;
        try
        {
            var body = batch.RentBody(out var length);
            answer = await _transport.SendAsync(body.AsMemory(0, length), batch.Count, _abort.Token).ConfigureAwait(false);
            if (answer.IsAccepted)
            {
                ArrayPool<byte>.Shared.Return(body); // after any other answer the connection may still be reading it
            }
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

    // ---- settling ------------------------------------------------------------------------------------------------------------------

    void Settle()
    {
        while (_answers.TryDequeue(out var settle))
        {
            settle();
        }
    }

    void Settle(Batch batch, in Answer answer)
    {
        if (!_sending.Remove(batch))
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
                Halve(batch, answer);
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
                _ledger.Retrying(batch.Count);
                Return(batch);
                break;
        }
    }

    void Delivered(Batch batch)
    {
        _api.Succeed();
        _limit.Passed(batch.BodyBytes);
        foreach (ref var row in batch.Rows)
        {
            Settle(row);
            row.Epoch.Delivered++;
            _ledger.Delivering(row.Size);
            row.Confirmation?.Delivered();
            Resume(row.Lane);
        }
        batch.Dispose();
    }

    void Resume(Lane lane)
    {
        lane.LoneRefusals = 0;
        lane.IsProbing = false;
        if (lane.IsPaused)
        {
            lane.IsPaused = false;
            lane.Gate.Succeed();
            Unpark(lane);
        }
    }

    static void Settle(in PendingRow row)
    {
        row.Epoch.Unsettled--;
        if (row.Fate is { } fate)
        {
            fate.IsSettled = true;
            fate.Where = null;
        }
    }

    void Blame(Gate gate, in Answer answer)
    {
        _lastError = answer.Message ?? _lastError;
        if (answer.Kind is AnswerKind.Retry or AnswerKind.Unacknowledged)
        {
            if (IsStopping && answer.RetryAfter is null)
            {
                return; // every batch has its one try, without a pause
            }
            gate.Fail(answer, Now, _clock.TimestampFrequency, Random.Shared.NextDouble());
        }
        else
        {
            gate.Pause(answer, Now, _clock.TimestampFrequency);
        }
        BraintrustDiagnostics.Warn(answer.Kind.ToString(), answer.Message ?? "Braintrust could not be reached.", 1);
    }

    /// <summary>To be sent again, or given up: after the shutdown began there is one try.</summary>
    void Return(Batch batch)
    {
        if (IsStopping && batch.WasTriedAtShutdown)
        {
            Lose(batch, LossReasons.Shutdown, $"The client was closed before they could be delivered. {batch.LastError}");
        }
        else
        {
            _ready.AddFirst(batch);
        }
    }

    /// <summary>413: halve, and remember about how much passes. A lone row is shortened; only what cannot be is lost.</summary>
    void Halve(Batch batch, in Answer answer)
    {
        _limit.Refused(batch.BodyBytes);
        if (batch.Count > 1)
        {
            Split(batch);
            return;
        }

        ref var row = ref batch.Rows[0];
        _json.Clear();
        if (batch.BodyBytes > SmallestBodyLimit && RowShortener.TryShorten(batch.Bytes(row), batch.BodyBytes / 2, _json))
        {
            var shorter = new Batch { Attempts = batch.Attempts };
            shorter.Add(row with { IsShortened = true }, _json.Written);
            batch.Dispose();
            _ready.AddFirst(shorter);
        }
        else
        {
            Lose(batch, LossReasons.TooLarge, answer.Message ?? "The row is larger than Braintrust takes.");
        }
    }

    /// <summary>400 and the like: one row may be to blame. What is refused alone is lost, unless it is plainly not the rows.</summary>
    void Isolate(Batch batch, in Answer answer)
    {
        if (batch.Count > 1)
        {
            if (batch.HasSeveralLanes)
            {
                SplitByLane(batch);
            }
            else
            {
                Split(batch);
            }
            return;
        }

        var lane = batch.Rows[0].Lane;
        lane.IsProbing = false;
        if (++lane.LoneRefusals <= RefusalsBeforeItIsNotTheRows)
        {
            Lose(batch, LossReasons.Rejected, answer.Message ?? "Braintrust refused the row.");
        }
        else
        {
            Pause(lane, batch, answer);
        }
    }

    void Deny(Batch batch, in Answer answer)
    {
        _ledger.Retrying(batch.Count);
        if (answer.Status != 403)
        {
            Blame(_api, answer); // the key or the address: nothing of this client can be sent
            foreach (ref var row in batch.Rows)
            {
                row.Lane.IsProbing = false;
            }
            Return(batch);
        }
        else if (batch.HasSeveralLanes)
        {
            SplitByLane(batch);
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
        Blame(lane.Gate, answer);
        lane.Parked.Add(batch);
    }

    void Split(Batch batch)
    {
        var half = batch.Count / 2;
        var (first, second) = (new Batch(), new Batch());
        var rows = batch.Rows;
        for (var i = 0; i < rows.Length; i++)
        {
            (i < half ? first : second).Add(rows[i], batch.Bytes(rows[i]));
        }
        first.Attempts = second.Attempts = batch.Attempts;
        batch.Dispose();
        _ready.AddFirst(second);
        _ready.AddFirst(first);
    }

    /// <summary>A batch for each project: those that are paused wait, the others go on.</summary>
    void SplitByLane(Batch batch)
    {
        var parts = new Dictionary<Lane, Batch>();
        foreach (ref var row in batch.Rows)
        {
            if (!parts.TryGetValue(row.Lane, out var part))
            {
                parts.Add(row.Lane, part = new Batch { Attempts = batch.Attempts });
            }
            part.Add(row, batch.Bytes(row));
        }
        batch.Dispose();
        foreach (var (lane, part) in parts)
        {
            if (lane.IsOpen)
            {
                _ready.AddFirst(part);
            }
            else
            {
                lane.Parked.Add(part);
            }
        }
    }

    // ---- losing --------------------------------------------------------------------------------------------------------------------

    /// <summary>Ends the wait of rows that have waited too long.</summary>
    void Expire()
    {
        var tooOld = Now - (long)(_options.RetryTimeLimit.TotalSeconds * _clock.TimestampFrequency);
        while (_queue.TryPeek(out var first) && first.AcceptedAt <= tooOld && first.Kind is not (EntryKind.Flush or EntryKind.SpanBegin) && _queue.TryRead(out first))
        {
            Lose(Row(first), LossReasons.Expired, $"They waited longer than {_options.RetryTimeLimit}. {_lastError}", null);
        }
        if (_ready.Count > 0)
        {
            foreach (var batch in _ready.Where(batch => IsTooOld(batch, tooOld)).ToArray())
            {
                _ready.Remove(batch);
                LoseExpired(batch);
            }
        }
        foreach (var lane in _lanes.Values)
        {
            foreach (var batch in lane.Parked.Where(batch => IsTooOld(batch, tooOld)).ToArray())
            {
                lane.Parked.Remove(batch);
                LoseExpired(batch);
            }
        }
    }

    static bool IsTooOld(Batch batch, long tooOld)
    {
        foreach (ref var row in batch.Rows)
        {
            if (row.AcceptedAt > tooOld)
            {
                return false;
            }
        }
        return true;
    }

    void LoseExpired(Batch batch) =>
        Lose(batch, batch.IsUnacknowledged ? LossReasons.Unacknowledged : LossReasons.Expired, $"They waited longer than {_options.RetryTimeLimit}. {batch.LastError ?? _lastError}");

    void Lose(Batch batch, string reason, string message)
    {
        _lastError = message;
        foreach (var group in batch.Rows.ToArray().GroupBy(row => row.FrontEnd))
        {
            var loss = new RowLoss(group.Count(), reason, message, null);
            foreach (var row in group)
            {
                row.Lane.IsProbing = false;
                Settle(row);
                row.Epoch.Dropped++;
                _ledger.Dropping(row.Size, reason);
                row.Confirmation?.Lost(loss);
            }
            _losses.Report(group.Key, loss.Count, reason, message, null);
            TellWatcher(group.Key, [.. group.Select(row => row.Payload).OfType<object>()], loss);
        }
        batch.Dispose();
    }

    void Lose(in PendingRow row, string reason, string message, Exception? exception)
    {
        _lastError = message;
        Settle(row);
        row.Epoch.Dropped++;
        _ledger.Dropping(row.Size, reason);
        var loss = new RowLoss(1, reason, message, exception);
        row.Confirmation?.Lost(loss);
        _losses.Report(row.FrontEnd, 1, reason, message, exception);
        TellWatcher(row.FrontEnd, row.Payload is null ? [] : [row.Payload], loss);
    }

    static void TellWatcher(FrontEnd frontEnd, IReadOnlyList<object> payloads, RowLoss loss)
    {
        if (payloads.Count == 0)
        {
            return;
        }
        try
        {
            frontEnd.Lost(payloads, loss);
        }
        catch (Exception error) // a fallback sink of the user's
        {
            BraintrustDiagnostics.Warn("listener", $"A failure listener threw {error.GetType()}.", 1);
        }
    }

    // ---- refusals, told at most once a period ----------------------------------------------------------------------------------------

    readonly ConcurrentDictionary<(FrontEnd FrontEnd, string Reason), StrongCount> _refused = new();
    long _refusedSinceFlush;

    /// <summary>A row that never got in. On the caller's thread: two increments.</summary>
    public void Refused(FrontEnd frontEnd, string reason)
    {
        Interlocked.Increment(ref _refusedSinceFlush);
        if (reason == LossReasons.Closed)
        {
            _losses.Report(frontEnd, 1, reason, "They were logged after the client was closed.", null);
            return;
        }
        Interlocked.Increment(ref _refused.GetOrAdd((frontEnd, reason), static _ => new()).Value);
    }

    void TellRefusals()
    {
        _hasRefusals |= _queue.TakeRefusals() > 0;
        if (!_hasRefusals || (Now < After(_refusalsToldAt, _options.Period) && _refusalsToldAt != 0 && !IsStopping && _epochs.Count == 1))
        {
            return;
        }
        _hasRefusals = false;
        _refusalsToldAt = Now;
        foreach (var ((frontEnd, reason), count) in _refused)
        {
            var rows = Interlocked.Exchange(ref count.Value, 0);
            if (rows > 0)
            {
                _losses.Report(frontEnd, rows, reason, "The queue was full. Raise QueueLimit and QueueLimitBytes for bursts, or log less.", null);
            }
        }
    }

    sealed class StrongCount
    {
        public long Value;
    }

    // ---- flushing and ending ---------------------------------------------------------------------------------------------------------

    void CompleteFlushes()
    {
        while (_epochs.Count > 1 && _epochs[0].Unsettled == 0)
        {
            Complete(0, isCompleted: true);
        }
        if (_epochs.Count == 1)
        {
            return;
        }

        // When nothing can happen before the caller stops waiting there is no sense in waiting.
        var soonest = _sending.Count == 0 && _lookUps == 0 ? NextChance() : Now;
        for (var i = 0; i < _epochs.Count - 1; i++)
        {
            if (_epochs[i].Flush is { } flush && Math.Max(soonest, Now) >= flush.Deadline)
            {
                Complete(i, isCompleted: false);
            }
        }
    }

    /// <summary>Answers a flush with the sums of its epoch and those before it that nobody has told yet.</summary>
    void Complete(int index, bool isCompleted)
    {
        TellRefusalsNow();
        var (delivered, dropped, pending) = (0L, 0L, 0L);
        for (var i = 0; i <= index; i++)
        {
            delivered += _epochs[i].Delivered;
            dropped += _epochs[i].Dropped;
            pending += _epochs[i].Unsettled;
            _epochs[i].Delivered = _epochs[i].Dropped = 0;
        }
        var flush = _epochs[index].Flush;
        _epochs[index].Flush = null;
        if (_epochs[index].Unsettled == 0 && index == 0)
        {
            _epochs.RemoveAt(0);
        }
        flush?.Complete(new FlushResult(isCompleted, delivered, 0, dropped, pending, pending > 0 || dropped > 0 ? _lastError : null));
    }

    void TellRefusalsNow()
    {
        _refusalsToldAt = 0;
        TellRefusals();
    }

    /// <summary>When something may happen next; now if nothing has to be waited for.</summary>
    long NextChance()
    {
        var next = _api.OpensAt;
        if (_ready.Count == 0 && _filling.Count == 0)
        {
            var lanes = _lanes.Values.Where(lane => lane.Parked.Count > 0).Select(lane => lane.Gate.OpensAt).ToList();
            next = Math.Max(next, lanes.Count == 0 ? 0 : lanes.Min());
        }
        return next;
    }

    void OpenGatesForOneMore()
    {
        _api.OpenForOneMore();
        foreach (var lane in _lanes.Values)
        {
            lane.Gate.OpenForOneMore();
        }
    }

    bool IsDone()
    {
        if (_sending.Count > 0 || _lookUps > 0 || _filling.Count > 0)
        {
            return false;
        }
        var hasRows = _ready.Count > 0 || _lanes.Values.Any(lane => lane.Parked.Count > 0);
        if (!hasRows)
        {
            return true;
        }
        return NextChance() > _stopBy
            || (_ready.Count == 0 && _lanes.Values.All(lane => lane.Parked.TrueForAll(batch => batch.WasTriedAtShutdown)));
    }

    void Close()
    {
        _abort.Cancel();
        _timer.Dispose();
        foreach (var batch in Held().ToArray())
        {
            if (batch.Count > 0)
            {
                Lose(batch, LossReasons.Shutdown, $"The client was closed before they could be delivered. {batch.LastError ?? _lastError}");
            }
        }
        while (_queue.TryRead(out var entry))
        {
            if (entry.Kind == EntryKind.Flush)
            {
                _epochs[^1].Flush = (FlushRequest)entry.Payload;
                _epochs.Add(new Epoch());
            }
            else if (entry.Kind != EntryKind.SpanBegin)
            {
                Lose(Row(entry), LossReasons.Shutdown, $"The client was closed before they could be delivered. {_lastError}", null);
            }
        }
        TellRefusalsNow();
        while (_epochs.Count > 1)
        {
            Complete(0, isCompleted: true);
        }
        _json.Dispose();
    }

    // ---- waiting -------------------------------------------------------------------------------------------------------------------

    /// <summary>How many unread rows are worth a look before the timer: one when idle, a batch otherwise, none while nothing can be sent.</summary>
    long WorthWakingFor() =>
        !_queue.TryPeek(out _) ? 1
        : !_api.IsOpen(Now) || _ready.Count + _sending.Count >= MaxInFlight ? long.MaxValue
        : _options.BatchSizeLimit;

    void ArmTimer()
    {
        var now = Now;
        Volatile.Write(ref _oldest, Oldest());
        var next = IsStopping ? _stopBy : long.MaxValue;
        if (_queue.TryPeek(out var first) && HasRoom())
        {
            next = Math.Min(next, After(first.AcceptedAt, _options.Period));
        }
        if (_filling.Count > 0)
        {
            next = Math.Min(next, After(_fillingSince, _options.Period));
        }
        if (!_api.IsOpen(now))
        {
            next = Math.Min(next, _api.OpensAt);
        }
        foreach (var lane in _lanes.Values)
        {
            if (lane.Parked.Count > 0 && !lane.IsLookingUp && !lane.IsProbing && !lane.Gate.IsOpen(now))
            {
                next = Math.Min(next, lane.Gate.OpensAt);
            }
        }
        if (_hasRefusals)
        {
            next = Math.Min(next, After(_refusalsToldAt, _options.Period));
        }
        foreach (var epoch in _epochs)
        {
            next = Math.Min(next, epoch.Flush?.Deadline ?? long.MaxValue);
        }
        _timer.Change(next == long.MaxValue ? Timeout.InfiniteTimeSpan : Later(now, next), Timeout.InfiniteTimeSpan);
    }

    long Oldest()
    {
        var oldest = _queue.TryPeek(out var first) ? first.AcceptedAt : long.MaxValue;
        foreach (var batch in Held())
        {
            oldest = batch.Count > 0 ? Math.Min(oldest, batch.Rows[0].AcceptedAt) : oldest;
        }
        return oldest;
    }

    TimeSpan Later(long now, long then) =>
        then <= now ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling((then - now) * 1000.0 / _clock.TimestampFrequency), int.MaxValue));

    long After(long timestamp, TimeSpan delay)
    {
        var later = timestamp + delay.TotalSeconds * _clock.TimestampFrequency;
        return later >= long.MaxValue ? long.MaxValue - 1 : (long)later;
    }
}
