namespace Braintrust.Logging.Spool;

/// <summary>
/// Rows on disk, in order: segment files of this client and those it adopted from processes that have ended. One thread writes, one reads; both may be
/// the same or different ones.
/// </summary>
/// <remarks>No member throws for what a disk does. Nothing touches the disk before the first <see cref="Append"/> or <see cref="Maintain"/>.</remarks>
sealed class SpoolStore : IDisposable
{
    // ---- the writer ----------------------------------------------------------------------------------------------------------------

    /// <summary>Takes a record into the group that the next commit writes. Its sequence number is valid if that commit succeeds.</summary>
    public long Append(in SpoolRecord record) => throw new NotImplementedException();

    /// <summary>
    /// Writes what was appended since the last commit, with fsync where that is asked for; from here on it survives, and can be read. False: the disk is no good
    /// right now; nothing of the group counts, the caller keeps the rows in memory, and the store tries again at a later commit.
    /// </summary>
    public bool Commit() => throw new NotImplementedException();

    /// <summary>
    /// Once in a while, and at least every second while rows are on disk: notes on disk what was settled, removes segments that are done, keeps the limit, adopts the segments of
    /// processes that have ended, writes dead letters.
    /// </summary>
    public void Maintain() => throw new NotImplementedException();

    /// <summary>What happened since the last call; for the ledger, by the thread that reads.</summary>
    public bool TryTakeNews(out SpoolNews news) => throw new NotImplementedException();

    // ---- the reader ----------------------------------------------------------------------------------------------------------------

    /// <summary>The next committed record that was neither read nor settled, in order.</summary>
    public bool TryRead(out SpooledRow row) => throw new NotImplementedException();

    /// <summary>Puts a record back that was read: it will be read again after <see cref="Rewind"/>.</summary>
    public void Defer(long sequence) => throw new NotImplementedException();

    /// <summary>Reading begins again at the oldest record that is deferred or unread; what is held by the reader and not settled is passed over.</summary>
    public void Rewind() => throw new NotImplementedException();

    /// <summary>A record that was read has met its fate and is never read again, not even by another process, once <see cref="Maintain"/> has noted it.</summary>
    public void Settle(long sequence) => throw new NotImplementedException();

    /// <summary>Keeps what the service refused, for people to read. Written by the next <see cref="Maintain"/>.</summary>
    public void Bury(DeadLetter letter) => throw new NotImplementedException();

    // ---- anybody -------------------------------------------------------------------------------------------------------------------

    /// <summary>Records on disk that are not settled, those that were read included.</summary>
    public long Rows => throw new NotImplementedException();

    /// <summary>What the files take.</summary>
    public long Bytes => throw new NotImplementedException();

    /// <summary>Committed records that a read would find now.</summary>
    public long Unread => throw new NotImplementedException();

    /// <summary>When the oldest record that is not settled was accepted, UTC ticks; <see cref="long.MaxValue"/>: there is none.</summary>
    public long OldestTicks => throw new NotImplementedException();

    /// <summary>Notes what was settled, and gives the files up: what is left in them is for the next process.</summary>
    public void Dispose() => throw new NotImplementedException();
}
