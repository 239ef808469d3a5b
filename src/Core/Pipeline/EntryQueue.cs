using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Pipeline;

/// <summary>
/// The one queue between callers and its one reader: bounded by rows and bytes, never blocking. Flush markers and beginnings of spans travel in
/// it too, so that order is the order of calls.
/// </summary>
/// <param name="options">Its bounds, and the clock.</param>
/// <param name="ledger">Keeps the bounds.</param>
/// <param name="readerBell">Of a thread that reads; null: the loop reads.</param>
sealed class EntryQueue(DeliveryOptions options, Ledger ledger, AutoResetEvent? readerBell = null)
{
    // Callers write, one reads. The bound is the ledger's, so that markers are never refused and bytes count too.
    readonly EntrySegments _entries = new(options.QueueLimitBytes / 32);
    readonly Bell _bell = new();

    // Kept for roots, errors and ends of spans: a trace without its root helps nobody.
    readonly long _reservedRows = options.QueueLimit / 16;
    readonly long _reservedBytes = options.QueueLimitBytes / 16;

    // Under the entries' lock, which writers hold as long as it takes to count an entry and to copy it, and the reader before and after its sleep. Nothing waits under it.
    long _written;
    long _begun;
    long _flushes;
    long _wakeAt = long.MaxValue;
    bool _isIdle;
    bool _isCompleted;

    // The reader's.
    Done _read;

    /// <summary>Rows waiting to be read; markers and beginnings do not count.</summary>
    public long WaitingRows => Volatile.Read(ref _written) - _read.Rows;

    /// <summary>Large rows fill the queue long before they are many.</summary>
    public bool HasManyBytes => ledger.UnreadBytes > options.QueueLimitBytes / 4;

    /// <summary>Takes a row in, or says why not.</summary>
    public bool TryWrite(in Entry entry, bool privileged, [NotNullWhen(false)] out string? reason)
    {
        var (rows, bytes) = privileged ? (0, 0) : (_reservedRows, _reservedBytes);
        var now = TimeOf(entry);
        var isAwaited = false;
        lock (_entries.Lock)
        {
            reason = _isCompleted ? LossReasons.Closed
                : ledger.TryEnter(entry.Size, options.QueueLimit - rows, options.QueueLimitBytes - bytes) ? null
                : LossReasons.QueueFull;
            if (reason is null)
            {
                Volatile.Write(ref _written, _written + 1); // first: nobody has read more than was written
                _entries.Add(entry, now);
                isAwaited = _wakeAt != long.MaxValue && (_written >= _wakeAt || HasManyBytes) && Wake();
            }
        }
        if (reason is not null)
        {
            ledger.TurningAway(reason);
            return false;
        }
        if (isAwaited)
        {
            Ring();
        }
        return true;
    }

    // Before the lock: the clock costs three times as much as the lock does.
    long TimeOf(in Entry entry) => entry.AcceptedAt != 0 ? entry.AcceptedAt : options.Clock.GetTimestamp();

    /// <summary>How many flush markers were written.</summary>
    public long Flushes => Volatile.Read(ref _flushes);

    /// <summary>Takes in what is no row and does not count: a flush marker unless the end has come, the beginning of a span as long as there is room.</summary>
    public bool TryWriteMarker(in Entry entry)
    {
        var now = TimeOf(entry);
        bool isAwaited;
        lock (_entries.Lock)
        {
            if (_isCompleted || (entry.Kind == EntryKind.SpanBegin && !MayBegin()))
            {
                return false; // the end of what may not begin, if that is taken, says it all
            }
            ledger.EnterBeside(entry.Size);
            _entries.Add(entry, now);
            if (entry.Kind == EntryKind.Flush)
            {
                Volatile.Write(ref _flushes, _flushes + 1); // after: who counts it finds it
            }
            isAwaited = (entry.Kind == EntryKind.Flush || _isIdle) && Wake();
        }
        if (isAwaited)
        {
            Ring();
        }
        return true;
    }

    /// <summary>Beginnings are no rows, but what they hold is memory all the same.</summary>
    bool MayBegin()
    {
        if (_begun - Volatile.Read(ref _read.Beginnings) >= options.QueueLimit
            || ledger.ResidentRows >= options.QueueLimit - _reservedRows
            || ledger.ResidentBytes >= options.QueueLimitBytes - _reservedBytes)
        {
            return false;
        }
        _begun++;
        return true;
    }

    public Urgency Urgency { get; } = new();

    /// <summary>What is queued should leave now, whatever the mode.</summary>
    public void Hurry()
    {
        Urgency.Raise();
        Ring();
    }

    public void Ring()
    {
        if (readerBell is null)
        {
            _bell.Ring();
        }
        else
        {
            readerBell.Set();
        }
    }

    /// <summary>Nothing more comes in.</summary>
    public bool IsCompleted
    {
        get
        {
            lock (_entries.Lock)
            {
                return _isCompleted;
            }
        }
    }

    public void Complete()
    {
        lock (_entries.Lock)
        {
            _isCompleted = true;
        }
        Ring();
    }

    public bool TryRead(out Entry entry)
    {
        if (!_entries.TryRead(out entry))
        {
            return false;
        }
        if (entry.Kind is not (EntryKind.Flush or EntryKind.SpanBegin))
        {
            _read.Rows++;
            ledger.Reading(entry.Size);
        }
        else if (entry.Kind == EntryKind.SpanBegin)
        {
            ledger.LeaveBeside(entry.Size);
            Volatile.Write(ref _read.Beginnings, _read.Beginnings + 1);
        }
        return true;
    }

    public bool TryPeek(out Entry entry) => _entries.TryPeek(out entry);

    /// <summary>Waits for the bell. It is rung by a timer, an answer, a flush, and by the row that makes so many unread ones.</summary>
    /// <param name="untilRows">How many rows are worth waking for.</param>
    /// <param name="isIdle">Nothing stands here: a beginning wakes too.</param>
    public async ValueTask WaitAsync(long untilRows, bool isIdle)
    {
        if (!Arm(untilRows, isIdle))
        {
            await _bell.WaitAsync().ConfigureAwait(false);
        }
        _bell.Still();
        Disarm();
    }

    /// <summary>The same for a thread of its own, which needs nothing of the pool: there, a timer would not fire when it is wanted most.</summary>
    public void Wait(long untilRows, bool isIdle, TimeSpan atMost)
    {
        if (!Arm(untilRows, isIdle) && atMost > TimeSpan.Zero)
        {
            readerBell!.WaitOne(atMost);
        }
        Disarm();
    }

    /// <returns>Whether so many came before they would have rung.</returns>
    bool Arm(long untilRows, bool isIdle)
    {
        lock (_entries.Lock)
        {
            _wakeAt = untilRows == long.MaxValue ? untilRows : _read.Rows + untilRows;
            _isIdle = isIdle;
            return _written >= _wakeAt || (untilRows != long.MaxValue && WaitingRows > 0 && HasManyBytes) || (isIdle && _entries.TryPeek(out _));
        }
    }

    void Disarm()
    {
        lock (_entries.Lock)
        {
            Wake();
        }
    }

    /// <summary>Nobody else need ring: one is enough. Under the lock.</summary>
    bool Wake()
    {
        _wakeAt = long.MaxValue;
        _isIdle = false;
        return true;
    }

    /// <summary>What the reader has taken. Changed with each entry, so apart from what writers touch: they would wait for each other's cache line.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    struct Done
    {
        [FieldOffset(128)]
        public long Rows;
        [FieldOffset(136)]
        public long Beginnings;
    }
}
