using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Braintrust.Logging.Tests.Captures;

/// <summary>
/// Rows as they can be compared between two runs: flat, from path to value, named by their roles. A value the program gave stands as it is; one that is
/// different on every run gives way to words that say what it must be, an id to whose it is.
/// </summary>
sealed partial class RowPortraits
{
    readonly IReadOnlyList<JsonObject> _rows;
    readonly Dictionary<JsonObject, string> _roles;
    readonly Dictionary<string, Dictionary<string, JsonNode?>> _portraits = [];

    public RowPortraits(IReadOnlyList<JsonObject> rows)
    {
        _rows = rows;
        _roles = rows.ToDictionary(row => row, Role);
        foreach (var row in rows)
        {
            var portrait = new Dictionary<string, JsonNode?>();
            Draw(row, row, "", portrait);
            if (!_portraits.TryAdd(_roles[row], portrait))
                Assert.Fail($"Two rows are {_roles[row]}: {row.ToJsonString()}");
        }
        Assert.Distinct(rows.Select(row => (string?)row["span_id"]).OfType<string>());
    }

    public IEnumerable<string> Roles => _portraits.Keys;

    public Dictionary<string, JsonNode?> this[string role] => _portraits[role];

    /// <summary>The row as it is.</summary>
    public JsonObject Row(string role) => _rows.Single(row => _roles[row] == role);

    public string RoleOf(string rowId) => _roles[_rows.Single(row => (string?)row["id"] == rowId)];

    /// <summary>The span's name, with its input where several have that name; a comment is its text.</summary>
    string Role(JsonObject row)
    {
        if (row["comment"] is { } comment)
            return $"comment \"{comment["text"]}\"";
        var name = Name(row);
        return _rows.Count(other => Name(other) == name) > 1 ? $"{name} of {row["input"]?.ToJsonString() ?? "nothing"}" : name!;
    }

    static string? Name(JsonObject row) => row["span_attributes"]?["name"] is { } name ? PlaceName().Replace((string)name!, "<function:file:line>") : null;

    void Draw(JsonObject row, JsonObject part, string prefix, Dictionary<string, JsonNode?> portrait)
    {
        foreach (var (name, value) in part)
        {
            var path = prefix + name;
            if (path == "context.span_origin.environment")
                continue; // where the tests run; no part of the capture
            if (value is JsonObject { Count: > 0 } inner && path is not ("input" or "output" or "expected" or "error"))
                Draw(row, inner, path + ".", portrait);
            else
                portrait.Add(path, Words(row, path, value) is { } words ? JsonValue.Create(words) : value);
        }
    }

    /// <summary>What is different on every run, and what it must be all the same. Null: to be compared as it is.</summary>
    string? Words(JsonObject row, string path, JsonNode? value) => path switch
    {
        "id" => When(RowId().IsMatch(Text(value)), "an id"), // the protocol: any unique text; JS has 16 hex digits, we have UUIDs
        "span_id" => When(SpanId().IsMatch(Text(value)), "16 hex digits"),
        "root_span_id" => When(TraceId().IsMatch(Text(value)), $"32 hex digits, the trace of {Owner(_rows.FirstOrDefault(other => IsRoot(other) && Text(other["root_span_id"]) == Text(value)))}"),
        "span_parents" => $"the span of {string.Join(", ", value!.AsArray().Select(parent => Owner(_rows.FirstOrDefault(other => Text(other["span_id"]) == Text(parent)))))}",
        "origin.id" => $"the row of {Owner(_rows.FirstOrDefault(other => Text(other["id"]) == Text(value)))}",
        "created" => When(UtcTime().IsMatch(Text(value)), "a time, ISO 8601 in UTC"),
        "metrics.start" => When(Seconds(value) > 1_700_000_000, "Unix seconds"),
        "metrics.end" => When(Seconds(value) >= Seconds(row["metrics"]!["start"]), "Unix seconds, not before the start"),
        "span_attributes.name" => When(PlaceName().IsMatch(Text(value)), "function:file:line"),
        "span_attributes.exec_counter" => $"begun as number {_rows.Count(other => Counter(other) < Counter(row))}", // JS counts per process, we count per client
        "context.caller_functionname" => "a function", // another program
        "context.caller_filename" => "a file", // JS: where the program was built; ours has no folders, see below
        "context.caller_lineno" => When((double)value! > 0, "a line"),
        "context.span_origin.name" or "context.span_origin.version" or "context.span_origin.instrumentation.name" => "who made the row", // "braintrust." is reserved
        _ => null,
    };

    string Owner(JsonObject? row) => row is null ? "NOBODY" : _roles[row];

    static bool IsRoot(JsonObject row) => row["span_id"] is not null && row["span_parents"] is null;

    static string? When(bool isRight, string words) => isRight ? words : null;

    static string Text(JsonNode? value) => value is JsonValue text && text.TryGetValue(out string? it) ? it : "";

    static double Seconds(JsonNode? value) => value is JsonValue number && number.TryGetValue(out double it) ? it : double.NaN;

    static double Counter(JsonObject row) => Seconds(row["span_attributes"]?["exec_counter"]);

    [GeneratedRegex("^([0-9a-f]{16}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$")]
    private static partial Regex RowId();

    [GeneratedRegex("^(?!0{16})[0-9a-f]{16}$")]
    private static partial Regex SpanId();

    [GeneratedRegex("^(?!0{32})[0-9a-f]{32}$")]
    private static partial Regex TraceId();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")]
    private static partial Regex UtcTime();

    [GeneratedRegex(@"^\w+:[^:]+:\d+$")]
    private static partial Regex PlaceName();
}
