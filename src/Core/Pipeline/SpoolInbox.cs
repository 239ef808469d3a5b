using Braintrust.Logging.Rows;
using Braintrust.Logging.Spool;

namespace Braintrust.Logging.Pipeline;

/// <summary>
/// The disk between the queue and the loop: rows are read back in their order as the loop has room for them. What could not go to disk comes in memory, and not before
/// what was accepted earlier; of a disk that cannot be read at the moment, not before rows of the same id. Rows of projects that may not be sent to stay on disk, beyond a small share.
/// </summary>
sealed class SpoolInbox(
    SpoolStore store, SpoolThread thread, Handover handover, Keepsakes keepsakes, Sources sources, Intake intake, Outbox outbox, Flushes flushes, Fates fates, Ledger ledger,
    DeliveryOptions options, Pace pace) : IInbox
{
    // From one look for rows that are too old to the next, among those that were put back.
    static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(1);

    // At the end, for a disk that stands still: no longer than a caller waits beyond its budget. One that takes rows has time to take all of them.
    static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    // A row in hand while so many processes ended goes alone.
    const int SuspectAttempts = 5;

    readonly TimeProvider _clock = options.Clock;
    readonly SpoolBooks _books = new(store, outbox, flushes, fates, ledger, keepsakes);
    readonly Deferral _deferral = new(outbox, options.QueueLimitBytes / 8);

    // Rows in memory that wait for earlier ones on disk.
    readonly LateRows _late = new(project => outbox.LaneOf(project).IsDeferring);

    // Spans that began in memory, and of which nothing can be on disk: nothing went there since.
    readonly HashSet<RowId> _begun = [];
    SpooledRow _next;
    bool _hasNext;
    bool _isDry = true;
    long _lastSpooled = SpoolIndex.FirstOwn - 1; // none of our own: what is adopted comes before, so every flush covers it
    long _firstAt = long.MaxValue;
    long _sweptAt;
    long _seen;

    public bool IsEmpty => WaitingRows == 0 && handover.IsEmpty;

    public bool IsOver => handover.IsComplete && handover.IsEmpty && _late.AreNone;

    public long WaitingRows => OnDisk + handover.MemoryRows;

    public bool HasManyBytes => handover.MemoryBytes > options.QueueLimitBytes / 4;

    public bool IsBehind => OnDisk > 0 && !fates.HasLeftRows;

    public Urgency Urgency => handover.Urgency;

    public long FirstAt => OnDisk > 0 ? (MayRead ? _firstAt : long.MaxValue) : FirstInMemoryAt;

    public long OldestAt => Math.Min(store.OldestTicks is var ticks && ticks == long.MaxValue ? long.MaxValue : Timestamp(ticks), Math.Min(FirstInMemoryAt, _late.FirstAt));

    public long LastSpooled => _lastSpooled;

    /// <summary>Rows that a read would find, as far as we know.</summary>
    long OnDisk => (_hasNext ? 1 : 0) + (_isDry ? 0 : store.Unread);

    /// <summary>There are rows on disk that come first, and cannot be read at the moment.</summary>
    bool IsUnreadable => !_hasNext && !_isDry;

    /// <summary>Once rows were left on disk at the end, all others are.</summary>
    bool MayRead => pace.HasRoom && !fates.HasLeftRows;

    long FirstInMemoryAt => handover.TryPeek(out var first) && first.Row is { } row ? row.Entry.AcceptedAt : long.MaxValue;

    public void Tend()
    {
        LearnAll();
        TakeNotes();
        _deferral.Weigh();
        if (_deferral.MayEnd)
        {
            Rewind();
        }
    }

    public bool TryTake(out FlushRequest? flush)
    {
        flush = null;
        TakeNotes();
        if (handover.TryPeek(out var item) && item.Flush is { } request)
        {
            handover.Take();
            flush = request;
            return true;
        }
        if (HasNext())
        {
            if (!MayRead)
            {
                return false;
            }
            if (!TakeLate(_next.Sequence))
            {
                TakeFromDisk();
            }
            return true;
        }
        if (!IsUnreadable && TakeLate(long.MaxValue))
        {
            return true;
        }
        if (item?.Row is not { } row)
        {
            return false;
        }
        handover.Take();
        TakeFromMemory(row);
        return true;
    }

    /// <summary>That is the thread's: it writes them before a marker, and once they have been open for a period.</summary>
    public void WriteOpenSpans() { }

    public void Expire(TimeSpan limit, bool hasRoom, Func<Lane, bool> mayGo, string message)
    {
        var tooOld = _clock.GetUtcNow().UtcTicks - limit.Ticks;
        if (store.OldestTicks <= tooOld)
        {
            ExpireOnDisk(tooOld, mayGo, message);
        }
        if (!_late.AreNone)
        {
            ExpireLate(Timestamp(tooOld), mayGo, message);
        }
        while (!hasRoom && !HasNext() && FirstInMemoryAt is var first && first != long.MaxValue && first <= Timestamp(tooOld) && handover.TryPeek(out var item))
        {
            handover.Take();
            fates.Lose(intake.Row(item.Row!.Value.Entry), LossReasons.Expired, message, null);
            TakeNotes();
        }
    }

    public void Sending(Batch batch)
    {
        if (Adopted(batch) is { } rows)
        {
            store.Trying(rows);
        }
    }

    public void Sent(Batch batch)
    {
        if (Adopted(batch) is { } rows)
        {
            store.Tried(rows);
        }
    }

    /// <summary>Rows that a process which has ended may have been sending when it did. Few batches have any.</summary>
    static List<long>? Adopted(Batch batch)
    {
        List<long>? rows = null;
        foreach (ref var row in batch.Rows)
        {
            if (row.IsSpooled && row.SpoolSequence < SpoolIndex.FirstOwn)
            {
                (rows ??= []).Add(row.SpoolSequence);
            }
        }
        return rows;
    }

    public void Ring() => handover.Ring();

    public ValueTask WaitAsync(long untilRows, bool isIdle) => handover.WaitAsync(untilRows, _seen); // beginnings are the thread's

    /// <summary>
    /// What the disk can still take it gets, even if there was no time to send anything. In the disk's time, which is real. On a machine that is short of processors the thread may stand still
    /// without the disk being to blame: that is no reason to leave.
    /// </summary>
    public async Task SettledAsync()
    {
        var time = store.DiskTime;
        var start = time.GetTimestamp();
        while (!thread.Drained.IsCompleted && thread.TimeAtDisk is var atDisk && atDisk < Patience && time.GetElapsedTime(start) < Spooling.TimeToDrain)
        {
            await thread.Drained.WaitAsync(Patience - atDisk, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Close(string message)
    {
        while (true)
        {
            TakeNotes();
            if (!handover.TryPeek(out var item))
            {
                break;
            }
            handover.Take();
            if (item.Flush is { } flush)
            {
                flushes.Begin(flush, _lastSpooled);
            }
            else
            {
                End(item.Row!.Value.Entry, message);
            }
        }
        foreach (var late in _late.TakeOld(long.MaxValue, static _ => false))
        {
            fates.Lose(intake.Row(late.Row.Entry, late.Epoch), LossReasons.Shutdown, message, null);
        }
        var (onTheirWay, left) = thread.Abandon();
        foreach (var entry in onTheirWay)
        {
            End(entry, $"{message} The disk stood still while they were written to it: they may be on it, and arrive later.");
        }
        foreach (var entry in left)
        {
            if (entry.Kind == EntryKind.Flush)
            {
                flushes.Begin((FlushRequest)entry.Payload, _lastSpooled);
            }
            else if (entry.Kind != EntryKind.SpanBegin)
            {
                End(entry, message);
            }
        }
        foreach (var keepsake in keepsakes.TakeWhere(static _ => true))
        {
            ledger.Forgetting(keepsake.Size);
            keepsake.Confirmation?.Lost(new RowLoss(1, LossReasons.Shutdown, $"{message} {Fates.IsOnDisk}", null));
        }
        LearnAll();
    }

    /// <summary>From here on the thread gives the files up.</summary>
    public void Dispose() => thread.End();

    void End(in Entry entry, string message) => fates.Lose(intake.Row(entry), LossReasons.Shutdown, message, null);

    /// <summary>Notes what is on disk; a row that could not be written has no place in the order.</summary>
    void TakeNotes()
    {
        _seen = handover.Rows;
        while (handover.TryPeek(out var item) && item.Flush is null)
        {
            if (item.Row is { Failure: { } failure } lost)
            {
                handover.Take();
                intake.Lose(lost.Entry, failure);
            }
            else if (item.Row is null)
            {
                handover.Take();
                _firstAt = OnDisk > 0 ? Math.Min(_firstAt, item.FirstAt) : item.FirstAt;
                _isDry = false;
                _lastSpooled = item.LastSequence;
                _begun.Clear();
                flushes.Current.Unread += item.Rows;
            }
            else
            {
                return;
            }
        }
    }

    void LearnAll()
    {
        while (_books.TryLearn(out var areAdopted))
        {
            if (areAdopted)
            {
                (_isDry, _firstAt) = (false, 0); // they have waited for long enough
            }
        }
    }

    /// <summary>Whether a row on disk comes next. Of our own only those whose note was taken: a row in memory may stand between.</summary>
    bool HasNext()
    {
        if (!_hasNext && !_isDry)
        {
            _hasNext = store.TryRead(out _next);
            _isDry = !_hasNext && !store.HasUnread; // else they cannot be read at the moment: the thread rings when they may be
            if (_hasNext && _next.IsAdopted)
            {
                LearnAll(); // that they are ours is told before they can be read, and has to be known before they are counted
            }
        }
        return _hasNext && (_next.IsAdopted || _next.Sequence <= _lastSpooled);
    }

    void TakeFromDisk()
    {
        var (row, record) = (_next, _next.Record);
        var lane = outbox.LaneOf(record.Project);
        _hasNext = false;
        if (_deferral.TryDefer(lane, record.Json.Length))
        {
            store.Defer(row.Sequence);
            return;
        }
        intake.Take(Hold(row, lane), record.Follows, record.Json.Span);
    }

    PendingRow Hold(in SpooledRow spooled, Lane lane)
    {
        var record = spooled.Record;
        var row = intake.Row(lane, record.Id, spooled.Sequence, flushes.TakeSpooled(spooled.Sequence));
        row.AcceptedAt = Timestamp(record.AcceptedTicks);
        row.FrontEnd = sources.Of(spooled.IsAdopted ? (ushort)0 : record.Source);
        row.IsSuspect = spooled.Attempts >= SuspectAttempts;
        if (!spooled.IsAdopted && keepsakes.Take(spooled.Sequence) is { } keepsake)
        {
            (row.Confirmation, row.Attachments, row.Size) = (keepsake.Confirmation, keepsake.Attachments, keepsake.Size);
        }
        return row;
    }

    /// <summary>Takes the next row that waits no longer.</summary>
    /// <param name="before">What is read from disk next, and may be a later one of the same id.</param>
    bool TakeLate(long before)
    {
        if (!_late.TryTake(before, out var late))
        {
            return false;
        }
        Take(late.Row, intake.Row(late.Row.Entry, late.Epoch));
        return true;
    }

    void TakeFromMemory(in MemoryRow row)
    {
        if (outbox.LaneOf(row.Entry.Logger).IsDeferring || (IsUnreadable && row.Follows && !_begun.Contains(row.Entry.RowId)))
        {
            flushes.Current.Unsettled++;
            _late.Add(row, flushes.Current, _lastSpooled);
            return;
        }
        if (IsUnreadable && row.Role == RowRole.Opening)
        {
            _begun.Add(row.Entry.RowId);
        }
        else if (row.Role == RowRole.End)
        {
            _begun.Remove(row.Entry.RowId);
        }
        Take(row, intake.Row(row.Entry));
    }

    void Take(in MemoryRow row, PendingRow pending)
    {
        pending.Attachments = row.Attachments;
        if (row.Role == RowRole.Opening)
        {
            pending.Payload = null; // the end is still to come
        }
        intake.Take(pending, row.Follows, row.Json.Span);
    }

    void ExpireOnDisk(long tooOld, Func<Lane, bool> mayGo, string message)
    {
        if (_deferral.IsOn)
        {
            if (_sweptAt != 0 && _clock.GetElapsedTime(_sweptAt) < SweepInterval)
            {
                return;
            }
            _sweptAt = _clock.GetTimestamp();
            Rewind();
        }
        while (HasNext() && _next.Record.AcceptedTicks <= tooOld && outbox.LaneOf(_next.Record.Project) is var lane && !mayGo(lane))
        {
            _hasNext = false;
            fates.Lose(Hold(_next, lane), LossReasons.Expired, message, null);
        }
    }

    void ExpireLate(long tooOld, Func<Lane, bool> mayGo, string message)
    {
        foreach (var late in _late.TakeOld(tooOld, project => mayGo(outbox.LaneOf(project))))
        {
            fates.Lose(intake.Row(late.Row.Entry, late.Epoch), LossReasons.Expired, message, null);
        }
    }

    /// <summary>From the oldest row again that was put back. Projects that may be sent to get theirs now.</summary>
    void Rewind()
    {
        if (_hasNext)
        {
            store.Defer(_next.Sequence);
            _hasNext = false;
        }
        foreach (var lane in _deferral.End())
        {
            _late.Resume(lane.Key);
        }
        store.Rewind();
        _isDry = false;
        _firstAt = 0; // overdue
    }

    /// <summary>A wall clock that was set back since makes no row younger than new.</summary>
    long Timestamp(long ticks) =>
        _clock.Before(_clock.GetTimestamp(), TimeSpan.FromTicks(Math.Max(0, _clock.GetUtcNow().UtcTicks - ticks)));
}
