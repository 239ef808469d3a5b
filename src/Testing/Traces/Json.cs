using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Testing.Traces;

/// <summary>Values of rows: read, compared and written.</summary>
static class Json
{
    static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What a test expects, as a logger would have written it.</summary>
    public static JsonElement Of(object? expected)
    {
        using var json = new JsonBuffer();
        Values.Write(Values.Freeze(expected), json);
        using var document = JsonDocument.Parse(json.Written.ToArray());
        return document.RootElement.Clone();
    }

    /// <summary>A member of an object; null where there is none, or it says null.</summary>
    public static JsonElement? Member(JsonElement? from, string name) =>
        from is { ValueKind: JsonValueKind.Object } it && it.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public static IEnumerable<JsonProperty> Members(JsonElement? of) =>
        of is { ValueKind: JsonValueKind.Object } it ? it.EnumerateObject().OrderBy(static member => member.Name, StringComparer.Ordinal) : [];

    public static string? Text(JsonElement? value) => value is { ValueKind: JsonValueKind.String } it ? it.GetString() : null;

    public static double? Number(JsonElement? value) => value is { ValueKind: JsonValueKind.Number } it ? it.GetDouble() : null;

    /// <summary>Text as it is, anything else as JSON.</summary>
    public static string Plain(JsonElement value) => Text(value) ?? Write(value);

    /// <summary>A copy that the caller may change.</summary>
    public static JsonNode? Node(JsonElement? value) => value is { } it ? JsonNode.Parse(it.GetRawText()) : null;

    /// <summary>Equal in what they mean: the order of members and the spelling of numbers say nothing.</summary>
    public static bool Same(JsonElement one, JsonElement other) => (one.ValueKind, other.ValueKind) switch
    {
        (JsonValueKind.Object, JsonValueKind.Object) => Members(one).Count() == Members(other).Count()
            && Members(one).Zip(Members(other)).All(static pair => pair.First.Name == pair.Second.Name && Same(pair.First.Value, pair.Second.Value)),
        (JsonValueKind.Array, JsonValueKind.Array) => one.GetArrayLength() == other.GetArrayLength()
            && one.EnumerateArray().Zip(other.EnumerateArray()).All(static pair => Same(pair.First, pair.Second)),
        (JsonValueKind.Number, JsonValueKind.Number) => SameNumber(one, other),
        (JsonValueKind.String, JsonValueKind.String) => one.GetString() == other.GetString(),
        var (left, right) => left == right,
    };

    /// <summary>On one line, with all characters as people read them.</summary>
    /// <param name="value">Any.</param>
    /// <param name="rewrite">What is to stand in the place of each text.</param>
    public static string Write(JsonElement value, Func<string, string>? rewrite = null)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Readable))
        {
            Write(value, json, rewrite ?? (static text => text));
        }
        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    public static string Write(string text) => Write(Of(text));

    public static string Write(double number) => number.ToString("R", CultureInfo.InvariantCulture);

    static void Write(JsonElement value, Utf8JsonWriter json, Func<string, string> rewrite)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                json.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    json.WritePropertyName(member.Name);
                    Write(member.Value, json, rewrite);
                }
                json.WriteEndObject();
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                {
                    Write(item, json, rewrite);
                }
                json.WriteEndArray();
                break;
            case JsonValueKind.String:
                json.WriteStringValue(rewrite(value.GetString()!));
                break;
            default:
                value.WriteTo(json);
                break;
        }
    }

    // Money does not fit a double, and what is too large for a decimal does.
    static bool SameNumber(JsonElement one, JsonElement other) =>
        one.TryGetDecimal(out var left) && other.TryGetDecimal(out var right) ? left == right : one.GetDouble().Equals(other.GetDouble());
}
