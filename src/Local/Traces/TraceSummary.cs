using System.Text.Json.Nodes;
using Braintrust.Logging.Local.Storage;
using Microsoft.Data.Sqlite;

namespace Braintrust.Logging.Local.Traces;

/// <summary>A trace in one line of a list.</summary>
sealed record TraceSummary(
    string Trace, double Updated, string? Root, string? Name, string? Type, double? Start, double? Finish, long Rows, long Spans, long Running, long Errors,
    double? Prompt, double? Cached, double? Completion, double? Tokens, double? Cost, string? Models, string? Tags, string? Scores, string? Input, string? Output)
{
    public const string Columns =
        "trace, updated, root, name, type, start, finish, rows, spans, running, errors, prompt, cached, completion, tokens, cost, models, tags, scores, input, output";

    public static TraceSummary Read(SqliteDataReader row) => new(
        row.GetString(0), row.GetDouble(1), row.Text(2), row.Text(3), row.Text(4), row.Real(5), row.Real(6), row.GetInt64(7), row.GetInt64(8), row.GetInt64(9), row.GetInt64(10),
        row.Real(11), row.Real(12), row.Real(13), row.Real(14), row.Real(15), row.Text(16), row.Text(17), row.Text(18), row.Text(19), row.Text(20));

    /// <summary>The duration is that of the whole trace, and null while a span is open.</summary>
    public JsonObject ToJson() => new()
    {
        ["root_span_id"] = Trace,
        ["root_id"] = Root,
        ["name"] = Name,
        ["type"] = Type,
        ["start"] = Start,
        ["duration"] = Running > 0 ? null : Finite(Finish - Start),
        ["updated"] = Updated,
        ["rows"] = Rows,
        ["spans"] = Spans,
        ["running"] = Running,
        ["errors"] = Errors,
        ["prompt_tokens"] = Finite(Prompt),
        ["prompt_cached_tokens"] = Finite(Cached),
        ["completion_tokens"] = Finite(Completion),
        ["tokens"] = Finite(Tokens),
        ["estimated_cost"] = Finite(Cost),
        ["models"] = Parse(Models),
        ["tags"] = Parse(Tags),
        ["scores"] = Parse(Scores),
        ["input"] = Input,
        ["output"] = Output,
    };

    /// <summary>Each number of a row is one; the sum of some is not, and JSON has no word for it.</summary>
    static double? Finite(double? number) => number is { } it && double.IsFinite(it) ? it : null;

    static JsonNode? Parse(string? json) => json is null ? null : JsonNode.Parse(json);
}
