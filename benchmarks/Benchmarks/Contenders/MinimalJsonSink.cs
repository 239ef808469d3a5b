using System.Buffers;
using System.Net.Http.Headers;
using System.Text.Json;
using Serilog.Core;
using Serilog.Events;

namespace Braintrust.Logging.Benchmarks.Contenders;

/// <summary>The least that a JSON sink on Serilog's own batching can do: template, time, level and scalar properties, one POST a batch.</summary>
sealed class MinimalJsonSink(string url) : IBatchedLogEventSink, IDisposable
{
    readonly HttpClient _http = new();
    readonly ArrayBufferWriter<byte> _body = new(1024 * 1024);

    public async Task EmitBatchAsync(IReadOnlyCollection<LogEvent> batch)
    {
        _body.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_body, new() { SkipValidation = true }))
        {
            json.WriteStartArray();
            foreach (var logEvent in batch)
            {
                Write(logEvent, json);
            }
            json.WriteEndArray();
        }
        using var content = new ReadOnlyMemoryContent(_body.WrittenMemory);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using var response = await _http.PostAsync(url, content);
        response.EnsureSuccessStatusCode();
    }

    static void Write(LogEvent logEvent, Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("@t"u8, logEvent.Timestamp.UtcDateTime);
        json.WriteString("@mt"u8, logEvent.MessageTemplate.Text);
        json.WriteString("@l"u8, logEvent.Level.ToString());
        foreach (var (name, value) in logEvent.Properties)
        {
            json.WritePropertyName(name);
            switch ((value as ScalarValue)?.Value)
            {
                case string text: json.WriteStringValue(text); break;
                case int number: json.WriteNumberValue(number); break;
                case double number: json.WriteNumberValue(number); break;
                default: json.WriteStringValue(value.ToString()); break;
            }
        }
        json.WriteEndObject();
    }

    public void Dispose() => _http.Dispose();
}
