using System.Text.Json;
using System.Text.Json.Nodes;

namespace Braintrust.Logging.Tests;

/// <summary>A request as it came over the wire.</summary>
/// <param name="Order">0 for the first request that this server got.</param>
/// <param name="Path">Without the query.</param>
/// <param name="Query">With its question mark, or empty.</param>
/// <param name="Headers">By name, whatever the case; several values joined by a comma.</param>
public sealed record RecordedRequest(int Order, string Method, string Path, string Query, IReadOnlyDictionary<string, string> Headers, byte[] Bytes, string ConnectionId)
{
    public string Body { get; } = System.Text.Encoding.UTF8.GetString(Bytes);

    /// <summary>The body as JSON; null if it is none. Parsed afresh by each call: change it as you like.</summary>
    public JsonNode? Json
    {
        get
        {
            try
            {
                return Bytes.Length == 0 ? null : JsonNode.Parse(Bytes, documentOptions: new() { MaxDepth = 256 });
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }

    /// <summary>The row objects of a /logs3 body; empty for anything else.</summary>
    public IReadOnlyList<JsonObject> Rows => Json is JsonObject body && body["rows"] is JsonArray rows ? [.. rows.OfType<JsonObject>()] : [];

    /// <summary>The key, as sent after "Bearer "; null without one.</summary>
    public string? Bearer => Headers.GetValueOrDefault("Authorization") is { } it && it.StartsWith("Bearer ", StringComparison.Ordinal) ? it["Bearer ".Length..] : null;

    public bool Is(string method, string path) => Method == method && Path == path;

    public override string ToString() => $"{Method} {Path}{Query}";
}
