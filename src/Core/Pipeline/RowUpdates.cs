using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Pipeline;

/// <summary>The updates of rows that are on their way: the next write of such a row waits for the last of them. The loop's own.</summary>
sealed class RowUpdates
{
    const int Few = 1024;

    readonly Dictionary<(Lane, RowId), RowFate> _latest = [];
    int _sweepAt = Few;

    /// <summary>The latest update of that row which is not settled yet.</summary>
    public RowFate? Latest(Lane lane, RowId id) => _latest.Count > 0 && _latest.TryGetValue((lane, id), out var fate) && !fate.IsSettled ? fate : null;

    /// <summary>Notes an update, so that the next write of the row waits for it.</summary>
    public RowFate Add(Lane lane, RowId id)
    {
        if (_latest.Count >= _sweepAt)
        {
            foreach (var (row, fate) in _latest)
            {
                if (fate.IsSettled)
                {
                    _latest.Remove(row); // allowed while enumerating
                }
            }
            _sweepAt = Math.Max(Few, 2 * _latest.Count);
        }
        return _latest[(lane, id)] = new RowFate();
    }
}
