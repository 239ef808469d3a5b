using System.Text;
using System.Text.Json;

namespace Braintrust.Logging.Rows;

/// <summary>
/// Chat messages as OpenTelemetry's GenAI conventions write them (<c>[{role, parts: [{type, content}]}]</c>, usually as JSON text) into
/// OpenAI's chat form, which is what Braintrust shows as a chat (PROTOCOL section 18). What is not of that shape stays as it is.
/// </summary>
static class ChatMessages
{
    public static object? Input(object? value) => Convert(value, choices: false);

    public static object? Output(object? value) => Convert(value, choices: true);

    /// <summary>JSON text as the value it says, any other text as text.</summary>
    public static object? Json(object? value) => value is string text && Parse(Encoding.UTF8.GetBytes(text)) is { } document
        ? Use(document, static root => Text(json => Copy(root, json)))
        : value;

    static object? Convert(object? value, bool choices)
    {
        var bytes = value switch
        {
            string text => Encoding.UTF8.GetBytes(text),
            JsonText json => json.Utf8.ToArray(),
            _ => null,
        };
        if (bytes is null || Parse(bytes) is not { } document)
        {
            return value;
        }
        var converted = Use(document, root => root.ValueKind == JsonValueKind.Array && root.EnumerateArray().All(IsParted)
            ? Text(json => Messages(root, json, choices))
            : Text(json => Copy(root, json)));
        return value is JsonText original ? original.As(converted) : converted;
    }

    static T Use<T>(JsonDocument document, Func<JsonElement, T> read)
    {
        using (document)
        {
            return read(document.RootElement);
        }
    }

    static JsonDocument? Parse(byte[] utf8)
    {
        try
        {
            return JsonDocument.Parse(utf8);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    static bool IsParted(JsonElement message) =>
        message.ValueKind == JsonValueKind.Object
        && message.TryGetProperty("role", out var role) && role.ValueKind == JsonValueKind.String
        && message.TryGetProperty("parts", out var parts) && parts.ValueKind == JsonValueKind.Array;

    static JsonText Text(Action<JsonBuffer> write)
    {
        using var json = new JsonBuffer();
        write(json);
        return JsonText.Of(json);
    }

    static void Messages(JsonElement messages, JsonBuffer json, bool choices)
    {
        json.BeginArray();
        var index = 0;
        foreach (var message in messages.EnumerateArray())
        {
            if (choices)
            {
                Choice(message, index++, json);
            }
            else
            {
                foreach (var (role, part) in Turns(message))
                {
                    Message(role, message, part, json);
                }
            }
        }
        json.EndArray();
    }

    static void Choice(JsonElement message, int index, JsonBuffer json)
    {
        json.BeginObject();
        json.Name("index");
        json.Number(index);
        json.Name("finish_reason");
        if (message.TryGetProperty("finish_reason", out var reason) && reason.ValueKind == JsonValueKind.String)
        {
            json.String(reason.GetString());
        }
        else
        {
            json.Null();
        }
        json.Name("message");
        Message(message.GetProperty("role").GetString()!, message, null, json);
        json.EndObject();
    }

    /// <summary>A message whose parts are tool results is one message per result in OpenAI's form.</summary>
    static IEnumerable<(string Role, JsonElement? Result)> Turns(JsonElement message)
    {
        var role = message.GetProperty("role").GetString()!;
        var results = message.GetProperty("parts").EnumerateArray().Where(part => Kind(part) == "tool_call_response").ToList();
        if (results.Count == 0)
        {
            return [(role, null)];
        }
        return results.Select(result => ("tool", (JsonElement?)result));
    }

    static void Message(string role, JsonElement message, JsonElement? result, JsonBuffer json)
    {
        json.BeginObject();
        json.Name("role");
        json.String(role);
        if (result is { } tool)
        {
            json.Name("tool_call_id");
            json.String(Member(tool, "id"));
            json.Name("content");
            Content(Either(tool, "response", "result"), json);
        }
        else
        {
            var parts = message.GetProperty("parts");
            json.Name("content");
            Parts(parts, json);
            ToolCalls(parts, json);
        }
        json.EndObject();
    }

    static void Parts(JsonElement parts, JsonBuffer json)
    {
        var shown = parts.EnumerateArray().Where(part => Kind(part) != "tool_call").ToList();
        if (shown.Count == 0)
        {
            json.Null();
        }
        else if (shown.All(part => Kind(part) == "text"))
        {
            json.String(string.Concat(shown.Select(part => Member(part, "content"))));
        }
        else
        {
            json.BeginArray();
            foreach (var part in shown)
            {
                Part(part, json);
            }
            json.EndArray();
        }
    }

    static void Part(JsonElement part, JsonBuffer json)
    {
        if (Kind(part) != "text")
        {
            Copy(part, json);
            return;
        }
        json.BeginObject();
        json.Name("type");
        json.String("text");
        json.Name("text");
        json.String(Member(part, "content"));
        json.EndObject();
    }

    static void ToolCalls(JsonElement parts, JsonBuffer json)
    {
        var calls = parts.EnumerateArray().Where(part => Kind(part) == "tool_call").ToList();
        if (calls.Count == 0)
        {
            return;
        }
        json.Name("tool_calls");
        json.BeginArray();
        foreach (var call in calls)
        {
            json.BeginObject();
            json.Name("id");
            json.String(Member(call, "id"));
            json.Name("type");
            json.String("function");
            json.Name("function");
            json.BeginObject();
            json.Name("name");
            json.String(Member(call, "name"));
            json.Name("arguments"); // OpenAI's form holds them as JSON text
            json.String(call.TryGetProperty("arguments", out var arguments)
                ? arguments.ValueKind == JsonValueKind.String ? arguments.GetString() : arguments.GetRawText()
                : "{}");
            json.EndObject();
            json.EndObject();
        }
        json.EndArray();
    }

    static string? Kind(JsonElement part) => part.ValueKind == JsonValueKind.Object ? Member(part, "type") : null;

    static string? Member(JsonElement element, string name) =>
        element.TryGetProperty(name, out var member)
            ? member.ValueKind switch
            {
                JsonValueKind.String => member.GetString(),
                JsonValueKind.Null => null,
                _ => member.GetRawText(),
            }
            : null;

    static JsonElement? Either(JsonElement element, string name, string otherName) =>
        element.TryGetProperty(name, out var member) || element.TryGetProperty(otherName, out member) ? member : null;

    static void Content(JsonElement? content, JsonBuffer json)
    {
        if (content is not { } value)
        {
            json.Null();
        }
        else
        {
            json.String(value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText());
        }
    }

    static void Copy(JsonElement element, JsonBuffer json) => json.Raw(Encoding.UTF8.GetBytes(element.GetRawText()));
}
