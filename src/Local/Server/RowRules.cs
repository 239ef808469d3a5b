using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Braintrust.Logging.Local.Server;

/// <summary>What a row must look like to be stored. A fault reads on from the row's name: "scores.style must be …".</summary>
static class RowRules
{
    public static string? Fault(JsonObject row, Func<string, bool> knowsProject) =>
        Id(row)
        ?? Routing(row, knowsProject)
        ?? OptionalText(row, "span_id") ?? OptionalText(row, "root_span_id") ?? Created(row)
        ?? Texts(row, "span_parents") ?? Texts(row, "tags")
        ?? Members(row, "scores", IsScore, "must be a number from 0 to 1, or null")
        ?? Members(row, "metrics", IsNumber, "must be a number")
        ?? Members(row, "metadata", static _ => true, "") ?? Model(row)
        ?? Members(row, "span_attributes", static _ => true, "") ?? Context(row)
        ?? Flag(row, "_is_merge") ?? Flag(row, "_object_delete")
        ?? MergePaths(row) ?? ArrayDeletes(row) ?? AuditSource(row) ?? Origin(row) ?? Comment(row);

    static string? Id(JsonObject row) =>
        row["id"] is { } id && IsText(id) && !string.IsNullOrWhiteSpace(id.GetValue<string>()) ? null : "id must be a nonblank string.";

    static string? Routing(JsonObject row, Func<string, bool> knowsProject)
    {
        if (row["project_id"] is not { } project || !IsText(project))
            return "project_id must be a string.";
        if (!knowsProject(project.GetValue<string>()))
            return $"project_id \"{project.GetValue<string>()}\" is not known here; register the project first.";
        return row["log_id"] is { } log && IsText(log) && log.GetValue<string>() == "g" ? null : "log_id must be \"g\".";
    }

    static string? OptionalText(JsonObject row, string name) =>
        row[name] is not { } value || IsText(value) ? null : $"{name} must be a string.";

    static string? Created(JsonObject row) =>
        row["created"] is not { } created
        || (IsText(created) && DateTimeOffset.TryParse(created.GetValue<string>(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _))
            ? null
            : "created must be an ISO 8601 time.";

    static string? Texts(JsonObject row, string name) =>
        row[name] is not { } value || IsTexts(value) ? null : $"{name} must be an array of strings.";

    static string? Members(JsonObject row, string name, Func<JsonNode?, bool> isValid, string rule)
    {
        if (row[name] is not { } value)
            return null;
        if (value is not JsonObject members)
            return $"{name} must be an object.";
        foreach (var (key, member) in members)
            if (!isValid(member))
                return $"{name}.{key} {rule}.";
        return null;
    }

    /// <summary>An object; or a text, which Braintrust's own SDKs put there when a masking function throws (capture 07).</summary>
    static string? Context(JsonObject row) =>
        row["context"] is { } context && IsText(context) ? null : Members(row, "context", static _ => true, "");

    static string? Model(JsonObject row) =>
        row["metadata"]?["model"] is not { } model || IsText(model) ? null : "metadata.model must be a string or null.";

    static string? Flag(JsonObject row, string name) =>
        !row.TryGetPropertyValue(name, out var value) || value?.GetValueKind() is JsonValueKind.True or JsonValueKind.False ? null : $"{name} must be true or false.";

    static string? MergePaths(JsonObject row) =>
        row["_merge_paths"] is not { } value || (value is JsonArray paths && paths.All(IsTexts)) ? null : "_merge_paths must be an array of arrays of strings.";

    static string? ArrayDeletes(JsonObject row) =>
        row["_array_delete"] is not { } value || (value is JsonArray deletes && deletes.All(IsArrayDelete))
            ? null
            : "_array_delete must be an array of {\"path\": [strings], \"delete\": [values]}.";

    static string? AuditSource(JsonObject row) =>
        row["_audit_source"] is not { } source || (IsText(source) && source.GetValue<string>() is "app" or "api" or "external")
            ? null
            : "_audit_source must be \"app\", \"api\" or \"external\".";

    /// <summary>Also without a comment: a merge may put it into one.</summary>
    static string? Origin(JsonObject row) =>
        row["origin"] is JsonObject origin && origin["id"] is { } id && !IsText(id) ? "origin.id must be a string." : null;

    static string? Comment(JsonObject row)
    {
        if (row["comment"] is not { } comment)
            return null;
        if (comment is not JsonObject || comment["text"] is not { } text || !IsText(text))
            return "comment must be an object with a string \"text\".";
        return row["origin"] is JsonObject origin && origin["id"] is not null ? null : "origin.id must name the row that the comment is about.";
    }

    static bool IsText(JsonNode? value) => value?.GetValueKind() == JsonValueKind.String;

    static bool IsTexts(JsonNode? value) => value is JsonArray items && items.All(IsText);

    static bool IsNumber(JsonNode? value) => value?.GetValueKind() == JsonValueKind.Number;

    static bool IsScore(JsonNode? value) => value is null || (IsNumber(value) && value.GetValue<double>() is >= 0 and <= 1);

    static bool IsArrayDelete(JsonNode? value) => value is JsonObject it && IsTexts(it["path"]) && it["delete"] is JsonArray;
}
