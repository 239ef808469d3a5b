using System.Text.Json.Nodes;
using Braintrust.Logging.Local.Storage;

namespace Braintrust.Logging.Local.Traces;

/// <summary>Rows into trees. Every row that is no comment ends in exactly one of them, whatever it says about its parent.</summary>
static class TraceTree
{
    public static IReadOnlyList<TraceNode> Build(IReadOnlyList<JsonObject> rows)
    {
        // In order before they are linked, so that children come in order too.
        var nodes = rows.Where(row => RowMerge.CommentedId(row) is null).Select(row => new TraceNode(row))
            .OrderBy(node => node.StartSeconds).ThenBy(node => node.ExecCounter).ToList();
        var parents = Parents(nodes);
        CutCycles(nodes, parents);

        var top = new List<TraceNode>();
        foreach (var node in nodes)
        {
            if (parents.GetValueOrDefault(node) is { } parent)
            {
                parent.Add(node);
                continue;
            }
            node.IsOrphan = !node.IsLog && NamedParent(node) is not null;
            top.Add(node);
        }
        Attach(rows, nodes);
        return NewestFirst(top);
    }

    static Dictionary<TraceNode, TraceNode> Parents(List<TraceNode> nodes)
    {
        var spans = new Dictionary<(string?, string), TraceNode>();
        foreach (var node in nodes)
            if (!node.IsLog && node.SpanId is { } spanId)
                spans.TryAdd((node.RootSpanId, spanId), node);

        var parents = new Dictionary<TraceNode, TraceNode>();
        foreach (var node in nodes)
            if (NamedParent(node) is { } parentId && spans.TryGetValue((node.RootSpanId, parentId), out var parent))
                parents.Add(node, parent);
        return parents;
    }

    /// <summary>A log row carries the ids of the span it was written in and names no parent.</summary>
    static string? NamedParent(TraceNode node) =>
        node.IsLog ? node.SpanId : (node.Row["span_parents"] as JsonArray)?.FirstOrDefault()?.GetValue<string>();

    /// <summary>Spans that are each other's parents would hang together in the air, seen by nobody: one link of each circle is cut.</summary>
    static void CutCycles(List<TraceNode> nodes, Dictionary<TraceNode, TraceNode> parents)
    {
        var reachTop = new HashSet<TraceNode>();
        foreach (var start in nodes)
        {
            var way = new HashSet<TraceNode>();
            for (var node = start; node is not null && !reachTop.Contains(node); node = parents.GetValueOrDefault(node))
            {
                way.Add(node);
                if (parents.TryGetValue(node, out var parent) && way.Contains(parent))
                    parents.Remove(node);
            }
            reachTop.UnionWith(way);
        }
    }

    static void Attach(IReadOnlyList<JsonObject> rows, List<TraceNode> nodes)
    {
        var byId = nodes.ToDictionary(node => node.Id);
        foreach (var row in rows)
            if (RowMerge.CommentedId(row) is { } id && byId.TryGetValue(id, out var node))
                node.Comment(row);
    }

    /// <summary>What belongs to one trace stays together, in its own order.</summary>
    static List<TraceNode> NewestFirst(List<TraceNode> top) =>
        [.. top.GroupBy(node => node.RootSpanId ?? node.Id).OrderByDescending(trace => trace.First().StartSeconds ?? 0).SelectMany(trace => trace)];
}
