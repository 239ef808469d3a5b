using System.Text.Json.Nodes;

namespace Braintrust.Logging.Local.Server;

/// <summary>A <c>/logs3</c> body: its rows, or why it is refused. One bad row refuses all, so that nothing is stored by halves.</summary>
readonly record struct Logs3Body(IReadOnlyList<JsonObject> Rows, string? Refusal)
{
    public static Logs3Body Read(byte[] body, Func<string, bool> knowsProject)
    {
        var root = StrictJson.Parse(body, out var fault);
        return fault is null ? Read(root, knowsProject) : Refuse(fault);
    }

    public static Logs3Body Read(JsonNode? root, Func<string, bool> knowsProject)
    {
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
}
