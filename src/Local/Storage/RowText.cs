using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Braintrust.Logging.Local.Storage;

/// <summary>Rows to text and back. The text is as the people wrote it, not escaped, so that it can be searched.</summary>
static class RowText
{
    // The writer's own limit is 64 levels; a logged value may be deeper.
    static readonly JsonSerializerOptions Writing = new() { MaxDepth = 1000, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    static readonly JsonDocumentOptions Reading = new() { MaxDepth = 1000 };

    public static string Write(JsonNode row) => row.ToJsonString(Writing);

    public static JsonObject Read(string text) => Parse(text)!.AsObject();

    /// <exception cref="JsonException">It is no JSON.</exception>
    public static JsonNode? Parse(string text) => JsonNode.Parse(text, documentOptions: Reading);
}
