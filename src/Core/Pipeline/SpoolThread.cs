using System.Diagnostics;
using Braintrust.Logging.Attachments;
using Braintrust.Logging.Rows;
using Braintrust.Logging.Spool;

namespace Braintrust.Logging.Pipeline;

/// <summary>
/// Between the queue and the loop, with a spool: writes rows and commits them to disk in groups, the first at once and others at most ten times a second. A thread of
/// its own, since the pool may be exhausted when it matters most; for the same reason its waits are real time.
/// </summary>
sealed class SpoolThread : IRowTaker
{
    // From one commit to the next: well below the half second that is promised.
    static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan WithRows = TimeSpan.FromSeconds(1);
    static readonly TimeSpan WithoutRows = TimeSpan.FromSeconds(2);

    // What a group holds in memory beside the queue, twice: as text, and as it goes to disk.
    const int LargestGroup = 1024 * 1024;
    const int SmallestGroup = 16 * 1024;

    readonly DeliveryOptions _options;
    readonly int _groupBytes;
    readonly EntryQueue _queue;
    readonly AutoResetEvent _bell;
    readonly SpoolStore _store;
    readonly Ledger _ledger;
    readonly Handover _handover;
    readonly Keepsakes _keepsakes;
    readonly Sources _sources;
    readonly EntryWriter _writer;
    readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Under the lock: reading the queue, the group that is not committed yet, and whether the loop has taken both over.
    readonly object _reading = new();
    readonly List<GroupedRow> _group = [];
    readonly List<MemoryRow> _next = []; // written, and too much for this group
    bool _isAbandoned;

    // The thread's own.
    readonly GroupText _text = new();
    long _openSince = long.MaxValue;
    long _committedAt;
    long _maintainedAt;

    // The thread's own, read by the loop.
    long _atDiskSince; // 0: it is not

    // Written by the loop.
    bool _isLoopOver;

    public SpoolThread(DeliveryOptions options, EntryQueue queue, AutoResetEvent bell, SpoolStore store, RowComposer composer, Ledger ledger, Handover handover, Keepsakes keepsakes, Sources sources)
    {
        _options = options;
        _groupBytes = (int)Math.Min(Math.Clamp(options.QueueLimitBytes / 64, SmallestGroup, LargestGroup), Math.Max(1, options.SpoolLimitBytes / 4));
        _queue = queue;
        _bell = bell;
        _store = store;
        _ledger = ledger;
        _handover = handover;
        _keepsakes = keepsakes;
        _sources = sources;
        _writer = new EntryWriter(composer, this, ledger, options.Clock);
        new Thread(Run) { IsBackground = true, Name = "Braintrust spool" }.UnsafeStart();
    }

    /// <summary>When all that was accepted before the end is on disk, or in the loop's hands.</summary>
    public Task Drained => _drained.Task;

    /// <summary>For how long it has waited for one answer of the disk, rather than for a processor. Zero: it does not.</summary>
    public TimeSpan TimeAtDisk
    {
        get
        {
            var now = _store.DiskTime.GetTimestamp(); // first: whoever is held up in between must not take its own pause for the disk's
            var since = Volatile.Read(ref _atDiskSince);
            return since == 0 || since > now ? TimeSpan.Zero : _store.DiskTime.GetElapsedTime(since, now);
        }
    }

    /// <summary>When the files are given up.</summary>
    public Task Released => _released.Task;

    /// <summary>The loop has ended: nothing more is settled.</summary>
    public void End()
    {
        Volatile.Write(ref _isLoopOver, true);
        _bell.Set();
    }

    /// <summary>Takes over what is not committed: the disk had its time. Should it take the group after all, the next process sends it.</summary>
    public (IReadOnlyList<Entry> OnTheirWay, IReadOnlyList<Entry> Left) Abandon()
    {
        lock (_reading)
        {
            _isAbandoned = true;
            var onTheirWay = _group.ConvertAll(static row => row.Row.Entry);
            var left = _next.ConvertAll(static row => row.Entry);
            _group.Clear();
            _next.Clear();
            while (_queue.TryRead(out var entry))
            {
                left.Add(entry);
            }
            return (onTheirWay, left);
        }
    }

    void Run()
    {
        while (true)
        {
            try
            {
                var isEnd = _queue.IsCompleted; // asked first: what stands in the queue now is all there will be
                WriteAll(isEnd);
                Maintain();
                if (isEnd)
                {
                    break;
                }
                Wait();
            }
            catch (Exception error) // a bug: stay alive, say so, and do not spin
            {
                BraintrustDiagnostics.Warn("spool", $"The thread that writes to disk met {error}", 1);
                _bell.WaitOne(WithRows);
            }
        }
        _handover.Complete();
        _drained.TrySetResult();
        while (!Volatile.Read(ref _isLoopOver))
        {
            Maintain();
            _bell.WaitOne(WithRows);
        }
        _writer.Dispose();
        _store.Maintain(); // what was settled and buried at last
        _store.Dispose();
        _released.TrySetResult();
    }

    bool AreOpenForLong => _openSince != long.MaxValue && _options.Clock.GetElapsedTime(_openSince) >= _options.Period;

    void WriteAll(bool isEnd)
    {
        var isUrgent = _queue.Urgency.Take(); // first: what made it urgent stands in the queue by now
        for (var hasMore = true; hasMore;)
        {
            FlushRequest? flush;
            lock (_reading)
            {
                if (_isAbandoned)
                {
                    return;
                }
                hasMore = Gather(out flush);
                if (flush is not null || (!hasMore && (isEnd || isUrgent)) || AreOpenForLong)
                {
                    _writer.WriteOpenSpans();
                    _openSince = long.MaxValue;
                }
            }
            Commit();
            while (TakeNext())
            {
                Commit();
            }
            Maintain(); // here too: rows may come as fast as the disk takes them, for ever
            if (flush is not null)
            {
                _handover.Flush(flush);
            }
        }
        if (isUrgent)
        {
            _handover.Hurry();
        }
    }

    /// <summary>Writes rows into the group, up to a marker or as many as a group takes.</summary>
    /// <returns>Whether there may be more.</returns>
    bool Gather(out FlushRequest? flush)
    {
        flush = null;
        while (_text.Length < _groupBytes && _next.Count == 0)
        {
            if (!_queue.TryRead(out var entry))
            {
                return false;
            }
            switch (entry.Kind)
            {
                case EntryKind.Flush:
                    flush = (FlushRequest)entry.Payload;
                    return true;
                case EntryKind.SpanBegin:
                    _openSince = Math.Min(_openSince, entry.AcceptedAt);
                    _writer.Begin((BraintrustSpan)entry.Payload);
                    break;
                default:
                    _writer.Write(entry);
                    break;
            }
        }
        return true;
    }

    void IRowTaker.Take(in Entry entry, RowRole role, ReadOnlySpan<byte> json, AttachmentReference[] attachments)
    {
        var follows = role == RowRole.Update || (role == RowRole.End && SpanOf(entry) is { OpenWrite: not null });
        if (_next.Count > 0 || !HasRoom(json.Length))
        {
            _next.Add(new MemoryRow(entry, role, follows, json.ToArray(), attachments));
            return;
        }
        Group(new MemoryRow(entry, role, follows, default, attachments), json);
    }

    /// <summary>A group that is larger than the spool may be would be refused as a whole.</summary>
    bool HasRoom(int bytes) => _group.Count == 0 || _text.Length + bytes <= _groupBytes;

    /// <summary>Begins the next group with what was too much for the one before.</summary>
    bool TakeNext()
    {
        lock (_reading)
        {
            var taken = 0;
            while (!_isAbandoned && taken < _next.Count && HasRoom(_next[taken].Json.Length))
            {
                var row = _next[taken++];
                Group(row, row.Json.Span);
            }
            _next.RemoveRange(0, taken);
            return taken > 0;
        }
    }

    void Group(in MemoryRow row, ReadOnlySpan<byte> json)
    {
        var entry = row.Entry;
        var record = new SpoolRecord
        {
            Project = entry.Logger.Key,
            Id = entry.RowId,
            Follows = row.Follows,
            AcceptedTicks = (_options.Clock.GetUtcNow() - _options.Clock.GetElapsedTime(entry.AcceptedAt)).UtcTicks,
            Source = _sources.NumberOf(entry.FrontEnd),
            Json = _text.Add(json),
        };
        _group.Add(new GroupedRow(row with { Json = record.Json }, _store.Append(record)));
    }

    void IRowTaker.Lose(in Entry entry, Exception error) => _group.Add(new GroupedRow(new MemoryRow(entry, RowRole.Whole, false, default, [], error), 0));

    void Commit()
    {
        if (_group.Count == 0)
        {
            return;
        }
        Volatile.Write(ref _atDiskSince, _store.DiskTime.GetTimestamp());
        var isOnDisk = _store.Commit();
        Volatile.Write(ref _atDiskSince, 0);
        if (_store.HasNews) // the oldest made way, and are to be told of
        {
            _handover.Ring();
        }
        _committedAt = Stopwatch.GetTimestamp();
        lock (_reading)
        {
            if (!_isAbandoned)
            {
                HandOver(isOnDisk);
                _group.Clear();
            }
        }
        _text.Clear();
    }

    void HandOver(bool isOnDisk)
    {
        var (rows, last, firstAt) = (0, 0L, long.MaxValue);
        foreach (var (row, sequence) in _group)
        {
            if (!isOnDisk || row.Failure is not null)
            {
                _handover.Keep(Kept(row));
                continue;
            }
            var keepsake = Keepsake.Of(row.Entry.Confirmation, row.Attachments);
            if (keepsake is not null)
            {
                _keepsakes.Add(sequence, keepsake);
            }
            _ledger.Spooling(row.Entry.Size - (keepsake?.Size ?? 0));
            rows++;
            last = sequence;
            firstAt = Math.Min(firstAt, row.Entry.AcceptedAt);
        }
        if (rows > 0)
        {
            _handover.Committed(rows, last, firstAt);
        }
    }

    /// <summary>A row that stays in memory weighs what it does as a written one.</summary>
    MemoryRow Kept(in MemoryRow row)
    {
        var kept = row.Owned();
        if (row.Entry.FrontEnd.WatchesLosses)
        {
            return kept;
        }
        var size = MemoryRow.Weight + row.Json.Length + AttachmentReference.Weight(row.Attachments);
        _ledger.Weighing(size - row.Entry.Size);
        return kept with { Entry = kept.Entry with { Size = size } };
    }

    void Maintain()
    {
        var rows = _store.Rows;
        if (_maintainedAt != 0 && Stopwatch.GetElapsedTime(_maintainedAt) < (rows > 0 ? WithRows : WithoutRows))
        {
            return;
        }
        var wasUnreadable = _store.IsUnreadable;
        Volatile.Write(ref _atDiskSince, _store.DiskTime.GetTimestamp());
        _store.Maintain();
        Volatile.Write(ref _atDiskSince, 0);
        _maintainedAt = Stopwatch.GetTimestamp();
        if (_store.Rows != rows || (wasUnreadable && !_store.IsUnreadable)) // adopted or lost, or to be tried again: the loop has to know
        {
            _handover.Ring();
        }
    }

    /// <summary>For the first row; for as many as a batch, or the time that a commit keeps from the one before.</summary>
    void Wait()
    {
        var pause = Pace - Stopwatch.GetElapsedTime(_committedAt);
        if (pause > TimeSpan.Zero)
        {
            _queue.Wait(_options.BatchSizeLimit, isIdle: false, pause);
        }
        else
        {
            _queue.Wait(1, isIdle: true, _store.Rows > 0 || _openSince != long.MaxValue ? WithRows : WithoutRows);
        }
    }

    static BraintrustSpan? SpanOf(in Entry entry) => entry.Payload as BraintrustSpan ?? (entry.Payload as Masking.MaskedRow)?.Span;

    readonly record struct GroupedRow(MemoryRow Row, long Sequence);
}
