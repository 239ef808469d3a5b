using System.Text.Encodings.Web;
using System.Text.Json;
using Braintrust.Logging.Local.Storage;
using Braintrust.Logging.Local.Traces;
using Microsoft.AspNetCore.Http;

namespace Braintrust.Logging.Local.Server;

/// <summary>A trace's rows on the wire: written as they are, without a tree of nodes between, because there may be tens of thousands.</summary>
static class SpanLines
{
    static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static async Task SendAsync(HttpContext context, TraceSummary summary, IReadOnlyList<SpanLine> spans)
    {
        context.Response.ContentType = "application/json";
        var writer = new Utf8JsonWriter(context.Response.BodyWriter, Writing);
        await using var disposal = writer.ConfigureAwait(false);
        writer.WriteStartObject();
        writer.WritePropertyName("trace");
        summary.ToJson().WriteTo(writer);
        writer.WriteNumber("version", spans.Count == 0 ? 0 : spans.Max(span => span.Version));
        writer.WriteStartArray("spans");
        foreach (var span in spans)
            Write(writer, span);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>What is null is left out.</summary>
    static void Write(Utf8JsonWriter writer, SpanLine span)
    {
        writer.WriteStartObject();
        writer.WriteNumber("seq", span.Seq);
        writer.WriteString("id", span.Id);
        Text("span_id", span.Span);
        Text("parent", span.Parent);
        Text("name", span.Name);
        Text("type", span.Type);
        Text("level", span.Level);
        Text("model", span.Model);
        Number("start", span.Start);
        Number("end", span.Finish);
        Number("counter", span.Counter);
        Number("tokens", span.Tokens);
        Number("cost", span.Cost);
        Json("tags", span.Tags);
        Json("scores", span.Scores);
        if (span.Failed)
            writer.WriteBoolean("failed", true);
        writer.WriteEndObject();

        void Text(string name, string? value)
        {
            if (value is not null)
                writer.WriteString(name, value);
        }
        void Number(string name, double? value)
        {
            if (value is { } number)
                writer.WriteNumber(name, number);
        }
        void Json(string name, string? value)
        {
            if (value is null)
                return;
            writer.WritePropertyName(name);
            writer.WriteRawValue(value, skipInputValidation: true);
        }
    }
}
