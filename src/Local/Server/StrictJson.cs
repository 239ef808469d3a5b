using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace Braintrust.Logging.Local.Server;

/// <summary>JSON that can be read to its last string: what passes here does not fail later, when somebody looks into it.</summary>
static class StrictJson
{
    // Two equal keys in one object have no single meaning; what is deeper than this is no logged value but an attack on the stack.
#if NET10_0_OR_GREATER
    static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 256 };
#else // it came later: there, it fails when somebody looks
    static readonly JsonDocumentOptions Strict = new() { MaxDepth = 256 };
#endif

    /// <summary>The value; null also stands for JSON's own null. A fault says what is wrong with the text.</summary>
    public static JsonNode? Parse(byte[] text, out string? fault)
    {
        fault = null;
        try
        {
            var value = JsonNode.Parse(text, documentOptions: Strict);
            CheckStrings(text);
            return value;
        }
        catch (JsonException e)
        {
            fault = $"The body is not valid JSON: {e.Message}";
        }
        catch (InvalidOperationException)
        {
            fault = "The body is not valid Unicode: a string holds bytes that are not UTF-8, or half of a surrogate pair.";
        }
        return null;
    }

    /// <summary>The parser looks into strings only when they are asked for, which is too late to refuse them.</summary>
    static void CheckStrings(ReadOnlySpan<byte> text)
    {
        if (!Utf8.IsValid(text))
            throw new InvalidOperationException();
        // Of valid bytes only an escape can still be half of a pair.
        if (text.IndexOf("\\u"u8) < 0)
            return;
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = Strict.MaxDepth });
        while (reader.Read())
            if (reader.ValueIsEscaped)
                _ = reader.GetString();
    }
}
