using System.Text.Json;
using Braintrust.Logging.Llm;

namespace Braintrust.Logging.Rows;

/// <summary>A message as it was read.</summary>
/// <param name="Role">Who speaks.</param>
/// <param name="Name">Of the one who speaks, if it has one.</param>
/// <param name="Parts">What is said.</param>
readonly record struct ReadMessage(string Role, string? Name, List<ChatPart> Parts)
{
    /// <summary>How many messages it makes: each result of a tool is one of its own, as OpenAI has it.</summary>
    public int Turns => Math.Max(1, Parts.Count(static part => part.Kind == ChatPartKind.ToolResult) + (Parts.Exists(static part => part.Kind != ChatPartKind.ToolResult) ? 1 : 0));
}

/// <summary>The objects of libraries that call models, by the names of their members: pure.</summary>
static class ChatReader
{
    const string OpenAIMessage = "ChatMessage";

    public static ReadMessage Message(ChatSource source, object it)
    {
        var parts = new List<ChatPart>();
        foreach (var item in source.Items(source.Member(it, "Contents") ?? source.Member(it, "Items") ?? source.Member(it, "Content")))
        {
            if (item is not null)
            {
                parts.Add(Part(source, item));
            }
        }
        foreach (var call in source.Items(source.Member(it, "ToolCalls")))
        {
            if (call is not null)
            {
                parts.Add(new(ChatPartKind.ToolCall, Text(source, call, "FunctionArguments"), Text(source, call, "Id"), Text(source, call, "FunctionName")));
            }
        }
        if (Text(source, it, "ToolCallId") is { } id)
        {
            parts = [new(ChatPartKind.ToolResult, string.Concat(parts.Select(static part => part.Text)), id)];
        }
        if (parts.Count == 0 && Text(source, it, "Refusal") is { } refusal)
        {
            parts.Add(new(ChatPartKind.Text, refusal));
        }
        return new(Role(source, it), Text(source, it, "AuthorName") ?? Text(source, it, "ParticipantName"), parts);
    }

    /// <summary>The messages of an answer; OpenAI's is one itself.</summary>
    public static IEnumerable<ReadMessage> Messages(ChatSource source, object answer) => source.Member(answer, "Messages") is { } messages
        ? source.Items(messages).OfType<object>().Select(message => source.TypeOf(message) is null ? new("assistant", null, [Part(source, message)]) : Message(source, message))
        : [Message(source, answer)];

    public static AnswerHead Head(ChatSource source, object answer)
    {
        var tokens = new TokenCounts();
        if (source.Member(answer, "Usage") is { } usage && ChatMessages.Parse(source.Json(usage).ToString()) is { } document)
        {
            using (document)
            {
                tokens.Add(document.RootElement);
            }
        }
        return new(
            Text(source, answer, "ModelId") ?? Text(source, answer, "Model"), Text(source, answer, "ResponseId") ?? Text(source, answer, "Id"),
            source.Word(source.Member(answer, "FinishReason")) is { } reason ? JsonNamingPolicy.SnakeCaseLower.ConvertName(reason) : null, tokens);
    }

    public static ChatPart Part(ChatSource source, object it) => source.TypeOf(it) switch
    {
        "TextContent" => new(ChatPartKind.Text, Text(source, it, "Text")),
        "TextReasoningContent" or "ReasoningContent" => new(ChatPartKind.Reasoning, Text(source, it, "Text")),
        "FunctionCallContent" => new(ChatPartKind.ToolCall, Text(source, it, "Arguments"), Text(source, it, "CallId") ?? Text(source, it, "Id"), Text(source, it, "Name") ?? KernelTool(source, it)),
        "FunctionResultContent" => new(ChatPartKind.ToolResult, Text(source, it, "Result"), Text(source, it, "CallId")),
        "DataContent" or "UriContent" or "AudioContent" or "BinaryContent" => File(source, it, null),
        "ImageContent" => File(source, it, "image"),
        "UsageContent" => new(ChatPartKind.Usage, null, null, null, Raw(source, it)),
        "ChatMessageContentPart" => OpenAIPart(source, it),
        null when source.Word(it) is { } text => new(ChatPartKind.Text, text),
        _ => new(ChatPartKind.Other, null, null, null, Raw(source, it)),
    };

    /// <summary>The name that an option has in OpenAI's requests.</summary>
    public static string OptionName(string name) => name switch
    {
        "modelId" => "model",
        "maxOutputTokens" => "max_tokens",
        "topP" => "top_p",
        "topK" => "top_k",
        "frequencyPenalty" => "frequency_penalty",
        "presencePenalty" => "presence_penalty",
        "stopSequences" => "stop",
        "responseFormat" => "response_format",
        "toolMode" => "tool_choice",
        "allowMultipleToolCalls" => "parallel_tool_calls",
        "conversationId" => "gen_ai.conversation.id",
        _ => name,
    };

    /// <summary>Which option must not be written: code, that makes a provider's own request.</summary>
    public static bool IsCode(string member) => member is "RawRepresentationFactory" or "Tools";

    /// <summary>OpenAI's messages say by their type who speaks.</summary>
    static string Role(ChatSource source, object it) => source.Word(source.Member(it, "Role")) is { Length: > 0 } role ? role.ToLowerInvariant()
        : source.TypeOf(it) is { } type && type.Length > OpenAIMessage.Length && type.EndsWith(OpenAIMessage, StringComparison.Ordinal) ? type[..^OpenAIMessage.Length].ToLowerInvariant()
        : "assistant";

    static ChatPart File(ChatSource source, object it, string? otherwise)
    {
        var mediaType = Text(source, it, "MediaType") ?? Text(source, it, "MimeType");
        var url = Text(source, it, "Uri") ?? Text(source, it, "DataUri") ?? source.Data(source.Member(it, "Data"), mediaType) ?? Unread(mediaType);
        return new(ChatPartKind.Link, url, null, mediaType ?? otherwise);
    }

    static ChatPart OpenAIPart(ChatSource source, object it)
    {
        if ((Text(source, it, "Text") ?? Text(source, it, "Refusal")) is { } text)
        {
            return new(ChatPartKind.Text, text);
        }
        var mediaType = Text(source, it, "ImageBytesMediaType") ?? Text(source, it, "FileBytesMediaType") ?? (source.Word(source.Member(it, "InputAudioFormat")) is { } format ? "audio/" + format : null);
        var isImage = source.Word(source.Member(it, "Kind")) == "Image";
        var url = Text(source, it, "ImageUri") ?? Text(source, it, "FileId")
            ?? source.Data(source.Member(it, "ImageBytes") ?? source.Member(it, "FileBytes") ?? source.Member(it, "InputAudioBytes"), mediaType);
        return new(ChatPartKind.Link, url ?? Unread(mediaType), null, mediaType ?? (isImage ? "image" : null));
    }

    /// <summary>What is left of a file whose bytes nobody kept.</summary>
    static string Unread(string? mediaType) => $"data:{mediaType ?? "application/octet-stream"};base64,…";

    static string? KernelTool(ChatSource source, object it) =>
        Text(source, it, "PluginName") is { Length: > 0 } plugin ? $"{plugin}-{Text(source, it, "FunctionName")}" : Text(source, it, "FunctionName");

    static string? Text(ChatSource source, object it, string member) => source.Member(it, member) is { } value ? source.Text(value) : null;

    static JsonElement Raw(ChatSource source, object it)
    {
        using var document = JsonDocument.Parse(source.Json(it).Memory, new JsonDocumentOptions { MaxDepth = 16 * ValueLimits.Depth }); // frozen values may hold frozen values
        return document.RootElement.Clone();
    }
}
