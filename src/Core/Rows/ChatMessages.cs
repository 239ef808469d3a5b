using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Braintrust.Logging.Rows;

/// <summary>
/// Chat messages of any form a library writes (<see cref="ChatPart"/>), usually as JSON text, into OpenAI's chat form, which is what Braintrust shows as a chat
/// (PROTOCOL section 18). What is not of such a form stays as it is.
/// </summary>
static partial class ChatMessages
{
    /// <summary>Of text that is read as JSON; what is longer shows as text, cut.</summary>
    public const int ReadableChars = 8 * 1024 * 1024;

    public static object? Input(object? value) => Read(value, Input);

    public static object? Output(object? value) => Read(value, root => Output(root, null));

    /// <summary>JSON text as the value it says, any other text as text.</summary>
    public static object? Json(object? value) => value is string text && Parse(text) is { } document ? Use(document, Whole) : value;

    /// <summary>JSON that is an object or a list; null for anything else.</summary>
    public static JsonText? Structure(object? value) => Json(value) is JsonText { Utf8: [(byte)'{' or (byte)'[', ..] } json ? json : null;

    /// <summary>Null: it is no list of messages.</summary>
    public static JsonText? Messages(JsonElement root)
    {
        if (!IsList(root))
        {
            return null;
        }
        using var writer = new ChatWriter();
        writer.Begin();
        foreach (var message in root.EnumerateArray())
        {
            writer.Message(message);
        }
        writer.End();
        return writer.Value();
    }

    /// <summary>Null: it is no list of messages.</summary>
    /// <param name="root">The messages.</param>
    /// <param name="finishReason">Why the last of them ended, unless they say so themselves.</param>
    public static JsonText? Choices(JsonElement root, string? finishReason)
    {
        if (!IsList(root))
        {
            return null;
        }
        using var writer = new ChatWriter();
        writer.Begin();
        var left = root.GetArrayLength();
        foreach (var message in root.EnumerateArray())
        {
            writer.Choice(message, ChatPart.Member(message, "finish_reason") ?? (--left == 0 ? finishReason : null));
        }
        writer.End();
        return writer.Value();
    }

    /// <summary>Whether messages can be put before it.</summary>
    public static bool IsList(object value) => value is JsonText { Utf8: [(byte)'[', ..] };

    /// <summary>The messages with the system's instructions before them: a text, or a list of parts.</summary>
    public static JsonText WithInstructions(object instructions, object? input)
    {
        using var writer = new ChatWriter();
        writer.Begin();
        if (instructions is string text && Parse(text) is not { RootElement.ValueKind: JsonValueKind.Array })
        {
            writer.Message("system", text);
        }
        else
        {
            Read(instructions, root =>
            {
                writer.Message("system", null, root.ValueKind == JsonValueKind.Array ? [.. root.EnumerateArray().Select(ChatPart.Of)] : [ChatPart.Of(root)]);
                return root;
            });
        }
        if (input is JsonText messages)
        {
            Read(messages, root =>
            {
                foreach (var message in root.EnumerateArray())
                {
                    writer.Raw(Encoding.UTF8.GetBytes(message.GetRawText()));
                }
                return root;
            });
        }
        writer.End();
        return input is JsonText before ? before.As(writer.Value()) : writer.Value();
    }

    /// <summary>A message in OpenAI's form or nearly so (Semantic Kernel's events): roles in lower case, arguments as text, nothing that is empty.</summary>
    public static JsonText Tidy(JsonText message)
    {
        using var document = Parse(message.Utf8.ToArray());
        if (document is not { RootElement.ValueKind: JsonValueKind.Object })
        {
            return message;
        }
        using var json = new JsonBuffer();
        Tidy(document.RootElement, json);
        return message.As(JsonText.Of(json));
    }

    public static JsonDocument? Parse(string text)
    {
        try
        {
            return text.Length > ReadableChars ? null : JsonDocument.Parse(Paired(text));
        }
        catch (Exception error) when (error is JsonException or ArgumentException) // a lone surrogate is an argument's fault
        {
            return null;
        }
    }

    /// <summary>The element as it is; text where it is larger than a value may be.</summary>
    public static JsonText Whole(JsonElement element)
    {
        var raw = Encoding.UTF8.GetBytes(element.GetRawText());
        if (raw.Length <= ValueLimits.ValueBytes)
        {
            return new JsonText(raw);
        }
        using var json = new JsonBuffer();
        json.String(element.GetRawText(), ValueLimits.StringChars);
        return new JsonText(json.Written.ToArray());
    }

    static JsonText Input(JsonElement root) => Messages(root) ?? Whole(root);

    static JsonText Output(JsonElement root, string? finishReason) => Choices(root, finishReason) ?? Whole(root);

    static bool IsList(JsonElement root) => root.ValueKind == JsonValueKind.Array && root.EnumerateArray().All(ChatWriter.IsMessage);

    static object? Read<T>(object? value, Func<JsonElement, T> read)
    {
        var document = value switch
        {
            string text => Parse(text),
            JsonText frozen => Parse(frozen.Utf8.ToArray()),
            _ => null,
        };
        if (document is null)
        {
            return value;
        }
        var converted = Use(document, read);
        return value is JsonText original && converted is JsonText json ? original.As(json) : converted;
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
            return utf8.AsSpan().IndexOf("\\ud"u8) < 0 && utf8.AsSpan().IndexOf("\\uD"u8) < 0 ? JsonDocument.Parse(utf8) : JsonDocument.Parse(Paired(Encoding.UTF8.GetString(utf8)));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>An escaped half of a surrogate pair is valid JSON, but cannot be read as text.</summary>
    static string Paired(string text) =>
        text.Contains("\\ud", StringComparison.OrdinalIgnoreCase) ? LoneHalf().Replace(text, static half => half.Value.Length > 6 ? half.Value : "\\ufffd") : text;

    [GeneratedRegex(@"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[dD][89a-fA-F][0-9a-fA-F]{2}")]
    private static partial Regex LoneHalf();

    static void Tidy(JsonElement element, JsonBuffer json)
    {
        json.BeginObject();
        foreach (var member in element.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.Array && member.Value.GetArrayLength() == 0 || member is { Name: "name", Value.ValueKind: JsonValueKind.Null })
            {
                continue;
            }
            json.Name(member.Name);
            switch (member)
            {
                case { Name: "role", Value.ValueKind: JsonValueKind.String }:
                    json.String(member.Value.GetString()!.ToLowerInvariant());
                    break;
                case { Name: "arguments", Value.ValueKind: JsonValueKind.Object }:
                    json.String(member.Value.GetRawText(), ValueLimits.StringChars);
                    break;
                case { Name: "message" or "function", Value.ValueKind: JsonValueKind.Object }:
                    Tidy(member.Value, json);
                    break;
                case { Name: "tool_calls", Value.ValueKind: JsonValueKind.Array }:
                    json.BeginArray();
                    foreach (var call in member.Value.EnumerateArray().Where(static call => call.ValueKind == JsonValueKind.Object))
                    {
                        Tidy(call, json);
                    }
                    json.EndArray();
                    break;
                case { Value.ValueKind: JsonValueKind.String }:
                    json.String(member.Value.GetString(), ValueLimits.StringChars);
                    break;
                default:
                    json.Raw(Whole(member.Value).Utf8);
                    break;
            }
        }
        json.EndObject();
    }
}
