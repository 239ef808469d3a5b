using Braintrust.Logging.Session;

namespace Braintrust.Logging.Spool;

/// <summary>Which records are where and in what state. Shared by the writer, the reader and whoever asks for the counts; every member holds the one lock for a moment, and none touches the disk.</summary>
sealed class SpoolIndex
{
    /// <summary>Own records count up from here; what was adopted is older and has lower numbers.</summary>
    public const long FirstOwn = 1L << 60;

    readonly object _lock = new();
    readonly SegmentList _adopted = new();
    readonly SegmentList _own = new();
    readonly Queue<SpoolNews> _news = [];
    readonly Queue<byte[]> _damage = [];

    long _nextAdopted;
    long _rows, _bytes, _unread;
    bool _isParked;

    // ---- counts --------------------------------------------------------------------------------------------------------------------

    public long Rows => Interlocked.Read(ref _rows);

    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Those that a read would find now: none while a file cannot be read.</summary>
    public long Unread => IsParked ? 0 : Interlocked.Read(ref _unread);

    public bool HasUnread => Interlocked.Read(ref _unread) > 0;

    /// <summary>A file could not be read, and is not tried again yet.</summary>
    public bool IsParked => Volatile.Read(ref _isParked);

    public long OldestTicks
    {
        get
        {
            lock (_lock)
            {
                var oldest = long.MaxValue;
                foreach (var segment in _adopted.All)
                {
                    oldest = Math.Min(oldest, segment.OldestTicks);
                }
                foreach (var segment in _own.All)
                {
                    oldest = Math.Min(oldest, segment.OldestTicks);
                }
                return oldest;
            }
        }
    }

    public void AddBytes(long bytes)
    {
        lock (_lock)
        {
            _bytes += bytes;
        }
    }

    public void Tell(SpoolNewsKind kind, ProjectKey? project, long rows, long bytes, string message)
    {
        lock (_lock)
        {
            _news.Enqueue(new SpoolNews(kind, project, rows, bytes, message));
        }
    }

    public bool HasNews
    {
        get
        {
            lock (_lock)
            {
                return _news.Count > 0;
            }
        }
    }

    public bool TryTakeNews(out SpoolNews news)
    {
        lock (_lock)
        {
            return _news.TryDequeue(out news);
        }
    }

    /// <summary>Damaged bytes that the reader came across, for the writer to set aside.</summary>
    public bool TryTakeDamage([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out byte[]? damage)
    {
        lock (_lock)
        {
            return _damage.TryDequeue(out damage);
        }
    }

    // ---- segments, by the writer ---------------------------------------------------------------------------------------------------

    public void AddOwn(SpoolSegment segment)
    {
        lock (_lock)
        {
            segment.Home.Open++;
            _own.Add(segment);
            _bytes += segment.Length;
        }
    }

    /// <summary>Where the sequences of a segment that is adopted begin.</summary>
    public long TakeAdoptedBase(int count)
    {
        lock (_lock)
        {
            var first = _nextAdopted;
            _nextAdopted += count;
            return first;
        }
    }

    /// <summary>
    /// Takes in a segment that was looked through; its bytes were counted when its home was adopted. At once: whoever reads its rows has heard of them, and whoever has heard of them can read them.
    /// </summary>
    public void AddAdopted(SpoolSegment segment, IReadOnlyDictionary<ProjectKey, int> projects)
    {
        lock (_lock)
        {
            foreach (var (project, rows) in projects)
            {
                _news.Enqueue(new SpoolNews(SpoolNewsKind.Adopted, project, rows, 0, SpoolText.Adopted));
            }
            segment.Home.Open++;
            segment.Unread = segment.PendingCount;
            _adopted.Add(segment);
            _rows += segment.PendingCount;
            _unread += segment.PendingCount;
        }
    }

    /// <summary>A group was written whole.</summary>
    public void Committed(SpoolSegment segment, int count, long bytes, List<(long Sequence, long Ticks)> times)
    {
        lock (_lock)
        {
            foreach (var (sequence, ticks) in times)
            {
                if (segment.Times.Count == 0 || ticks - segment.Times[^1].Ticks >= TimeSpan.TicksPerSecond)
                {
                    segment.Times.Add(((int)(sequence - segment.Base), ticks));
                }
            }
            for (var i = segment.Count; i < segment.Count + count; i++)
            {
                segment.Pending[i] = true;
            }
            segment.FirstPending = segment.PendingCount == 0 ? segment.Count : segment.FirstPending;
            segment.Count += count;
            segment.PendingCount += count;
            segment.Length += bytes;
            _bytes += bytes;
            _rows += count;
            AddUnread(segment, count);
        }
    }

    /// <summary>A group may be in the file, or parts of it, and does not count: nobody must read it, now or later.</summary>
    public void Voided(SpoolSegment segment, int count)
    {
        lock (_lock)
        {
            segment.Unnoted.Add(new RowRange(segment.Count, count));
            segment.Count += count;
            segment.IsSealed = true;
        }
    }

    /// <summary>Records that were lost before the segment was ours.</summary>
    public void NoteLost(SpoolSegment segment, List<int> rows)
    {
        lock (_lock)
        {
            foreach (var row in rows)
            {
                RowRange.Add(segment.Unnoted, new RowRange(row, 1));
            }
        }
    }

    public void Seal(SpoolSegment segment)
    {
        lock (_lock)
        {
            segment.IsSealed = true;
        }
    }

    /// <summary>
    /// What was settled since the last call and segments that are done, in the order of their records. All of it is of one instant, so of several writes of one row the
    /// later ones are never in it without the earlier ones.
    /// </summary>
    public List<SettledPart> TakeSettled()
    {
        var parts = new List<SettledPart>();
        lock (_lock)
        {
            foreach (var segment in _adopted.All.Concat(_own.All))
            {
                if (segment.IsGone ? segment.PendingCount == 0 : segment is { IsSealed: true, PendingCount: 0 } || segment.Unnoted.Count > 0)
                {
                    parts.Add(new SettledPart(segment, segment.Unnoted, segment is { IsSealed: true, PendingCount: 0 }));
                    segment.Unnoted = [];
                }
            }
        }
        return parts;
    }

    /// <summary>It could not be noted.</summary>
    public void PutBack(SettledPart part)
    {
        lock (_lock)
        {
            part.Segment.Unnoted.AddRange(part.Ranges);
        }
    }

    /// <summary>A segment whose files are removed, and with it whatever of it the reader does not hold.</summary>
    public void Remove(SpoolSegment segment)
    {
        lock (_lock)
        {
            if (!segment.IsGone)
            {
                segment.IsGone = segment.IsSealed = true;
                segment.Home.Open--;
                _bytes -= segment.Length + segment.NotesLength;
            }
            if (segment.PendingCount == 0)
            {
                ListOf(segment.Base).Remove(segment);
            }
        }
    }

    /// <summary>The oldest segment that has a file.</summary>
    public SpoolSegment? Oldest()
    {
        lock (_lock)
        {
            return _adopted.Oldest ?? _own.Oldest;
        }
    }

    /// <summary>Gives up what the reader does not hold. The bits are of what was given up.</summary>
    public (RowBits Bits, int Count) GiveUp(SpoolSegment segment)
    {
        lock (_lock)
        {
            var given = new RowBits();
            var count = 0;
            for (var i = segment.Pending.FirstFrom(0); i >= 0; i = segment.Pending.FirstFrom(i + 1))
            {
                if (!segment.Held[i])
                {
                    given[i] = true;
                    segment.Pending[i] = false;
                    count++;
                }
            }
            AddUnread(segment, -segment.Unread);
            segment.Deferred = 0;
            segment.IsSealed = true;
            segment.PendingCount -= count;
            _rows -= count;
            return (given, count);
        }
    }

    /// <summary>How much of what was adopted the reader has still before it.</summary>
    public long UnreadAdoptedBytes()
    {
        lock (_lock)
        {
            return _adopted.UnreadBytes;
        }
    }

    /// <summary>What could not be read is tried again.</summary>
    public void Unpark() => Volatile.Write(ref _isParked, false);

    // ---- records, by the reader ----------------------------------------------------------------------------------------------------

    /// <summary>Where to read next. Null: there is nothing.</summary>
    public ReadPlace? NextPlace()
    {
        lock (_lock)
        {
            return _isParked ? null : _adopted.NextPlace() ?? _own.NextPlace();
        }
    }

    /// <summary>The reader came to a record. True: it is to be given out, and is held from now on. What should have come before it and did not is lost.</summary>
    public bool Reached(SpoolSegment segment, int index, long next, out int lost)
    {
        lock (_lock)
        {
            lost = segment.IsGone ? 0 : Lose(segment, index);
            if (segment.IsGone || index >= segment.Count)
            {
                return false;
            }
            (segment.ReadAt, segment.ReadNext, segment.ReadFailures) = (next, index + 1, 0);
            if (!segment.Pending[index] || segment.Held[index])
            {
                return false;
            }
            segment.Held[index] = true;
            AddUnread(segment, -1);
            return true;
        }
    }

    /// <summary>The reader found no further record before the end, where there should be some. Nothing is lost if more was written since.</summary>
    public int ReachedEnd(SpoolSegment segment, long end)
    {
        lock (_lock)
        {
            if (segment.IsGone || segment.Length != end)
            {
                return 0;
            }
            var lost = Lose(segment, segment.Count);
            (segment.ReadAt, segment.ReadNext) = (end, segment.Count);
            segment.Deferred += segment.Unread; // none, as far as we know: but the reader must not turn on the spot
            AddUnread(segment, -segment.Unread);
            return lost;
        }
    }

    /// <summary>A file could not be read: nothing behind it is either, until it is tried again, since rows go out in their order. True: it failed for the last time and is given up.</summary>
    public bool Park(SpoolSegment segment, int mostFailures)
    {
        lock (_lock)
        {
            _isParked = ++segment.ReadFailures < mostFailures;
            return !_isParked;
        }
    }

    public void KeepDamage(byte[] bytes)
    {
        lock (_lock)
        {
            if (_damage.Count < 16)
            {
                _damage.Enqueue(bytes);
            }
        }
    }

    /// <summary>Where those records stand that were adopted, by segment.</summary>
    public List<(SpoolSegment Segment, List<RowRange> Rows)> AdoptedPlaces(IEnumerable<long> sequences)
    {
        var places = new List<(SpoolSegment Segment, List<RowRange> Rows)>();
        lock (_lock)
        {
            foreach (var sequence in sequences.Where(static sequence => sequence < FirstOwn).Order())
            {
                if (Find(sequence) is not var (segment, index))
                {
                    continue;
                }
                if (places.Count == 0 || places[^1].Segment != segment)
                {
                    places.Add((segment, []));
                }
                RowRange.Add(places[^1].Rows, new RowRange(index, 1));
            }
        }
        return places;
    }

    public bool IsPending(long sequence)
    {
        lock (_lock)
        {
            return Find(sequence) is var (segment, index) && segment.Pending[index];
        }
    }

    public void Settle(long sequence)
    {
        lock (_lock)
        {
            if (Find(sequence) is not var (segment, index) || !segment.Pending[index])
            {
                return;
            }
            if (segment.Held[index])
            {
                segment.Held[index] = false;
            }
            else if (index >= segment.ReadNext)
            {
                AddUnread(segment, -1);
            }
            else
            {
                segment.Deferred--;
            }
            Settle(segment, index);
        }
    }

    public void Defer(long sequence)
    {
        lock (_lock)
        {
            if (Find(sequence) is not var (segment, index) || !segment.Held[index])
            {
                return;
            }
            segment.Held[index] = false;
            if (segment.IsGone)
            {
                Settle(segment, index);
                _news.Enqueue(new SpoolNews(SpoolNewsKind.Evicted, null, 1, 0, SpoolText.Evicted));
            }
            else if (index >= segment.ReadNext)
            {
                AddUnread(segment, 1);
            }
            else
            {
                segment.Deferred++;
            }
        }
    }

    public void Rewind()
    {
        lock (_lock)
        {
            foreach (var segment in _adopted.All.Concat(_own.All))
            {
                if (segment.Deferred > 0)
                {
                    (segment.ReadAt, segment.ReadNext) = (segment.RecordsAt, 0);
                    AddUnread(segment, segment.Deferred);
                    segment.Deferred = 0;
                }
            }
            _adopted.LookAgain();
            _own.LookAgain();
        }
    }

    // ---- parts, under the lock -----------------------------------------------------------------------------------------------------

    int Lose(SpoolSegment segment, int before)
    {
        var lost = 0;
        for (var i = segment.Pending.FirstFrom(segment.ReadNext); i >= 0 && i < before; i = segment.Pending.FirstFrom(i + 1))
        {
            if (!segment.Held[i])
            {
                AddUnread(segment, -1);
                Settle(segment, i);
                lost++;
            }
        }
        return lost;
    }

    void Settle(SpoolSegment segment, int index)
    {
        segment.Pending[index] = false;
        segment.PendingCount--;
        _rows--;
        RowRange.Add(segment.Unnoted, new RowRange(index, 1));
    }

    void AddUnread(SpoolSegment segment, int count)
    {
        segment.Unread += count;
        _unread += count;
        if (count > 0 && segment.Unread == count)
        {
            ListOf(segment.Base).LookAgain();
        }
    }

    (SpoolSegment Segment, int Index)? Find(long sequence) => ListOf(sequence).Find(sequence);

    SegmentList ListOf(long sequence) => sequence >= FirstOwn ? _own : _adopted;
}

/// <summary>What was settled in a segment.</summary>
readonly record struct SettledPart(SpoolSegment Segment, List<RowRange> Ranges, bool IsDone);
