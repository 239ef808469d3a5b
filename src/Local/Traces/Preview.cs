using System.Text.Json;
using System.Text.Json.Nodes;
using Braintrust.Logging.Local.Storage;

namespace Braintrust.Logging.Local.Traces;

/// <summary>The beginning of what went in and came out, on one line: of a chat what was said last, of a failure its message.</summary>
static class Preview
{
    const int Longest = 240;

    public static (string? Input, string? Output) Of(string body)
    {
        var row = RowText.Read(body);
        return (OneLine(Said(row["input"])), OneLine(Said(row["output"]) ?? FirstLine(Said(row["error"]))));
    }

    static string? Said(JsonNode? value) => value switch
    {
        null => null,
        JsonValue text when text.GetValueKind() == JsonValueKind.String => text.GetValue<string>(),
        JsonArray { Count: > 0 } messages when Content(messages[^1]) is { } content => content,
        JsonObject message when Content(message) is { } content => content,
        // The beginning of a large value is enough, and cheaper than the whole.
        JsonObject it => string.Join(", ", it.Take(8).Select(member => $"{member.Key}: {Inner(member.Value)}")),
        JsonArray items => string.Join(", ", items.Take(8).Select(Inner)),
        _ => RowText.Write(value),
    };

    static string Inner(JsonNode? value) => value switch
    {
        null => "null",
        JsonObject => "{…}",
        JsonArray => "[…]",
        _ => Said(value)!,
    };

    static string? FirstLine(string? text) => text?.Split('\n', 2)[0];

    static string? Content(JsonNode? message) => message switch
    {
        JsonObject choice when choice["message"] is JsonObject inner => Content(inner),
        JsonObject it when it.ContainsKey("role") && it["content"] is { } content => content switch
        {
            JsonArray parts => parts.Select(part => (part as JsonObject)?["text"]).FirstOrDefault(text => text is not null) is { } text ? Said(text) : RowText.Write(parts),
            _ => Said(content),
        },
        _ => null,
    };

    static string? OneLine(string? text)
    {
        if (text is null)
            return null;
        var end = text.Length <= Longest ? text.Length : char.IsHighSurrogate(text[Longest - 1]) ? Longest - 1 : Longest;
        var line = string.Create(end, text, static (span, it) =>
        {
            for (var i = 0; i < span.Length; i++)
                span[i] = char.IsControl(it[i]) ? ' ' : it[i];
        });
        return end < text.Length ? line + "…" : line;
    }
}
