using System.Text.Json.Nodes;

namespace Braintrust.Logging.Local.Storage;

/// <summary>The keys of the attachments that a value refers to.</summary>
static class AttachmentKeys
{
    const string Type = "braintrust_attachment";

    public static IReadOnlyCollection<string> In(JsonObject row)
    {
        var keys = new HashSet<string>();
        Collect(row, keys);
        return keys;
    }

    /// <summary>The same of a row whose text is at hand: few rows refer to anything, and only those are walked through.</summary>
    public static IReadOnlyCollection<string> In(JsonObject row, string text) => text.Contains(Type, StringComparison.Ordinal) ? In(row) : [];

    static void Collect(JsonNode? value, HashSet<string> keys)
    {
        switch (value)
        {
            case JsonObject it when it["type"] is JsonValue type && type.TryGetValue(out string? text) && text == Type:
                if (it["key"] is JsonValue key && key.TryGetValue(out string? name))
                    keys.Add(name);
                break;
            case JsonObject it:
                foreach (var (_, member) in it)
                    Collect(member, keys);
                break;
            case JsonArray items:
                foreach (var item in items)
                    Collect(item, keys);
                break;
        }
    }
}
