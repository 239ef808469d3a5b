using System.Text.Json;

namespace Braintrust.Logging.Testing.Traces;

/// <summary>Rows into trees.</summary>
static class TraceReader
{
    /// <summary>One trace for each project and root, in the order of their beginning.</summary>
    public static IReadOnlyList<LoggedTrace> Read(IReadOnlyList<(string Project, JsonElement Row)> rows)
    {
        // In order before they are linked, so that children come in order too.
        var spans = rows.Where(static it => CommentedId(it.Row) is null).Select(static it => new LoggedSpan(it.Project, it.Row))
            .OrderBy(static span => span.StartSeconds).ThenBy(static span => span.Place).ToList();
        foreach (var (_, row) in rows)
        {
            if (CommentedId(row) is { } id && Json.Text(Json.Member(Json.Member(row, "comment"), "text")) is { } text)
            {
                spans.Find(span => span.Id == id)?.Comment(text);
            }
        }
        return [.. spans.GroupBy(static span => (span.Project, span.TraceId)).Select(static trace => Link(trace.Key.Project, trace.Key.TraceId, [.. trace]))];
    }

    static LoggedTrace Link(string project, string id, List<LoggedSpan> spans)
    {
        var bySpanId = new Dictionary<string, LoggedSpan>(StringComparer.Ordinal);
        foreach (var span in spans.Where(static span => !span.IsLog))
        {
            bySpanId.TryAdd(span.SpanId, span);
        }
        var roots = new List<LoggedSpan>();
        foreach (var span in spans)
        {
            if (span.ParentSpanId is { } parentId && bySpanId.TryGetValue(parentId, out var parent))
            {
                parent.Adopt(span);
            }
            else
            {
                roots.Add(span);
            }
        }
        foreach (var span in roots.SelectMany(static root => root.SelfAndDescendants()))
        {
            span.StandAt(span.Parent is { } parent ? parent.Depth + 1 : 0);
        }
        return new LoggedTrace(project, id, roots);
    }

    static string? CommentedId(JsonElement row) =>
        Json.Member(row, "comment") is not null ? Json.Text(Json.Member(Json.Member(row, "origin"), "id")) : null;
}
