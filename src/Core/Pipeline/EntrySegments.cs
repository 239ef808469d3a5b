using System.Runtime.CompilerServices;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Pipeline;

/// <summary>
/// Entries in the order of their calls: many write, one reads. What a channel does, in arrays that are used again: its segments grow with the backlog and are
/// thrown away once read, which costs the caller more than everything else about an event.
/// </summary>
sealed class EntrySegments
{
    // Below the size from which arrays live in the large object heap.
    const int SegmentEntries = 256;

    // For 32,000 events at most. Beyond, a burst is over some day and its memory goes back.
    const int MostKept = 128;

    readonly int _kept;

    // Under the lock: writers, and the reader when it is done with a segment.
    readonly object _lock = new();
    Segment _tail;
    Segment? _free;
    int _freeCount;
    bool _isCompleted;

    // The reader's.
    Segment _head;
    int _next;

    /// <param name="keptBytes">What segments may take that wait to be used again.</param>
    public EntrySegments(long keptBytes)
    {
        _kept = (int)Math.Clamp(keptBytes / (SegmentEntries * Unsafe.SizeOf<Entry>()), 1, MostKept);
        _head = _tail = new Segment();
    }

    /// <summary>False: completed.</summary>
    public bool TryWrite(in Entry entry)
    {
        lock (_lock)
        {
            if (_isCompleted)
            {
                return false;
            }
            var tail = _tail;
            if (tail.Written == SegmentEntries)
            {
                tail = Rent();
                Volatile.Write(ref _tail.Next, tail);
                _tail = tail;
            }
            tail.Entries[tail.Written] = entry;
            Volatile.Write(ref tail.Written, tail.Written + 1); // from here on the reader sees it
        }
        return true;
    }

    public bool IsCompleted
    {
        get
        {
            lock (_lock)
            {
                return _isCompleted;
            }
        }
    }

    public void Complete()
    {
        lock (_lock)
        {
            _isCompleted = true;
        }
    }

    public bool TryRead(out Entry entry)
    {
        if (!HasNext())
        {
            entry = default;
            return false;
        }
        ref var slot = ref _head.Entries[_next++];
        entry = slot;
        slot = default; // a segment that waits must not keep what it held
        return true;
    }

    public bool TryPeek(out Entry entry)
    {
        var hasNext = HasNext();
        entry = hasNext ? _head.Entries[_next] : default;
        return hasNext;
    }

    bool HasNext()
    {
        if (_next == SegmentEntries && Volatile.Read(ref _head.Next) is { } next)
        {
            var done = _head;
            (_head, _next) = (next, 0);
            Return(done);
        }
        return _next < Volatile.Read(ref _head.Written);
    }

    Segment Rent()
    {
        if (_free is not { } segment)
        {
            return new Segment();
        }
        _free = segment.Next;
        _freeCount--;
        segment.Next = null;
        segment.Written = 0;
        return segment;
    }

    void Return(Segment segment)
    {
        lock (_lock)
        {
            if (_freeCount < _kept)
            {
                segment.Next = _free;
                _free = segment;
                _freeCount++;
            }
        }
    }

    sealed class Segment
    {
        public readonly Entry[] Entries = new Entry[SegmentEntries];
        public int Written;
        public Segment? Next;
    }
}
