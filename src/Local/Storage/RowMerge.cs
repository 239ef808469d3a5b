using System.Text.Json;
using System.Text.Json.Nodes;

namespace Braintrust.Logging.Local.Storage;

/// <summary>How the service turns a stored row and an arriving one into the row stored next. Changes neither of the two.</summary>
static class RowMerge
{
    // A row's place in its trace, fixed by whoever stored it first.
    static readonly string[] FixedByFirst = ["span_id", "root_span_id", "span_parents", "created"];

    // Say what to do with a row; not part of it.
    static readonly string[] Instructions = ["_is_merge", "_merge_paths", "_array_delete", "_object_delete", "_audit_source", "_audit_metadata"];

    /// <summary>The row to store, or null if the arriving one deletes it.</summary>
    public static JsonObject? Apply(JsonObject? stored, JsonObject arriving)
    {
        if (IsTrue(arriving["_object_delete"]))
            return null;

        var content = Content(arriving);
        if (!IsTrue(arriving["_is_merge"]))
            return content;

        var merged = content;
        if (stored is not null)
        {
            foreach (var name in FixedByFirst)
                content.Remove(name);
            merged = (JsonObject)stored.DeepClone();
            Merge(merged, content, MergePaths(arriving));
        }
        DeleteFromArrays(merged, arriving["_array_delete"] as JsonArray ?? []);
        return merged;
    }

    /// <summary>What the row becomes does not depend on what is stored.</summary>
    public static bool Replaces(JsonObject arriving) => !IsTrue(arriving["_is_merge"]) && !IsTrue(arriving["_object_delete"]);

    public static string IdOf(JsonObject row) => row["id"]!.GetValue<string>();

    /// <summary>The id of the row that this one is a comment on; null if it is no comment.</summary>
    public static string? CommentedId(JsonObject row) =>
        row["comment"] is JsonObject && row["origin"] is JsonObject origin ? origin["id"]?.GetValue<string>() : null;

    static JsonObject Content(JsonObject row)
    {
        var content = (JsonObject)row.DeepClone();
        foreach (var name in Instructions)
            content.Remove(name);
        return content;
    }

    /// <summary>Objects merge member by member; anything else, null included, takes the place of what was there.</summary>
    static void Merge(JsonObject target, JsonObject from, IReadOnlyList<string[]> whole)
    {
        foreach (var (name, value) in from)
        {
            var below = Below(whole, name);
            if (value is JsonObject members && target[name] is JsonObject existing && !below.Any(path => path.Length == 0))
                Merge(existing, members, below);
            else
                target[name] = value?.DeepClone();
        }
    }

    /// <summary>The paths that lead through this member, as seen from it. An empty one ends here.</summary>
    static List<string[]> Below(IReadOnlyList<string[]> paths, string name) =>
        [.. paths.Where(path => path.Length > 0 && path[0] == name).Select(path => path[1..])];

    static List<string[]> MergePaths(JsonObject row) =>
        [.. (row["_merge_paths"] as JsonArray ?? []).Select(Path)];

    static string[] Path(JsonNode? path) => [.. path!.AsArray().Select(step => step!.GetValue<string>())];

    static void DeleteFromArrays(JsonObject row, JsonArray deletes)
    {
        foreach (var delete in deletes)
        {
            var unwanted = delete!["delete"]!.AsArray();
            if (Follow(row, Path(delete["path"])) is JsonArray items)
                Remove(items, unwanted);
        }
    }

    static void Remove(JsonArray items, JsonArray unwanted)
    {
        for (var i = items.Count - 1; i >= 0; i--)
            if (unwanted.Any(it => JsonNode.DeepEquals(it, items[i])))
                items.RemoveAt(i);
    }

    static JsonNode? Follow(JsonNode? node, string[] path)
    {
        foreach (var step in path)
            node = (node as JsonObject)?[step];
        return node;
    }

    static bool IsTrue(JsonNode? value) => value?.GetValueKind() == JsonValueKind.True;
}
