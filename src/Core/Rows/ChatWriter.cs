using System.Text;
using System.Text.Json;

namespace Braintrust.Logging.Rows;

/// <summary>Writes chat messages in OpenAI's form, within the limits of one value: what does not fit leaves a mark.</summary>
/// <param name="into">What is written to; without one, what <see cref="Value"/> gives.</param>
/// <param name="bytes">How much may be written to that in all.</param>
sealed class ChatWriter(JsonBuffer? into = null, int bytes = ValueLimits.ValueBytes) : IDisposable
{
    // What the last mark and the closing brackets need.
    const int Reserve = 1024;

    readonly JsonBuffer _json = into ?? new();
    readonly int _budget = bytes - Reserve;
    int _index;
    bool _isFull;

    /// <summary>Something did not fit: the mark that says so is the last that is to be written.</summary>
    public bool IsFull => _isFull;

    public static bool IsMessage(JsonElement message) => message.ValueKind == JsonValueKind.Object && Role(message) is not null && PartsOf(message) is not null;

    public JsonText Value() => new(_json.Written.ToArray());

    public void Dispose()
    {
        if (into is null)
        {
            _json.Dispose();
        }
    }

    public void Begin() => _json.BeginArray();

    public void End() => _json.EndArray();

    public void Message(JsonElement message) => Message(Read(message));

    public void Message(in ReadMessage message)
    {
        foreach (var (parts, result) in Turns(message.Parts))
        {
            if (HasRoom())
            {
                Turn(message, parts, result);
            }
        }
    }

    /// <summary>A message that stands where one value does: those that it makes are in a list, unless one is around it.</summary>
    public void Messages(in ReadMessage message, bool inList)
    {
        if (inList || message.Turns == 1)
        {
            Message(message);
            return;
        }
        Begin();
        Message(message);
        End();
    }

    /// <summary>All that was answered.</summary>
    public void Answer(IReadOnlyList<ReadMessage> messages, string? finishReason)
    {
        Begin();
        for (var i = 0; i < messages.Count; i++)
        {
            Choice(messages[i], i == messages.Count - 1 ? finishReason : null);
        }
        End();
    }

    public void Choice(JsonElement message, string? finishReason) => Choice(Read(message), finishReason);

    /// <summary>An answer: the message among others that could have been given.</summary>
    public void Choice(in ReadMessage message, string? finishReason)
    {
        foreach (var (parts, result) in Turns(message.Parts))
        {
            if (HasRoom())
            {
                BeginChoice(finishReason);
                Turn(message, parts, result);
                EndChoice();
            }
        }
    }

    /// <summary>A part that stands in no message.</summary>
    public void Lone(ChatPart part)
    {
        switch (part.Kind)
        {
            case ChatPartKind.ToolCall:
                ToolCall(part);
                break;
            case ChatPartKind.ToolResult:
                Result(part);
                break;
            case ChatPartKind.Reasoning:
                _json.BeginObject();
                _json.Name("type");
                _json.String("reasoning"u8);
                _json.Name("content");
                String(part.Text);
                _json.EndObject();
                break;
            case ChatPartKind.Usage:
                Copy(part.Raw);
                break;
            default:
                Part(part);
                break;
        }
    }

    public void BeginChoice(string? finishReason)
    {
        _json.BeginObject();
        _json.Name("index");
        _json.Number(_index++);
        _json.Name("finish_reason");
        _json.String(finishReason);
        _json.Name("message");
    }

    public void EndChoice() => _json.EndObject();

    public void Message(string role, string? name, IReadOnlyList<ChatPart> parts)
    {
        _json.BeginObject();
        _json.Name("role");
        _json.String(role);
        if (name is not null)
        {
            _json.Name("name");
            _json.String(name, ValueLimits.NameChars);
        }
        _json.Name("content");
        Content(parts);
        Reasoning(parts);
        ToolCalls(parts);
        _json.EndObject();
    }

    /// <summary>A message of plain text.</summary>
    public void Message(string role, string text)
    {
        _json.BeginObject();
        _json.Name("role");
        _json.String(role);
        _json.Name("content");
        String(text);
        _json.EndObject();
    }

    public void Raw(ReadOnlySpan<byte> message)
    {
        if (HasRoom(message.Length))
        {
            _json.Raw(message);
        }
    }

    /// <summary>Each result of a tool is a message of its own, as OpenAI has it.</summary>
    static IEnumerable<(List<ChatPart> Parts, ChatPart? Result)> Turns(List<ChatPart> all)
    {
        var parts = all.FindAll(static part => part.Kind != ChatPartKind.ToolResult);
        if (parts.Count > 0 || all.Count == 0)
        {
            yield return (parts, null);
        }
        foreach (var part in all)
        {
            if (part.Kind == ChatPartKind.ToolResult)
            {
                yield return ([], part);
            }
        }
    }

    void Turn(in ReadMessage message, List<ChatPart> parts, ChatPart? result)
    {
        if (result is { } tool)
        {
            Result(tool);
        }
        else
        {
            Message(message.Role, message.Name, parts);
        }
    }

    static ReadMessage Read(JsonElement message) =>
        new(Role(message)!, Text(message, "authorName") ?? Text(message, "name"), [.. PartsOf(message)!.Value.EnumerateArray().Select(ChatPart.Of)]);

    static string? Role(JsonElement message)
    {
        var role = Member(message, "role") ?? Member(message, "Role");
        return role is { ValueKind: JsonValueKind.Object } labelled ? Text(labelled, "Label")
            : role is { ValueKind: JsonValueKind.String } plain ? plain.GetString()
            : null;
    }

    static JsonElement? PartsOf(JsonElement message) =>
        (Member(message, "parts") ?? Member(message, "contents") ?? Member(message, "Items")) is { ValueKind: JsonValueKind.Array } parts ? parts : null;

    static JsonElement? Member(JsonElement element, string name) => element.TryGetProperty(name, out var member) ? member : null;

    static string? Text(JsonElement element, string name) => ChatPart.Member(element, name);

    void Result(ChatPart result)
    {
        _json.BeginObject();
        _json.Name("role");
        _json.String("tool"u8);
        _json.Name("tool_call_id");
        _json.String(result.Id);
        _json.Name("content");
        String(result.Text);
        _json.EndObject();
    }

    void Content(IReadOnlyList<ChatPart> parts)
    {
        var shown = parts.Where(static part => part.Kind is ChatPartKind.Text or ChatPartKind.Link or ChatPartKind.Other).ToList();
        if (shown.Count == 0)
        {
            _json.Null();
        }
        else if (shown.TrueForAll(static part => part.Kind == ChatPartKind.Text))
        {
            String(shown.Count == 1 ? shown[0].Text : string.Concat(shown.Select(part => part.Text)));
        }
        else
        {
            _json.BeginArray();
            foreach (var part in shown)
            {
                if (HasRoom())
                {
                    Part(part);
                }
            }
            _json.EndArray();
        }
    }

    void Part(ChatPart part)
    {
        if (part.Kind == ChatPartKind.Other)
        {
            Copy(part.Raw);
            return;
        }
        var type = part.Kind == ChatPartKind.Text ? "text" : "image_url";
        _json.BeginObject();
        _json.Name("type");
        if (part.Kind == ChatPartKind.Link && !IsImage(part))
        {
            _json.String("file"u8);
            _json.Name("file");
            _json.BeginObject();
            _json.Name("file_data");
            Link(part);
            _json.EndObject();
        }
        else
        {
            _json.String(type);
            _json.Name(type);
            if (part.Kind == ChatPartKind.Text)
            {
                String(part.Text);
            }
            else
            {
                _json.BeginObject();
                _json.Name("url");
                Link(part);
                _json.EndObject();
            }
        }
        _json.EndObject();
    }

    /// <summary>A URL that says its data stays whole or keeps only what it is: half of an image shows nothing.</summary>
    void Link(ChatPart part)
    {
        var url = part.IsBareData ? $"data:{part.Name};base64,{part.Text}" : part.Text ?? "";
        var room = Room();
        if (url.Length > room && url.StartsWith("data:", StringComparison.Ordinal) && url.IndexOf(',') is var comma and > 0)
        {
            url = url[..Math.Min(comma + 1, ValueLimits.NameChars)] + ValueMarks.TruncatedText(url.Length);
        }
        _json.String(url, room);
    }

    static bool IsImage(ChatPart part) =>
        (part.Name ?? "").StartsWith("image", StringComparison.Ordinal) || (part.Text ?? "").StartsWith("data:image", StringComparison.Ordinal);

    /// <summary>Not OpenAI's, but what Braintrust shows beside the answer.</summary>
    void Reasoning(IReadOnlyList<ChatPart> parts)
    {
        var thoughts = string.Concat(parts.Where(static part => part.Kind == ChatPartKind.Reasoning).Select(static part => part.Text));
        if (thoughts.Length > 0)
        {
            _json.Name("reasoning");
            _json.BeginArray();
            _json.BeginObject();
            _json.Name("content");
            String(thoughts);
            _json.EndObject();
            _json.EndArray();
        }
    }

    void ToolCalls(IReadOnlyList<ChatPart> parts)
    {
        if (!parts.Any(static part => part.Kind == ChatPartKind.ToolCall))
        {
            return;
        }
        _json.Name("tool_calls");
        _json.BeginArray();
        foreach (var call in parts.Where(static part => part.Kind == ChatPartKind.ToolCall))
        {
            if (!HasRoom())
            {
                break;
            }
            ToolCall(call);
        }
        _json.EndArray();
    }

    void ToolCall(ChatPart call)
    {
        _json.BeginObject();
        _json.Name("id");
        _json.String(call.Id);
        _json.Name("type");
        _json.String("function"u8);
        _json.Name("function");
        _json.BeginObject();
        _json.Name("name");
        _json.String(call.Name);
        _json.Name("arguments"); // OpenAI's form holds them as JSON text
        String(call.Text ?? "{}");
        _json.EndObject();
        _json.EndObject();
    }

    void Copy(JsonElement element)
    {
        var raw = element.GetRawText();
        if (raw.Length <= Room())
        {
            _json.Raw(Encoding.UTF8.GetBytes(raw));
        }
        else
        {
            _json.String(raw, Room());
        }
    }

    void String(string? text)
    {
        if (text is null)
        {
            _json.Null();
        }
        else
        {
            _json.String(text, Room());
        }
    }

    int Room() => Math.Clamp(_budget - _json.Length, 256, ValueLimits.StringChars);

    /// <summary>Whether one more fits. The first that does not leaves the mark in its place.</summary>
    bool HasRoom(int bytes = 0)
    {
        if (!_isFull && _json.Length + bytes > _budget)
        {
            _isFull = true;
            _json.String(ValueMarks.TooLarge);
        }
        return !_isFull;
    }
}
