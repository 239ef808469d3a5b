using System.Text.Json;
using System.Text.Json.Nodes;

namespace Braintrust.Logging.Local.Server;

/// <summary>A <c>/logs3</c> body: its rows, or why it is refused. One bad row refuses all, so that nothing is stored by halves.</summary>
readonly record struct Logs3Body(IReadOnlyList<JsonObject> Rows, string? Refusal)
{
    // Two equal keys in one object have no single meaning; deeper than this is no logged value but an attack on the stack.
    static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 256 };

    public static Logs3Body Read(byte[] body, Func<string, bool> knowsProject)
    {
        if (Parse(body, out var fault) is not { } root)
            return Refuse(fault);
        if (root is not JsonObject envelope || envelope["rows"] is not JsonArray rows)
            return Refuse("The body must be an object with an array \"rows\".");
        if (envelope["api_version"] is not JsonValue version || !version.TryGetValue(out int number) || number != 2)
            return Refuse("\"api_version\" must be 2.");

        var accepted = new List<JsonObject>(rows.Count);
        var seen = new HashSet<(string, string)>();
        for (var i = 0; i < rows.Count; i++)
        {
            if (rows[i] is not JsonObject row)
                return Refuse($"rows[{i}] must be an object.");
            if (RowRules.Fault(row, knowsProject) is { } reason)
                return Refuse($"rows[{i}].{reason}");
            // The rows of one body share a transaction, so there is no first and second among them.
            if (!seen.Add((Text(row, "project_id"), Text(row, "id"))))
                return Refuse($"rows[{i}].id \"{Text(row, "id")}\" stands twice in this body; merge the rows before sending.");
            accepted.Add(row);
        }
        return new Logs3Body(accepted, null);
    }

    static Logs3Body Refuse(string reason) => new([], reason);

    static string Text(JsonObject row, string name) => row[name]!.GetValue<string>();

    static JsonNode? Parse(byte[] body, out string fault)
    {
        fault = "The body must be an object with an array \"rows\".";
        try
        {
            CheckText(body);
            return JsonNode.Parse(body, documentOptions: Strict);
        }
        catch (JsonException e)
        {
            fault = $"The body is not valid JSON: {e.Message}";
        }
        catch (InvalidOperationException)
        {
            fault = "The body is not valid Unicode: a string holds bytes that are not UTF-8, or half of a surrogate pair.";
        }
        return null;
    }

    /// <summary>The parser looks into strings only when they are asked for, which is too late to refuse them.</summary>
    static void CheckText(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = Strict.MaxDepth });
        while (reader.Read())
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
                _ = reader.GetString();
    }
}
