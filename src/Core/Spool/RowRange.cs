namespace Braintrust.Logging.Spool;

/// <summary>Records of a segment that follow each other, counted from its first.</summary>
readonly record struct RowRange(int From, int Count)
{
    public int End => From + Count;

    /// <summary>In ascending order, with those that touch made one.</summary>
    public static List<RowRange> Merge(List<RowRange> ranges)
    {
        ranges.Sort(static (a, b) => a.From.CompareTo(b.From));
        var merged = new List<RowRange>(ranges.Count);
        foreach (var range in ranges)
        {
            Add(merged, range);
        }
        return merged;
    }

    public static void Add(List<RowRange> to, RowRange range)
    {
        if (to.Count > 0 && range.From >= to[^1].From && range.From <= to[^1].End)
        {
            to[^1] = new RowRange(to[^1].From, Math.Max(to[^1].End, range.End) - to[^1].From);
        }
        else
        {
            to.Add(range);
        }
    }
}
