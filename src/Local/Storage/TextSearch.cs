using System.Text;
using System.Text.Json;

namespace Braintrust.Logging.Local.Storage;

/// <summary>Whether a stored row says something: in a value, or in a key that the people chose, not in the words of the format.</summary>
static class TextSearch
{
    static readonly JsonReaderOptions Reading = new() { MaxDepth = 1000 };

    /// <summary>
    /// A LIKE pattern, with ~ as its escape, that every body holding the text fits: the longest piece of the text that stands in the body as it is, and that LIKE,
    /// which knows the case of ASCII letters alone, does not overlook.
    /// </summary>
    public static string Like(string text)
    {
        var (longest, start) = ("", 0);
        for (var i = 0; i <= text.Length; i++)
            if (i == text.Length || !char.IsAscii(text[i]) || char.IsControl(text[i]) || text[i] is '"' or '\\')
            {
                if (i - start > longest.Length)
                    longest = text[start..i];
                start = i + 1;
            }
        return "%" + longest.Replace("~", "~~", StringComparison.Ordinal).Replace("%", "~%", StringComparison.Ordinal).Replace("_", "~_", StringComparison.Ordinal) + "%";
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
