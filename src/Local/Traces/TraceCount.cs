using System.Text.Json;
using System.Text.Json.Nodes;
using Braintrust.Logging.Local.Storage;

namespace Braintrust.Logging.Local.Traces;

/// <summary>What the rows of one trace come to. Lists are JSON texts, null where there is nothing to list; sums are null where no row says anything.</summary>
sealed record TraceCount(
    SpanLine Root, double? Start, double? Finish, int Rows, int Spans, int Running, int Errors,
    double? Prompt, double? Cached, double? Completion, double? Tokens, double? Cost, string? Models, string? Tags, string? Scores)
{
    /// <param name="rows">At least one, in the order of their start.</param>
    public static TraceCount Of(IReadOnlyList<SpanLine> rows)
    {
        var spans = rows.Where(row => !row.IsLog).ToList();
        // A span that says nothing of its times has none to wait for.
        var running = spans.Count(row => row is { Start: not null, Finish: null });
        return new TraceCount(
            RootOf(rows, spans), rows.Min(row => row.Start), rows.Max(row => row.Finish), rows.Count, spans.Count, running, rows.Count(row => row.Failed || row.Level is "error" or "fatal"),
            Sum(rows, row => row.Prompt), Sum(rows, row => row.Cached), Sum(rows, row => row.Completion), Sum(rows, row => row.Tokens), Sum(rows, row => row.Cost),
            Texts(rows.Where(row => row.Model is not null).Select(row => row.Model!)),
            Texts(rows.Where(row => row.Tags is not null).SelectMany(row => JsonNode.Parse(row.Tags!)!.AsArray()).Select(tag => tag!.GetValue<string>())),
            Means(rows));
    }

    /// <summary>The first span without a parent; or else the first whose parent never came; or else the first row.</summary>
    static SpanLine RootOf(IReadOnlyList<SpanLine> rows, List<SpanLine> spans)
    {
        var stored = spans.Select(row => row.Span).ToHashSet();
        return spans.Find(row => row.Parent is null) ?? spans.Find(row => !stored.Contains(row.Parent)) ?? rows[0];
    }

    static double? Sum(IReadOnlyList<SpanLine> rows, Func<SpanLine, double?> part) => rows.Any(row => part(row) is not null) ? rows.Sum(part) : null;

    static string? Texts(IEnumerable<string> texts)
    {
        var distinct = texts.Distinct().Order(StringComparer.Ordinal).Select(text => (JsonNode?)text).ToArray();
        return distinct.Length == 0 ? null : RowText.Write(new JsonArray(distinct));
    }

    static string? Means(IReadOnlyList<SpanLine> rows)
    {
        var scores = rows.Where(row => row.Scores is not null).SelectMany(row => JsonNode.Parse(row.Scores!)!.AsObject())
            .Where(score => score.Value?.GetValueKind() == JsonValueKind.Number)
            .GroupBy(score => score.Key, score => score.Value!.GetValue<double>())
            .OrderBy(score => score.Key, StringComparer.Ordinal)
            .Select(score => KeyValuePair.Create(score.Key, (JsonNode?)score.Average())).ToList();
        return scores.Count == 0 ? null : RowText.Write(new JsonObject(scores));
    }
}
