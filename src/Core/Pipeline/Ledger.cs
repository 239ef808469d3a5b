using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Braintrust.Logging.Pipeline;

/// <summary>
/// Proof that nothing vanishes: accepted = delivered + dropped + resident in memory + resident on disk. Every write has exactly one fate, and each side is counted where
/// it happens, so the sum is a check and no definition.
/// </summary>
sealed class Ledger
{
    readonly ConcurrentDictionary<string, StrongBox<long>> _dropped = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, StrongBox<long>> _withheld = new(StringComparer.Ordinal);

    // Callers count under the queue's lock, the loop in steps of its own; what both would write is in two parts, each in a cache line of its own.
    Weight _entered;
    Weight _otherwise; // mostly what has left, and so below zero
    Weight _read; // the reader's

    long _accepted;
    long _delivered;
    long _retried;

    long _uploaded;
    long _lostUploads;
    long _uploadBytes;

    long _spooledRows;

    public long Accepted => Interlocked.Read(ref _accepted) + Volatile.Read(ref _entered.Rows);
    public long Delivered => Interlocked.Read(ref _delivered);
    public long Retried => Interlocked.Read(ref _retried);
    public long ResidentRows => Volatile.Read(ref _otherwise.Rows) + Volatile.Read(ref _entered.Rows); // in this order: what has left had entered before
    public long ResidentBytes => Volatile.Read(ref _otherwise.Bytes) + Volatile.Read(ref _entered.Bytes);

    /// <summary>Writes that are safe on disk: they weigh nothing in the queue's bounds.</summary>
    public long SpooledRows => Interlocked.Read(ref _spooledRows);

    /// <summary>Attachments are no rows: they have counts of their own, and share only the bound by bytes.</summary>
    public long Uploaded => Interlocked.Read(ref _uploaded);
    public long LostUploads => Interlocked.Read(ref _lostUploads);

    /// <summary>The part of the resident bytes that are attachments of delivered rows.</summary>
    public long UploadBytes => Interlocked.Read(ref _uploadBytes);

    /// <summary>The part of the resident bytes that still stands in the queue.</summary>
    public long UnreadBytes => Volatile.Read(ref _entered.Bytes) - Volatile.Read(ref _read.Bytes);

    public long DroppedRows => _dropped.Values.Sum(count => Interlocked.Read(ref count.Value));

    public IReadOnlyDictionary<string, long> Dropped => Counts(_dropped);

    /// <summary>What the user's own filter and sampler kept back: never offered, so no part of the sum.</summary>
    public IReadOnlyDictionary<string, long> Withheld => Counts(_withheld);

    public void Withholding(string reason) => Interlocked.Increment(ref _withheld.GetOrAdd(reason, static _ => new()).Value);

    /// <summary>Takes a write into the queue if the bounds allow it. Only under the queue's lock.</summary>
    public bool TryEnter(long bytes, long rowLimit, long byteLimit)
    {
        if (ResidentRows >= rowLimit || ResidentBytes + bytes > byteLimit)
        {
            return false;
        }
        Volatile.Write(ref _entered.Rows, _entered.Rows + 1);
        Volatile.Write(ref _entered.Bytes, _entered.Bytes + bytes);
        return true;
    }

    /// <summary>Takes in what is no write and weighs all the same. Only under the queue's lock.</summary>
    public void EnterBeside(long bytes) => Volatile.Write(ref _entered.Bytes, _entered.Bytes + bytes);

    /// <summary>A write that the queue does not take: accepted and dropped.</summary>
    public void TurningAway(string reason)
    {
        Interlocked.Increment(ref _accepted);
        Refusing(reason);
    }

    /// <summary>A write that is made beside the queue, whatever the bounds.</summary>
    public void Adding(long bytes)
    {
        Interlocked.Increment(ref _accepted);
        Interlocked.Increment(ref _otherwise.Rows);
        Interlocked.Add(ref _otherwise.Bytes, bytes);
    }

    /// <summary>The write was taken from the queue. Only by the queue's reader.</summary>
    public void Reading(long bytes) => Volatile.Write(ref _read.Bytes, _read.Bytes + bytes);

    /// <summary>Writes that were taken from the queue are delivered: in one step, since callers look at the same numbers.</summary>
    public void Delivering(ReadOnlySpan<PendingRow> rows)
    {
        var (spooled, bytes) = (0, 0L);
        foreach (ref readonly var row in rows)
        {
            spooled += row.IsSpooled ? 1 : 0;
            bytes += row.Size;
        }
        Interlocked.Add(ref _spooledRows, -spooled);
        Interlocked.Add(ref _otherwise.Rows, spooled - rows.Length);
        Interlocked.Add(ref _otherwise.Bytes, -bytes);
        Interlocked.Add(ref _delivered, rows.Length);
    }

    /// <summary>A write that was taken from the queue ends without delivery.</summary>
    public void Dropping(in PendingRow row, string reason)
    {
        Interlocked.Add(ref _otherwise.Bytes, -row.Size);
        Interlocked.Decrement(ref row.IsSpooled ? ref _spooledRows : ref _otherwise.Rows);
        Refusing(reason);
    }

    /// <summary>A write goes from memory to disk.</summary>
    /// <param name="bytes">What it no longer keeps in memory.</param>
    public void Spooling(long bytes)
    {
        Interlocked.Add(ref _otherwise.Bytes, -bytes);
        Interlocked.Decrement(ref _otherwise.Rows);
        Interlocked.Increment(ref _spooledRows);
    }

    /// <summary>What a write on disk keeps in memory all the same goes, though the write stays.</summary>
    public void Forgetting(long bytes) => Weighing(-bytes);

    /// <summary>What entered beside the writes was taken from the queue, and weighs nothing any more.</summary>
    public void LeaveBeside(long bytes)
    {
        Reading(bytes);
        Interlocked.Add(ref _otherwise.Bytes, -bytes);
    }

    /// <summary>A write that was taken from the queue weighs so much more in another form, or something else is kept outside of the queue.</summary>
    public void Weighing(long bytes) => Interlocked.Add(ref _otherwise.Bytes, bytes);

    /// <summary>Writes of a process that has ended are ours now.</summary>
    public void Adopting(long rows)
    {
        Interlocked.Add(ref _accepted, rows);
        Interlocked.Add(ref _spooledRows, rows);
    }

    /// <summary>Writes on disk are gone.</summary>
    public void DroppingSpooled(long rows, string reason)
    {
        Interlocked.Add(ref _spooledRows, -rows);
        Interlocked.Add(ref DroppedBy(reason), rows);
    }

    /// <summary>A write that never became resident.</summary>
    public void Refusing(string reason) => Interlocked.Increment(ref DroppedBy(reason));

    public void Retrying(int rows) => Interlocked.Add(ref _retried, rows);

    /// <summary>A delivered row leaves bytes behind that are still to be uploaded; with a minus they are gone.</summary>
    public void Uploading(long bytes)
    {
        Interlocked.Add(ref _otherwise.Bytes, bytes);
        Interlocked.Add(ref _uploadBytes, bytes);
    }

    public void FinishingUpload() => Interlocked.Increment(ref _uploaded);

    public void LosingUpload() => Interlocked.Increment(ref _lostUploads);

    static Dictionary<string, long> Counts(ConcurrentDictionary<string, StrongBox<long>> counts) =>
        counts.ToDictionary(pair => pair.Key, pair => Interlocked.Read(ref pair.Value.Value), StringComparer.Ordinal);

    ref long DroppedBy(string reason) => ref _dropped.GetOrAdd(reason, static _ => new()).Value;

    [StructLayout(LayoutKind.Explicit, Size = 256)]
    struct Weight
    {
        [FieldOffset(128)]
        public long Rows;
        [FieldOffset(136)]
        public long Bytes;
    }
}
