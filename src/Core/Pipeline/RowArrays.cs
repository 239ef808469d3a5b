namespace Braintrust.Logging.Pipeline;

/// <summary>
/// The rows of batches: those of the usual sizes are too large to be made anew for each, since the collector's large object heap makes it look at everything that waits. The loop takes and gives back
/// on whatever thread it finds itself, where a shared pool does not find its arrays again. Of all clients some three megabytes are kept.
/// </summary>
static class RowArrays
{
    /// <summary>What a batch of a thousand grows to.</summary>
    public const int Usual = 1024;

    /// <summary>What a batch of a backlog grows to.</summary>
    public const int Large = 4096;

    const int First = 32;
    const int Next = 256;

    static readonly Shelf FirstOnes = new(4);
    static readonly Shelf NextOnes = new(4);
    static readonly Shelf UsualOnes = new(4);
    static readonly Shelf LargeOnes = new(4);

    /// <returns>As long as that.</returns>
    public static PendingRow[] Rent(int rows) => ShelfOf(rows)?.Take() ?? new PendingRow[rows];

    public static void Return(PendingRow[] rows)
    {
        if (ShelfOf(rows.Length) is { } shelf)
        {
            Array.Clear(rows);
            shelf.PutBack(rows);
        }
    }

    /// <summary>The next size of a batch that has become too small: few steps, none of them large but those that are kept.</summary>
    public static int After(int rows) => rows switch
    {
        < 4 => 4,
        < First => First,
        < Next => Next,
        < Usual => Usual,
        < Large => Large,
        _ => 2 * rows,
    };

    static Shelf? ShelfOf(int rows) => rows switch
    {
        First => FirstOnes,
        Next => NextOnes,
        Usual => UsualOnes,
        Large => LargeOnes,
        _ => null,
    };

    sealed class Shelf(int most)
    {
        readonly Stack<PendingRow[]> _arrays = new(most);

        public PendingRow[]? Take()
        {
            lock (_arrays)
            {
                return _arrays.TryPop(out var array) ? array : null;
            }
        }

        public void PutBack(PendingRow[] array)
        {
            lock (_arrays)
            {
                if (_arrays.Count < most)
                {
                    _arrays.Push(array);
                }
            }
        }
    }
}
