namespace Braintrust.Logging.Rows;

/// <summary>The part of <c>context</c> that never changes, written once: who made the row, and where it runs (PROTOCOL section 22).</summary>
static class RowContext
{
    // The prefix "braintrust." is reserved for the vendor's own SDKs.
    const string Emitter = "dotnet.braintrust-logging";

    /// <summary><c>"span_origin":{…}</c>, to stand inside <c>context</c>.</summary>
    public static byte[] SpanOrigin(string instrumentation, string? environmentType, string? environmentName)
    {
        using var json = new JsonBuffer();
        json.BeginObject();
        json.Name("span_origin");
        json.BeginObject();
        json.Name("name");
        json.String(Emitter);
        json.Name("version");
        json.String(LibraryVersion.Text);
        json.Name("instrumentation");
        json.BeginObject();
        json.Name("name");
        json.String(instrumentation);
        json.EndObject();
        if (environmentType is not null || environmentName is not null)
        {
            json.Name("environment");
            json.BeginObject();
            if (environmentType is not null)
            {
                json.Name("type");
                json.String(environmentType);
            }
            if (environmentName is not null)
            {
                json.Name("name");
                json.String(environmentName);
            }
            json.EndObject();
        }
        json.EndObject();
        json.EndObject();
        return json.Written[1..^1].ToArray();
    }
}
