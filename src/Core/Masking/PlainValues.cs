using System.Collections.ObjectModel;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Masking;

/// <summary>JSON of ours as plain .NET values that cannot be changed: texts, numbers, booleans, maps and lists.</summary>
static class PlainValues
{
    // As deep as frozen values within frozen values can be.
    public static readonly JsonReaderOptions Reading = new() { MaxDepth = 16 * ValueLimits.Depth };

    public static object? Of(ReadOnlyMemory<byte> json)
    {
        var reader = new Utf8JsonReader(json.Span, Reading);
        reader.Read();
        return Read(ref reader);
    }

    static object? Read(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.StartObject => Map(ref reader),
        JsonTokenType.StartArray => List(ref reader),
        JsonTokenType.String => reader.GetString(),
        JsonTokenType.Number => Number(ref reader),
        JsonTokenType.True => true,
        JsonTokenType.False => false,
        _ => null,
    };

    static ReadOnlyDictionary<string, object?> Map(ref Utf8JsonReader reader)
    {
        var members = new Dictionary<string, object?>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            members[name] = Read(ref reader); // of two with one name the last counts, as it does for the service
        }
        return members.AsReadOnly();
    }

    static ReadOnlyCollection<object?> List(ref Utf8JsonReader reader)
    {
        var items = new List<object?>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            items.Add(Read(ref reader));
        }
        return items.AsReadOnly();
    }

    /// <summary>A long or a double; a decimal where a double would lose digits (times have seventeen); a text where that would too.</summary>
    static object Number(ref Utf8JsonReader reader)
    {
        if (reader.TryGetInt64(out var integer))
        {
            return integer;
        }
        var text = Encoding.ASCII.GetString(reader.ValueSpan);
        if (reader.TryGetDouble(out var number) && double.IsFinite(number) && number.ToString(CultureInfo.InvariantCulture) == text)
        {
            return number;
        }
        if (reader.TryGetDecimal(out var exact) && exact.ToString(CultureInfo.InvariantCulture) == text)
        {
            return exact;
        }
        return text.AsSpan().ContainsAny('.', 'e', 'E') && double.IsFinite(number) ? number : text;
    }
}
