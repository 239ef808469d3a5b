using Braintrust.Logging;
using Braintrust.Logging.Rows;
using Serilog.Events;

namespace Serilog.Sinks.Braintrust;

/// <summary>Writes Serilog's values as plain JSON, within the core's limits. Type tags are left out: they name .NET types, not data.</summary>
static class PropertyWriter
{
    // What the last mark and the closing brackets need.
    const int Budget = ValueLimits.ValueBytes - 256;

    public static void Write(LogEventPropertyValue value, JsonBuffer json) => Write(value, json, json.Length + Budget, 0);

    /// <summary>The value as one that needs no front end any more, and that nobody can change.</summary>
    public static object? Plain(LogEventPropertyValue value)
    {
        if (value is ScalarValue scalar)
        {
            return Values.Freeze(scalar.Value);
        }
        using var json = new JsonBuffer();
        Write(value, json);
        return JsonText.Of(json, StructureSource.Head(value));
    }

    /// <summary>False: it was cut, and nothing may follow the mark.</summary>
    static bool Write(LogEventPropertyValue value, JsonBuffer json, int end, int depth, bool inList = false)
    {
        switch (value)
        {
            case ScalarValue scalar:
                Values.Write(scalar.Value, json);
                break;
            case StructureValue or SequenceValue or DictionaryValue when depth == ValueLimits.Depth:
                json.String(ValueMarks.TooDeep);
                break;
            case StructureValue chat when StructureSource.KindOf(chat) is { } kind:
                using (var writer = new ChatWriter(json, end))
                {
                    StructureSource.Write(chat, kind, writer, json, end, inList);
                    return !writer.IsFull;
                }
            case StructureValue structure:
                if (structure.TypeTag == nameof(BraintrustAttachment))
                {
                    BraintrustDiagnostics.Warn("destructure", "An attachment was logged, but Serilog captured its properties only, and nothing is uploaded. Set Destructure.Braintrust().", 1);
                }
                json.BeginObject();
                WriteMembers(structure, json, end, depth + 1);
                json.EndObject();
                break;
            case SequenceValue sequence:
                json.BeginArray();
                WriteElements(sequence, json, end, depth + 1);
                json.EndArray();
                break;
            case DictionaryValue dictionary:
                json.BeginObject();
                WriteMembers(dictionary, json, end, depth + 1);
                json.EndObject();
                break;
            default:
                json.String(ValueText.Of(value), ValueLimits.StringChars);
                break;
        }
        return true;
    }

    static void WriteMembers(StructureValue structure, JsonBuffer json, int end, int depth)
    {
        var count = 0;
        var isMessage = IsMessage(structure);
        foreach (var property in structure.Properties)
        {
            var name = isMessage ? ChatNames.Of(property.Name) : property.Name;
            var value = isMessage && property is { Name: ChatNames.Role, Value: ScalarValue { Value: Enum role } } ? new ScalarValue(ChatNames.RoleOf(role)) : property.Value;
            if (!WriteMember(name, value, count++, json, end, depth))
            {
                return;
            }
        }
    }

    static bool IsMessage(StructureValue structure)
    {
        var (hasRole, hasContent) = (false, false);
        foreach (var property in structure.Properties)
        {
            hasRole |= property is { Name: ChatNames.Role, Value: ScalarValue { Value: null or string or Enum } };
            hasContent |= property.Name == ChatNames.Content;
        }
        return hasRole && hasContent;
    }

    static void WriteMembers(DictionaryValue dictionary, JsonBuffer json, int end, int depth)
    {
        var count = 0;
        foreach (var (key, value) in dictionary.Elements)
        {
            if (!WriteMember(Values.Text(key.Value), value, count++, json, end, depth))
            {
                return;
            }
        }
    }

    static bool WriteMember(string name, LogEventPropertyValue value, int count, JsonBuffer json, int end, int depth)
    {
        var before = json.Length;
        if (count < ValueLimits.Items)
        {
            json.Name(ValueMarks.Cut(name, ValueLimits.NameChars));
            Write(value, json, end, depth);
            if (json.Length <= end)
            {
                return true;
            }
        }
        json.Truncate(before);
        json.Name(ValueMarks.Member);
        json.String(count < ValueLimits.Items ? ValueMarks.TooLarge : ValueMarks.TooManyItems);
        return false;
    }

    static void WriteElements(SequenceValue sequence, JsonBuffer json, int end, int depth)
    {
        for (var i = 0; i < sequence.Elements.Count; i++)
        {
            var before = json.Length;
            if (i < ValueLimits.Items)
            {
                var isWhole = Write(sequence.Elements[i], json, end, depth, inList: true);
                if (json.Length <= end)
                {
                    if (isWhole)
                    {
                        continue;
                    }
                    return;
                }
            }
            json.Truncate(before);
            json.String(i < ValueLimits.Items ? ValueMarks.TooLarge : ValueMarks.TooManyItems);
            return;
        }
    }
}
