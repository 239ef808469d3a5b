namespace Braintrust.Logging.Configuration;

/// <summary>How far a misspelled name is from a right one.</summary>
static class Spelling
{
    /// <summary>The right name that is closest; the first of several.</summary>
    public static string Nearest(string name, IEnumerable<string> names) => names.MinBy(right => Distance(name, right))!;

    /// <summary>The right name that is probably meant; null: none is close enough to be named.</summary>
    public static string? Meant(string name, IEnumerable<string> names)
    {
        var nearest = Nearest(name, names);
        return Distance(name, nearest) <= 1 + nearest.Length / 4 ? nearest : null;
    }

    /// <summary>The fewest letters to insert, delete or replace; upper and lower case are the same.</summary>
    public static int Distance(string from, string to)
    {
        var above = new int[to.Length + 1];
        for (var j = 0; j <= to.Length; j++)
        {
            above[j] = j;
        }
        for (var i = 1; i <= from.Length; i++)
        {
            var row = new int[to.Length + 1];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var same = char.ToUpperInvariant(from[i - 1]) == char.ToUpperInvariant(to[j - 1]);
                row[j] = Math.Min(Math.Min(row[j - 1], above[j]) + 1, above[j - 1] + (same ? 0 : 1));
            }
            above = row;
        }
        return above[to.Length];
    }
}
