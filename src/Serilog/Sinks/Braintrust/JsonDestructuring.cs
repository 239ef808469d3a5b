using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using Braintrust.Logging.Rows;
using Serilog.Core;
using Serilog.Events;

namespace Serilog.Sinks.Braintrust;

/// <summary>Captures JSON as the values it says, within the core's limits. Serilog would capture the properties of the classes that hold it, and nothing of what it says.</summary>
sealed class JsonDestructuring : IDestructuringPolicy
{
    public bool TryDestructure(object value, ILogEventPropertyValueFactory propertyValueFactory, [NotNullWhen(true)] out LogEventPropertyValue? result)
    {
        result = value is JsonElement or JsonNode or JsonDocument ? Capture(value) : null;
        return result is not null;
    }

    static LogEventPropertyValue Capture(object value)
    {
        var frozen = Values.Freeze(value);
        if (frozen is not JsonText text)
        {
            return new ScalarValue(frozen);
        }
        using var document = JsonDocument.Parse(text.Memory);
        return Of(document.RootElement);
    }

    static LogEventPropertyValue Of(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => new DictionaryValue(Members(element)),
        JsonValueKind.Array => new SequenceValue([.. element.EnumerateArray().Select(Of)]),
        JsonValueKind.String => new ScalarValue(element.GetString()),
        JsonValueKind.True or JsonValueKind.False => new ScalarValue(element.GetBoolean()),
        JsonValueKind.Number when element.TryGetInt64(out var whole) => new ScalarValue(whole),
        JsonValueKind.Number when IsInteger(element) && element.TryGetDecimal(out var large) => new ScalarValue(large),
        JsonValueKind.Number => new ScalarValue(element.GetDouble()),
        _ => ScalarValue.Null,
    };

    // Of a fraction or an exponent a decimal keeps 28 places after the point and no more: 1e-30 would be 0.
    static bool IsInteger(JsonElement number) => number.GetRawText().AsSpan().IndexOfAny('.', 'e', 'E') < 0;

    // A dictionary, since a structure's names may not be blank; of a name that is there twice the last counts, as for all readers of JSON.
    static Dictionary<ScalarValue, LogEventPropertyValue> Members(JsonElement element)
    {
        var members = new Dictionary<ScalarValue, LogEventPropertyValue>();
        foreach (var member in element.EnumerateObject())
        {
            members[new ScalarValue(member.Name)] = Of(member.Value);
        }
        return members;
    }
}
