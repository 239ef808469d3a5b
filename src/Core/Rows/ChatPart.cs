using System.Text.Json;

namespace Braintrust.Logging.Rows;

enum ChatPartKind
{
    Text,
    Reasoning,
    ToolCall,
    ToolResult,
    /// <summary>An image, a file: a URL, or the data as a URL.</summary>
    Link,
    /// <summary>Counted elsewhere.</summary>
    Usage,
    Other,
}

/// <summary>
/// One part of a chat message, in whichever form it was written: OpenTelemetry's <c>parts</c>, Microsoft.Extensions.AI's <c>contents</c>, Semantic Kernel's <c>Items</c>.
/// </summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">The text, the arguments, the result: JSON where it is no text; null when there is none.</param>
/// <param name="Id">Of the tool call.</param>
/// <param name="Name">Of the tool; the media type of a link.</param>
/// <param name="Raw">As it was written.</param>
readonly record struct ChatPart(ChatPartKind Kind, string? Text, string? Id = null, string? Name = null, JsonElement Raw = default)
{
    public static ChatPart Of(JsonElement part)
    {
        if (part.ValueKind != JsonValueKind.Object)
        {
            return new(part.ValueKind == JsonValueKind.String ? ChatPartKind.Text : ChatPartKind.Other, Plain(part), null, null, part);
        }
        return (Member(part, "type") ?? Member(part, "$type")) switch
        {
            "text" or "TextContent" => Make(ChatPartKind.Text, Any(part, "content", "text", "Text")),
            "reasoning" or "ReasoningContent" => Make(ChatPartKind.Reasoning, Any(part, "content", "text", "Text")),
            "tool_call" or "functionCall" => Make(ChatPartKind.ToolCall, Any(part, "arguments"), Member(part, "id") ?? Member(part, "callId"), Member(part, "name")),
            "FunctionCallContent" => Make(ChatPartKind.ToolCall, Any(part, "Arguments"), Member(part, "Id"), KernelTool(part)),
            "tool_call_response" or "functionResult" => Make(ChatPartKind.ToolResult, Any(part, "response", "result"), Member(part, "id") ?? Member(part, "callId")),
            "FunctionResultContent" => Make(ChatPartKind.ToolResult, Any(part, "Result"), Member(part, "CallId")),
            "data" or "uri" => Make(ChatPartKind.Link, Any(part, "uri"), null, Member(part, "mediaType") ?? Member(part, "mime_type")),
            "ImageContent" => Make(ChatPartKind.Link, Any(part, "DataUri", "Uri"), null, Member(part, "MimeType") ?? "image"),
            "blob" => Make(ChatPartKind.Link, Any(part, "content"), null, Member(part, "mime_type") ?? "application/octet-stream"),
            "usage" => Make(ChatPartKind.Usage, null),
            _ => Make(ChatPartKind.Other, null),
        };

        ChatPart Make(ChatPartKind kind, string? text, string? id = null, string? name = null) => new(kind, text, id, name, part);
    }

    /// <summary>Base64 without the URL around it.</summary>
    public bool IsBareData => Kind == ChatPartKind.Link && Member(Raw, "type") == "blob";

    /// <summary>A member as text: JSON where it is none; null where there is none.</summary>
    public static string? Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) ? Plain(member) : null;

    static string? Plain(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null => null,
        JsonValueKind.String => value.GetString(),
        _ => value.GetRawText(),
    };

    static string? Any(JsonElement element, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (Member(element, name) is { } text)
            {
                return text;
            }
        }
        return null;
    }

    static string? KernelTool(JsonElement part) => Member(part, "PluginName") is { Length: > 0 } plugin ? $"{plugin}-{Member(part, "FunctionName")}" : Member(part, "FunctionName");
}
