namespace Braintrust.Logging.Pipeline;

/// <summary>One batch as several. Whatever the parts are, a row that depends on another comes no earlier than that one. The whole is used up.</summary>
static class Splits
{
    /// <summary>After a 413, and to find out which row is to blame.</summary>
    public static (Batch First, Batch Second) InHalves(Batch batch)
    {
        var half = batch.Count / 2;
        var (first, second) = (batch.Empty(), batch.Empty());
        var rows = batch.Rows;
        for (var i = 0; i < rows.Length; i++)
        {
            (i < half ? first : second).Add(rows[i], batch.Text(rows[i]));
        }
        batch.Dispose();
        second.Fit();
        first.Fit();
        return (first, second);
    }

    /// <summary>A batch for each project.</summary>
    public static Dictionary<Lane, Batch> ByLane(Batch batch)
    {
        var parts = new Dictionary<Lane, Batch>();
        foreach (ref var row in batch.Rows)
        {
            if (!parts.TryGetValue(row.Lane, out var part))
            {
                parts.Add(row.Lane, part = batch.Empty());
            }
            part.Add(row, batch.Text(row));
        }
        batch.Dispose();
        foreach (var part in parts.Values)
        {
            part.Fit();
        }
        return parts;
    }

    /// <summary>The rows that can go before the others of their batch, and those that wait for one of it; null: none does.</summary>
    public static (Batch First, Batch? Later) ByDependence(Batch batch)
    {
        if (!batch.DependsOnItself)
        {
            return (batch, null);
        }
        var (first, later) = (batch.Empty(), batch.Empty());
        foreach (ref var row in batch.Rows)
        {
            var waits = row.After is { IsSettled: false } after && (ReferenceEquals(after.Where, batch) || ReferenceEquals(after.Where, first) || ReferenceEquals(after.Where, later));
            (waits ? later : first).Add(row, batch.Text(row));
        }
        batch.Dispose();
        return (first, later);
    }

    /// <summary>All rows of some batches, each after those that it may depend on: in the order of reading.</summary>
    public static (Batch Batch, int At)[] InOrder(Batch[] batches)
    {
        var rows = batches.SelectMany(batch => Enumerable.Range(0, batch.Count).Select(at => (Batch: batch, At: at))).ToArray();
        Array.Sort(rows, static (a, b) => a.Batch.Rows[a.At].Sequence.CompareTo(b.Batch.Rows[b.At].Sequence));
        return rows;
    }
}
