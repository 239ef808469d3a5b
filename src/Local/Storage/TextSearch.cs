using System.Text;
using System.Text.Json;

namespace Braintrust.Logging.Local.Storage;

/// <summary>Whether a stored row says something: in a value, or in a key that the people chose, not in the words of the format.</summary>
static class TextSearch
{
    static readonly JsonReaderOptions Reading = new() { MaxDepth = 1000 };

    /// <summary>A LIKE pattern that every row holding the text fits; null where LIKE would overlook some.</summary>
    public static string? Like(string text)
    {
        if (!text.All(c => char.IsAscii(c) && !char.IsControl(c) && c is not ('"' or '\\')))
            return null;
        return "%" + text.Replace("~", "~~", StringComparison.Ordinal).Replace("%", "~%", StringComparison.Ordinal).Replace("_", "~_", StringComparison.Ordinal) + "%";
    }

    public static bool Holds(string body, string text)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(body), Reading);
        var field = "";
        while (reader.Read())
        {
            if (reader is { TokenType: JsonTokenType.PropertyName, CurrentDepth: 1 })
                field = reader.GetString()!;
            else if (IsSearched(field, reader.TokenType) && Says(ref reader, text))
                return true;
        }
        return false;
    }

    static bool IsSearched(string field, JsonTokenType token) => field switch
    {
        "project_id" or "log_id" or "created" or "context" => false,
        "metrics" => token == JsonTokenType.PropertyName,
        "span_attributes" => token == JsonTokenType.String,
        _ => token is JsonTokenType.String or JsonTokenType.Number or JsonTokenType.PropertyName,
    };

    static bool Says(ref Utf8JsonReader reader, string text) =>
        (reader.TokenType == JsonTokenType.Number ? Encoding.ASCII.GetString(reader.ValueSpan) : reader.GetString()!)
            .Contains(text, StringComparison.OrdinalIgnoreCase);
}
