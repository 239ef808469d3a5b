using System.Text.Json.Nodes;

namespace Braintrust.Logging.Tests;

/// <param name="Base">"app" or "api": which of the two URLs it went to.</param>
/// <param name="Path">Without the query.</param>
/// <param name="Query">With its question mark, or empty.</param>
/// <param name="Raw">The exact text of the body, where the capture kept it.</param>
public sealed record CaptureRequest(
    string Base, string Method, string Path, string Query, IReadOnlyDictionary<string, string> Headers, JsonNode? Body, string? Raw, CaptureResponse Response)
{
    public bool Succeeded => Response.Status is >= 200 and < 300;

    /// <summary>The rows of a /logs3 body; empty for anything else, and where the capture only counts them.</summary>
    public IReadOnlyList<JsonObject> Rows => Body?["rows"] is JsonArray rows ? [.. rows.OfType<JsonObject>()] : [];

    public bool Is(string method, string path) => Method == method && Path == path;

    internal static CaptureRequest Read(JsonObject it)
    {
        var target = it["path"]!.GetValue<string>().Split('?', 2);
        return new CaptureRequest(
            it["base"]!.GetValue<string>(), it["method"]!.GetValue<string>(), target[0], target.Length > 1 ? "?" + target[1] : "",
            CaptureResponse.ReadHeaders(it), it["body"]?.DeepClone(), it["body_raw"]?.GetValue<string>(), CaptureResponse.Read(it["response"]!.AsObject()));
    }

    public override string ToString() => $"{Method} {Path}{Query}";
}

public sealed record CaptureResponse(int Status, IReadOnlyDictionary<string, string> Headers, JsonNode? Body)
{
    /// <summary>The body's text: JSON, or a bare string as it is.</summary>
    public string Text => Body switch
    {
        null => "",
        JsonValue value when value.TryGetValue(out string? text) => text,
        _ => Body.ToJsonString(),
    };

    internal static CaptureResponse Read(JsonObject it) => new(it["status"]!.GetValue<int>(), ReadHeaders(it), it["body"]?.DeepClone());

    internal static Dictionary<string, string> ReadHeaders(JsonObject it) =>
        (it["headers"] as JsonObject ?? []).ToDictionary(header => header.Key, header => header.Value!.GetValue<string>(), StringComparer.OrdinalIgnoreCase);
}
