using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Braintrust.Logging.Rows;

static partial class Values
{
    /// <summary>Adds the members of a frozen object, one level: scalars as .NET values, what is nested as <see cref="JsonText"/>.</summary>
    public static bool TryReadMap(object? frozen, List<KeyValuePair<string, object?>> into)
    {
        if (!TryOpen(frozen, JsonTokenType.StartObject, out JsonText? json, out Utf8JsonReader reader))
            return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            into.Add(new(name, ReadOne(ref reader, json)));
        }
        return true;
    }

    /// <summary>Adds the elements of a frozen list, as <see cref="TryReadMap"/> does.</summary>
    public static bool TryReadList(object? frozen, List<object?> into)
    {
        if (!TryOpen(frozen, JsonTokenType.StartArray, out JsonText? json, out Utf8JsonReader reader))
            return false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            into.Add(ReadOne(ref reader, json));
        return true;
    }

    static bool TryOpen(
        object? frozen, JsonTokenType start, [NotNullWhen(true)] out JsonText? json, out Utf8JsonReader reader)
    {
        json = frozen as JsonText;
        // Frozen values may hold frozen values, so one may be deeper than the limit for each.
        reader = json is null ? default : new Utf8JsonReader(json.Utf8, new JsonReaderOptions { MaxDepth = 16 * ValueLimits.Depth });
        return json is not null && reader.Read() && reader.TokenType == start;
    }

    static object? ReadOne(ref Utf8JsonReader reader, JsonText json)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Null: return null;
            case JsonTokenType.True: return true;
            case JsonTokenType.False: return false;
            case JsonTokenType.String: return reader.GetString();
        }
        int start = (int)reader.TokenStartIndex;
        reader.Skip();
        ReadOnlyMemory<byte> token = json.Memory[start..(int)reader.BytesConsumed];
        return token.Span[0] is (byte)'{' or (byte)'[' ? json.Part(token) : NumberOf(token);
    }

    /// <summary>A long or a double; a JSON number that neither holds stays text, with all its digits.</summary>
    public static object NumberOf(ReadOnlyMemory<byte> json)
    {
        ReadOnlySpan<byte> text = json.Span;
        if (Utf8Parser.TryParse(text, out long integer, out int read) && read == text.Length)
            return integer;
        bool isFraction = text.IndexOfAny((byte)'.', (byte)'e', (byte)'E') >= 0;
        if (isFraction && Utf8Parser.TryParse(text, out double number, out read) && read == text.Length && double.IsFinite(number))
            return number;
        return new JsonText(json);
    }
}
