using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
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

    // Under the lock.
    Segment _tail;
    Segment? _free;
    int _freeCount;

    // The reader's.
    Segment _head;
    Position _at;

    /// <param name="keptBytes">What segments may take that wait to be used again.</param>
    public EntrySegments(long keptBytes)
    {
        _kept = (int)Math.Clamp(keptBytes / (SegmentEntries * Unsafe.SizeOf<Entry>()), 1, MostKept);
        _head = _tail = new Segment();
    }

    /// <summary>Held by whoever writes; the reader takes it only when it is done with a segment.</summary>
    public object Lock { get; } = new();

    /// <summary>Under the lock.</summary>
    public void Add(in Entry entry, long now)
    {
        var tail = _tail;
        if (tail.Written == SegmentEntries)
        {
            var next = Rent();
            Volatile.Write(ref tail.Next, next);
            _tail = tail = next;
        }
        ref var slot = ref tail.Entries[tail.Written];
        slot = entry;
        slot.AcceptedAt = now;
        Volatile.Write(ref tail.Written, tail.Written + 1); // from here on the reader sees it
    }

    public bool TryRead(out Entry entry)
    {
        if (!HasNext())
        {
            entry = default;
            return false;
        }
        ref var slot = ref _head.Entries[_at.Next++];
        entry = slot;
        slot = default; // a segment that waits must not keep what it held
        return true;
    }

    public bool TryPeek(out Entry entry)
    {
        var hasNext = HasNext();
        entry = hasNext ? _head.Entries[_at.Next] : default;
        return hasNext;
    }

    bool HasNext()
    {
        if (_at.Next < _at.Written)
        {
            return true; // without a look at what the writers are just changing
        }
        if (_at.Next == SegmentEntries && Volatile.Read(ref _head.Next) is { } next)
        {
            var done = _head;
            (_head, _at.Next) = (next, 0);
            Return(done);
        }
        _at.Written = Volatile.Read(ref _head.Written);
        return _at.Next < _at.Written;
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
        lock (Lock)
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

    /// <summary>Where the reader is, and how far it may go. Changed with each entry, so apart from what writers touch: they would wait for each other's cache line.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    struct Position
    {
        [FieldOffset(128)]
        public int Next;
        [FieldOffset(132)]
        public int Written;
    }
}
