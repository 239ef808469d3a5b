using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Braintrust.Logging.Attachments;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Pipeline;

/// <summary>From the thread that writes to disk to the loop, in the order of calls: that rows are on disk, rows that could not go there, and flush markers.</summary>
sealed class Handover
{
    readonly Queue<Handed> _items = []; // under its own lock: a concurrent one that is peeked at keeps what was taken
    readonly Bell _bell = new();
    long _rows;
    long _wakeAt = long.MaxValue;
    long _memoryRows;
    long _memoryBytes;
    bool _isComplete;

    public bool IsEmpty => !TryPeek(out _);

    /// <summary>Rows that could not go to disk.</summary>
    public long MemoryRows => Interlocked.Read(ref _memoryRows);

    public long MemoryBytes => Interlocked.Read(ref _memoryBytes);

    /// <summary>How many rows were ever handed over.</summary>
    public long Rows => Interlocked.Read(ref _rows);

    public Urgency Urgency { get; } = new();

    /// <summary>Nothing more is handed over.</summary>
    public bool IsComplete => Volatile.Read(ref _isComplete);

    public void Ring() => _bell.Ring();

    // ---- the thread that writes ----------------------------------------------------------------------------------------------------

    public void Committed(long rows, long lastSequence, long firstAt)
    {
        Add(new Handed { Rows = rows, LastSequence = lastSequence, FirstAt = firstAt });
        Count(rows);
    }

    public void Keep(in MemoryRow row)
    {
        Interlocked.Increment(ref _memoryRows);
        Interlocked.Add(ref _memoryBytes, row.Entry.Size);
        Add(new Handed { Row = row, FirstAt = row.Entry.AcceptedAt });
        Count(1);
    }

    public void Flush(FlushRequest request)
    {
        Add(new Handed { Flush = request });
        Ring();
    }

    /// <summary>All that was urgent is handed over.</summary>
    public void Hurry()
    {
        Urgency.Raise();
        Ring();
    }

    public void Complete()
    {
        Volatile.Write(ref _isComplete, true);
        Ring();
    }

    void Add(Handed item)
    {
        lock (_items)
        {
            _items.Enqueue(item);
        }
    }

    void Count(long rows)
    {
        if (Interlocked.Add(ref _rows, rows) >= Volatile.Read(ref _wakeAt))
        {
            Volatile.Write(ref _wakeAt, long.MaxValue); // one ring is enough
            Ring();
        }
    }

    // ---- the loop ------------------------------------------------------------------------------------------------------------------

    public bool TryPeek([NotNullWhen(true)] out Handed? item)
    {
        lock (_items)
        {
            return _items.TryPeek(out item);
        }
    }

    public void Take()
    {
        Handed? item;
        lock (_items)
        {
            _items.TryDequeue(out item);
        }
        if (item?.Row is { } row)
        {
            Interlocked.Decrement(ref _memoryRows);
            Interlocked.Add(ref _memoryBytes, -row.Entry.Size);
        }
    }

    /// <param name="untilRows">How many more are worth waking for.</param>
    /// <param name="seen">What <see cref="Rows"/> was when the loop looked last.</param>
    public async ValueTask WaitAsync(long untilRows, long seen)
    {
        Volatile.Write(ref _wakeAt, untilRows == long.MaxValue ? untilRows : seen + untilRows);
        Interlocked.MemoryBarrier();
        if (Rows < Volatile.Read(ref _wakeAt))
        {
            await _bell.WaitAsync().ConfigureAwait(false);
        }
        _bell.Still();
        Volatile.Write(ref _wakeAt, long.MaxValue);
    }
}

/// <summary>One of three: rows on disk, a row in memory, a flush.</summary>
sealed class Handed
{
    public long Rows { get; init; }
    public long LastSequence { get; init; }
    public long FirstAt { get; init; }
    public MemoryRow? Row { get; init; }
    public FlushRequest? Flush { get; init; }
}

/// <summary>A written row that is not on disk.</summary>
/// <param name="Entry">What was written.</param>
/// <param name="Role">What it is to others of its id.</param>
/// <param name="Follows">Whether others of its id came before.</param>
/// <param name="Json">Its text.</param>
/// <param name="Attachments">What it refers to.</param>
/// <param name="Failure">Why there is no text.</param>
readonly record struct MemoryRow(Entry Entry, RowRole Role, bool Follows, ReadOnlyMemory<byte> Json, AttachmentReference[] Attachments, Exception? Failure = null)
{
    /// <summary>What one holds beside its text.</summary>
    public static readonly int Weight = Unsafe.SizeOf<MemoryRow>() + 128;

    /// <summary>With a text of its own, and without what it was made of, unless its front end wants that back.</summary>
    public MemoryRow Owned() => this with { Json = Json.ToArray(), Entry = Entry.FrontEnd.WatchesLosses ? Entry : Entry with { Payload = null!, Error = null, Enrichment = null } };
}
