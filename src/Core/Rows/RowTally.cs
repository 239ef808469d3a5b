namespace Braintrust.Logging.Rows;

/// <summary>What the composers of one client count together, on the loop and on callers' threads.</summary>
sealed class RowTally
{
    long _rows = -1;
    long _misfits;

    /// <summary>Scores that were no scores, so far.</summary>
    public long Misfits => Interlocked.Read(ref _misfits);

    /// <summary>The next place in the order of rows (<c>exec_counter</c>).</summary>
    public long Next() => Interlocked.Increment(ref _rows);

    public void AddMisfits(int count)
    {
        if (count > 0)
        {
            Interlocked.Add(ref _misfits, count);
        }
    }
}
