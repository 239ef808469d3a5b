using System.Text.Json.Nodes;

namespace Braintrust.Logging.Local.Traces;

/// <summary>A trace in one line of a list.</summary>
sealed record TraceSummary(string? RootSpanId, string Name, DateTimeOffset? Start, TimeSpan? Duration, long Tokens, int Errors, int Rows)
{
    /// <summary>One per trace, in the order of the trees.</summary>
    public static IEnumerable<TraceSummary> Of(IReadOnlyList<TraceNode> trees) => trees.GroupBy(tree => tree.RootSpanId ?? tree.Id).Select(Of);

    static TraceSummary Of(IEnumerable<TraceNode> trees)
    {
        var tops = trees.ToList();
        var root = tops.Find(tree => !tree.IsOrphan && !tree.IsLog) ?? tops[0];
        var all = tops.SelectMany(tree => tree.SelfAndDescendants()).ToList();
        return new TraceSummary(
            root.RootSpanId, root.Name, root.Start, root.Duration, all.Sum(node => node.Tokens ?? 0), all.Count(node => node.Error is not null), all.Count);
    }

    public JsonNode ToJson() => new JsonObject
    {
        ["root_span_id"] = RootSpanId,
        ["name"] = Name,
        ["start"] = Start?.UtcDateTime.ToString("O"),
        ["duration"] = Duration?.TotalSeconds,
        ["tokens"] = Tokens,
        ["errors"] = Errors,
        ["rows"] = Rows,
    };
}
