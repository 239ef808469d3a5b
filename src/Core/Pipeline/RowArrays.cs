namespace Braintrust.Logging.Pipeline;

/// <summary>
/// The rows of batches of the usual size: too large to be made anew for each. The loop takes and gives back on whatever thread it finds itself, where a shared pool does not find its arrays again. Of
/// all clients as many are kept as one has under way, a megabyte; other sizes are made as they are wanted.
/// </summary>
static class RowArrays
{
    const int Usual = 1024; // what a batch of a thousand grows to
    const int Most = 8;

    static readonly Stack<PendingRow[]> Spare = new(Most);

    /// <returns>As long as that.</returns>
    public static PendingRow[] Rent(int rows)
    {
        if (rows == Usual)
        {
            lock (Spare)
            {
                if (Spare.TryPop(out var array))
                {
                    return array;
                }
            }
        }
        return new PendingRow[rows];
    }

    public static void Return(PendingRow[] rows)
    {
        if (rows.Length != Usual)
        {
            return;
        }
        Array.Clear(rows);
        lock (Spare)
        {
            if (Spare.Count < Most)
            {
                Spare.Push(rows);
            }
        }
    }
}
