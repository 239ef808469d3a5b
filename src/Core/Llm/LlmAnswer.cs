using System.Text;
using System.Text.Json;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Llm;

/// <summary>
/// What a model answered: read from the whole response, or gathered from its pieces within bounds. Not for several threads at once.
/// </summary>
sealed class LlmAnswer
{
    const int ManyParts = 200;

    readonly StringBuilder _text = new();
    readonly StringBuilder _reasoning = new();
    readonly List<ChatPart> _parts = [];
    JsonText? _choices;
    bool _hasPieces;
    long _textLength;

    public string? ResponseId { get; private set; }
    public string? Model { get; private set; }
    public string? FinishReason { get; private set; }
    public TokenCounts Tokens { get; } = new();

    /// <summary>The answer as OpenAI's choices; null if nothing was told.</summary>
    public object? Output
    {
        get
        {
            if (_choices is not null || !_hasPieces)
            {
                return _choices;
            }
            using var writer = new ChatWriter();
            writer.Begin();
            writer.BeginChoice(FinishReason);
            writer.Message("assistant", null, [.. Gathered(_reasoning, ChatPartKind.Reasoning, 0), .. Gathered(_text, ChatPartKind.Text, _textLength), .. _parts]);
            writer.EndChoice();
            writer.End();
            return writer.Value();
        }
    }

    public void Read(JsonElement response)
    {
        if (response.ValueKind != JsonValueKind.Object)
        {
            return;
        }
        ReadHead(response);
        if (response.TryGetProperty("usage", out var usage))
        {
            Tokens.Add(usage);
        }
        if (response.TryGetProperty("messages", out var messages))
        {
            _choices = ChatMessages.Choices(messages, FinishReason);
        }
    }

    /// <summary>Adds a piece.</summary>
    public void Add(JsonElement update)
    {
        ReadHead(update);
        if (!update.TryGetProperty("contents", out var contents) || contents.ValueKind != JsonValueKind.Array)
        {
            return;
        }
        foreach (var content in contents.EnumerateArray())
        {
            var part = ChatPart.Of(content);
            switch (part.Kind)
            {
                case ChatPartKind.Text:
                    _textLength += part.Text?.Length ?? 0;
                    Gather(_text, part.Text);
                    break;
                case ChatPartKind.Reasoning:
                    Gather(_reasoning, part.Text);
                    break;
                case ChatPartKind.Usage:
                    if (content.TryGetProperty("details", out var details))
                    {
                        Tokens.Add(details);
                    }
                    break;
                case ChatPartKind.ToolResult:
                    break; // not the model's
                default:
                    if (_parts.Count < ManyParts)
                    {
                        _hasPieces = true;
                        _parts.Add(part with { Raw = part.Raw.Clone(), Text = part.Text is null ? null : ValueMarks.Cut(part.Text, ValueLimits.StringChars) });
                    }
                    break;
            }
        }
    }

    void ReadHead(JsonElement element)
    {
        ResponseId = ChatPart.Member(element, "responseId") ?? ResponseId;
        Model = ChatPart.Member(element, "modelId") ?? Model;
        FinishReason = ChatPart.Member(element, "finishReason") ?? FinishReason;
    }

    void Gather(StringBuilder into, string? text)
    {
        if (text is { Length: > 0 })
        {
            _hasPieces = true;
            into.Append(text, 0, ValueMarks.Keep(text, Math.Min(text.Length, ValueLimits.StringChars - into.Length)));
        }
    }

    static ChatPart[] Gathered(StringBuilder text, ChatPartKind kind, long length) =>
        text.Length == 0 ? []
        : length > text.Length ? [new(kind, text + ValueMarks.TruncatedText((int)Math.Min(length, int.MaxValue)))]
        : [new(kind, text.ToString())];
}
