using System.Text.Json;
using System.Text.Json.Nodes;

namespace Braintrust.Logging.Local.Storage;

/// <summary>What of a row stands in columns of its own.</summary>
sealed record RowColumns(
    string? Trace, string? Commented, string? Span, string? Parent, string? Name, string? Type, string? Level,
    double? Start, double? Finish, double? Counter,
    double? Prompt, double? Cached, double? Completion, double? Tokens, double? Cost,
    string? Model, string? Tags, string? Scores, bool Failed)
{
    const int LongestName = 500;

    public static RowColumns Of(JsonObject row)
    {
        var attributes = row["span_attributes"] as JsonObject;
        var metrics = row["metrics"] as JsonObject;
        var commented = RowMerge.CommentedId(row);
        var type = Text(attributes?["type"]);
        var prompt = Number(metrics?["prompt_tokens"]);
        var completion = Number(metrics?["completion_tokens"]);
        return new RowColumns(
            // A row that names no trace is one by itself; a comment belongs to its row.
            commented is null ? Text(row["root_span_id"]) ?? RowMerge.IdOf(row) : null,
            commented,
            Text(row["span_id"]),
            type == "log" ? null : Text((row["span_parents"] as JsonArray)?.FirstOrDefault()),
            Short(IsTemplate(row, attributes, type) ? Text(row["output"]) : Text(attributes?["name"]) ?? (type == "log" ? Message(row["output"]) : null)),
            type,
            Text(attributes?["log_level"]),
            Number(metrics?["start"]), Number(metrics?["end"]), Number(attributes?["exec_counter"]),
            prompt, Number(metrics?["prompt_cached_tokens"]), completion,
            Number(metrics?["tokens"]) ?? (prompt is null ? completion : prompt + (completion ?? 0)),
            Number(metrics?["estimated_cost"]),
            Text((row["metadata"] as JsonObject)?["model"]),
            row["tags"] is JsonArray { Count: > 0 } tags ? RowText.Write(tags) : null,
            row["scores"] is JsonObject { Count: > 0 } scores ? RowText.Write(scores) : null,
            row["error"] is not null);
    }

    /// <summary>An event is named after its message template, so that equal ones have one name; to read is what it said.</summary>
    static bool IsTemplate(JsonObject row, JsonObject? attributes, string? type) =>
        type is null && Text(row["output"]) is not null
        && Text((row["metadata"] as JsonObject)?["braintrust.template"]) is { } template && template == Text(attributes?["name"]);

    static string? Message(JsonNode? value) => Text(value) ?? (value is null ? null : RowText.Write(value));

    static string? Short(string? text) =>
        text is { Length: > LongestName } ? text[..(char.IsHighSurrogate(text[LongestName - 1]) ? LongestName - 1 : LongestName)] + "…" : text;

    static string? Text(JsonNode? value) => value?.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    // What overflows a double is no number that anything could be done with; the body keeps it.
    static double? Number(JsonNode? value) =>
        value is JsonValue it && it.GetValueKind() == JsonValueKind.Number && it.TryGetValue(out double number) && double.IsFinite(number) ? number : null;
}
