namespace Braintrust.Logging.Rows;

/// <summary>What the composers of one client count together, on the loop and on callers' threads.</summary>
sealed class RowTally
{
    long _rows = -1;

    /// <summary>The next place in the order of rows (<c>exec_counter</c>).</summary>
    public long Next() => Interlocked.Increment(ref _rows);
}
