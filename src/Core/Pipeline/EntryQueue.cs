using System.Diagnostics.CodeAnalysis;
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

    long _written;
    long _begins;
    long _wakeAt = long.MaxValue;
    bool _isIdle;
    bool _isUrgent;

    // The reader's.
    long _read;

    /// <summary>Rows waiting to be read; markers and beginnings do not count.</summary>
    public long WaitingRows => Volatile.Read(ref _written) - _read;

    /// <summary>Large rows fill the queue long before they are many.</summary>
    public bool HasManyBytes => ledger.UnreadBytes > options.QueueLimitBytes / 4;

    /// <summary>Takes a row in, or says why not.</summary>
    public bool TryWrite(ref Entry entry, bool privileged, [NotNullWhen(false)] out string? reason)
    {
        entry.AcceptedAt = options.Clock.GetTimestamp();
        var accepted = privileged
            ? ledger.TryAccept(entry.Size, options.QueueLimit, options.QueueLimitBytes)
            : ledger.TryAccept(entry.Size, options.QueueLimit - _reservedRows, options.QueueLimitBytes - _reservedBytes);
        if (!accepted)
        {
            reason = LossReasons.QueueFull;
            ledger.Refusing(reason);
            return false;
        }

        var written = Interlocked.Increment(ref _written);
        if (!_entries.TryWrite(entry))
        {
            Interlocked.Decrement(ref _written);
            reason = LossReasons.Closed;
            ledger.Withdrawing(entry.Size, reason);
            return false;
        }
        var wakeAt = Volatile.Read(ref _wakeAt);
        if (written >= wakeAt || (wakeAt != long.MaxValue && HasManyBytes))
        {
            Wake();
        }
        reason = null;
        return true;
    }

    /// <summary>Takes in what is no row: it does not count, and is refused only after the end.</summary>
    public bool TryWriteMarker(Entry entry)
    {
        entry.AcceptedAt = options.Clock.GetTimestamp();
        if (entry.Kind == EntryKind.SpanBegin && !MayBegin())
        {
            return false; // its end, if that is taken, says it all
        }
        if (!_entries.TryWrite(entry))
        {
            return false;
        }
        ledger.Standing(entry.Size);
        if (entry.Kind == EntryKind.Flush || Volatile.Read(ref _isIdle))
        {
            Wake();
        }
        return true;
    }

    /// <summary>Beginnings are no rows, but what they hold is memory all the same.</summary>
    bool MayBegin()
    {
        if (Interlocked.Increment(ref _begins) <= options.QueueLimit
            && ledger.ResidentRows < options.QueueLimit - _reservedRows
            && ledger.ResidentBytes < options.QueueLimitBytes - _reservedBytes)
        {
            return true;
        }
        Interlocked.Decrement(ref _begins);
        return false;
    }

    /// <summary>What is queued should leave now, whatever the mode.</summary>
    public void Hurry()
    {
        Volatile.Write(ref _isUrgent, true);
        Ring();
    }

    public bool IsUrgent => Volatile.Read(ref _isUrgent);

    /// <summary>Whether it is urgent, for the one who reads everything next.</summary>
    public bool TakeUrgency()
    {
        var wasUrgent = IsUrgent;
        if (wasUrgent)
        {
            Hurried();
        }
        return wasUrgent;
    }

    /// <summary>For the reader, once it has read all there is.</summary>
    public void Hurried() => Volatile.Write(ref _isUrgent, false);

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
    public bool IsCompleted => _entries.IsCompleted;

    public void Complete()
    {
        _entries.Complete();
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
            _read++;
            ledger.Holding(entry.Size);
        }
        else if (entry.Kind == EntryKind.SpanBegin)
        {
            ledger.Standing(-entry.Size);
            Interlocked.Decrement(ref _begins);
        }
        return true;
    }

    public bool TryPeek(out Entry entry) => _entries.TryPeek(out entry);

    /// <summary>Waits for the bell. It is rung by a timer, an answer, a flush, and by the row that makes so many unread ones.</summary>
    /// <param name="untilRows">How many rows are worth waking for; with 1 the loop is idle and a beginning wakes it too.</param>
    public async ValueTask WaitAsync(long untilRows)
    {
        if (!Arm(untilRows))
        {
            await _bell.WaitAsync().ConfigureAwait(false);
        }
        _bell.Still();
        Disarm();
    }

    /// <summary>The same for a thread of its own, which needs nothing of the pool: there, a timer would not fire when it is wanted most.</summary>
    public void Wait(long untilRows, TimeSpan atMost)
    {
        if (!Arm(untilRows) && atMost > TimeSpan.Zero)
        {
            readerBell!.WaitOne(atMost);
        }
        Disarm();
    }

    /// <returns>Whether so many came before they would have rung.</returns>
    bool Arm(long untilRows)
    {
        Volatile.Write(ref _wakeAt, untilRows == long.MaxValue ? untilRows : _read + untilRows);
        Volatile.Write(ref _isIdle, untilRows == 1);
        Interlocked.MemoryBarrier();
        return Volatile.Read(ref _written) >= Volatile.Read(ref _wakeAt) || (untilRows != long.MaxValue && WaitingRows > 0 && HasManyBytes) || (untilRows == 1 && _entries.TryPeek(out _));
    }

    void Disarm()
    {
        Volatile.Write(ref _wakeAt, long.MaxValue);
        Volatile.Write(ref _isIdle, false);
    }

    void Wake()
    {
        Volatile.Write(ref _wakeAt, long.MaxValue); // one ring is enough
        Volatile.Write(ref _isIdle, false);
        Ring();
    }
}
