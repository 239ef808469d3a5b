using Braintrust.Logging.Llm;
using Braintrust.Logging.Privacy;
using Braintrust.Logging.Rows;
using Serilog.Events;

namespace Serilog.Sinks.Braintrust;

/// <summary>The objects of libraries that call models as Serilog captured them: known by their type's name and by what they have.</summary>
sealed class StructureSource : ChatSource
{
    public static readonly StructureSource Instance = new();

    StructureSource()
    {
    }

    /// <summary>Null: it is none of a library's.</summary>
    public static ChatKind? KindOf(StructureValue it) => it.TypeTag switch
    {
        null => null,
        "ChatMessage" => Has(it, "Role") && Get(it, "Contents") is SequenceValue ? ChatKind.Message : null,
        "ChatMessageContent" => Has(it, "Role") && Get(it, "Items") is SequenceValue ? ChatKind.Message : null,
        "ChatResponse" or "ChatResponse`1" or "AgentResponse" or "AgentResponse`1" or "AgentRunResponse" or "AgentRunResponse`1" =>
            Has(it, "ResponseId") && Get(it, "Messages") is SequenceValue messages && messages.Elements.All(IsMessage) ? ChatKind.Answer : null,
        "ChatCompletion" => Has(it, "FinishReason") && Has(it, "ToolCalls") && Has(it, "Content") ? ChatKind.Answer : null,
        "ChatOptions" => Has(it, "ModelId") && Has(it, "MaxOutputTokens") && Has(it, "ToolMode") ? ChatKind.Options : null,
        "ChatMessageContentPart" => Has(it, "Kind") && Has(it, "Text") ? ChatKind.Part : null,
        var tag when tag.EndsWith("ChatMessage", StringComparison.Ordinal) =>
            Get(it, "Content") is SequenceValue parts && parts.Elements.All(static part => part is StructureValue { TypeTag: "ChatMessageContentPart" }) ? ChatKind.Message : null,
        var tag when tag.EndsWith("Content", StringComparison.Ordinal) =>
            Has(it, "AdditionalProperties") && Has(it, "Annotations") || Has(it, "MimeType") && Has(it, "ModelId") && Has(it, "Metadata") ? ChatKind.Part : null,
        _ => null,
    };

    public static void Write(StructureValue it, ChatKind kind, ChatWriter writer, JsonBuffer json, int end, bool inList)
    {
        switch (kind)
        {
            case ChatKind.Message:
                writer.Messages(ChatReader.Message(Instance, it), inList);
                break;
            case ChatKind.Answer:
                writer.Answer([.. ChatReader.Messages(Instance, it)], ChatReader.Head(Instance, it).FinishReason);
                break;
            case ChatKind.Part:
                writer.Lone(ChatReader.Part(Instance, it));
                break;
            default:
                WriteRaw(it, json, end, 0, ChatReader.OptionName);
                break;
        }
    }

    /// <summary>Null: it is no answer.</summary>
    public static AnswerHead? Head(LogEventPropertyValue value) => value switch
    {
        ScalarValue { Value: JsonText json } => json.Head,
        StructureValue it when KindOf(it) == ChatKind.Answer => ChatReader.Head(Instance, it),
        _ => null,
    };

    public override string? TypeOf(object? it) => (it as StructureValue)?.TypeTag;

    public override object? Member(object it, string name) => it is StructureValue structure && Get(structure, name) is { } value and not ScalarValue { Value: null } ? value : null;

    public override IReadOnlyList<object?> Items(object? list) => list switch
    {
        null => [],
        SequenceValue sequence => sequence.Elements.Count <= ValueLimits.Items
            ? sequence.Elements
            : [.. sequence.Elements.Take(ValueLimits.Items), new ScalarValue(ValueMarks.TooManyItems)],
        _ => [list],
    };

    public override string? Text(object? value) => value switch
    {
        null or ScalarValue { Value: null } => null,
        ScalarValue { Value: string text } => text,
        ScalarValue scalar => Values.Text(Values.Freeze(scalar.Value)),
        SequenceValue list when Pairs(list) is { } pairs => Text(pairs),
        _ when PropertyWriter.Plain((LogEventPropertyValue)value) is JsonText json => SecretScrubber.Text(json, scrubs: true),
        _ => null,
    };

    /// <summary>What .NET writes as a structure of one value, as roles are.</summary>
    public override string? Word(object? value) => value switch
    {
        StructureValue { Properties: [{ Value: ScalarValue { Value: string text } }] } => text,
        ScalarValue scalar => Text(scalar),
        _ => null,
    };

    /// <summary>Serilog keeps no bytes.</summary>
    public override string? Data(object? bytes, string? mediaType) => null;

    public override JsonText Json(object it)
    {
        using var json = new JsonBuffer();
        WriteRaw((LogEventPropertyValue)it, json, ValueLimits.ValueBytes, 0, static name => name);
        return JsonText.Of(json);
    }

    static void WriteRaw(LogEventPropertyValue value, JsonBuffer json, int end, int depth, Func<string, string> rename)
    {
        if (value is not StructureValue it || depth == ValueLimits.Depth)
        {
            PropertyWriter.Write(value, json);
            return;
        }
        json.BeginObject();
        if (it.TypeTag is { } tag && tag.EndsWith("Content", StringComparison.Ordinal))
        {
            json.Name("$type");
            json.String(ChatNames.Camel(tag[..^"Content".Length]));
        }
        foreach (var property in it.Properties)
        {
            if (property.Value is ScalarValue { Value: null } || ChatReader.IsCode(property.Name))
            {
                continue;
            }
            var before = json.Length;
            json.Name(rename(ChatNames.Camel(property.Name)));
            WriteRaw(property.Value, json, end, depth + 1, static name => name);
            if (json.Length > end)
            {
                json.Truncate(before);
                json.Name(ValueMarks.Member);
                json.String(ValueMarks.TooLarge);
                break;
            }
        }
        json.EndObject();
    }

    /// <summary>Of a dictionary of a type that Serilog does not take for one; null: it is no such list.</summary>
    static DictionaryValue? Pairs(SequenceValue list)
    {
        var pairs = new Dictionary<ScalarValue, LogEventPropertyValue>();
        foreach (var element in list.Elements)
        {
            if (element is not StructureValue { Properties: [{ Name: "Key", Value: ScalarValue key }, { Name: "Value", Value: var value }] })
            {
                return null;
            }
            pairs[key] = value;
        }
        return pairs.Count == 0 ? null : new DictionaryValue(pairs);
    }

    static bool IsMessage(LogEventPropertyValue it) => it is StructureValue structure && KindOf(structure) == ChatKind.Message;

    static bool Has(StructureValue it, string name) => Get(it, name) is not null;

    static LogEventPropertyValue? Get(StructureValue it, string name)
    {
        for (var i = 0; i < it.Properties.Count; i++)
        {
            if (it.Properties[i].Name == name)
            {
                return it.Properties[i].Value;
            }
        }
        return null;
    }
}
