using System.Text.Json;

namespace Braintrust.Logging.Benchmarks.Contenders;

/// <summary>The same row by <see cref="Utf8JsonWriter"/>.</summary>
static class WriterRow
{
    [ThreadStatic]
    static MemoryStream? _buffer;

    [ThreadStatic]
    static Utf8JsonWriter? _json;

    public static int Write(in PipeItem item, Span<byte> into)
    {
        var buffer = _buffer ??= new MemoryStream(4096);
        buffer.SetLength(0);
        var json = _json ??= new Utf8JsonWriter(buffer, new() { SkipValidation = true });
        json.Reset(buffer);
        json.WriteStartObject();
        json.WriteString("id"u8, item.Row);
        json.WriteString("span_id"u8, item.Span.ToString("x16", null));
        json.WriteString("root_span_id"u8, new UInt128(item.TraceHigh, item.TraceLow).ToString("x32", null));
        json.WriteString("created"u8, new DateTime(item.Ticks, DateTimeKind.Utc));
        json.WriteString("input"u8, Work.Input(item.Index));
        json.WriteString("output"u8, Work.Answer);
        json.WriteStartObject("metadata"u8);
        json.WriteString("model"u8, Work.Model);
        json.WriteNumber("Elapsed"u8, Work.Elapsed);
        json.WriteString("braintrust.template"u8, Work.Template);
        json.WriteString("logger.name"u8, "Benchmarks.Work"u8);
        json.WriteEndObject();
        json.WriteStartObject("metrics"u8);
        json.WriteNumber("start"u8, (item.Ticks - 4_125_000 - DateTime.UnixEpoch.Ticks) / (double)TimeSpan.TicksPerSecond);
        json.WriteNumber("end"u8, (item.Ticks - DateTime.UnixEpoch.Ticks) / (double)TimeSpan.TicksPerSecond);
        json.WriteNumber("prompt_tokens"u8, Work.PromptTokens);
        json.WriteNumber("completion_tokens"u8, Work.CompletionTokens);
        json.WriteEndObject();
        json.WriteStartObject("span_attributes"u8);
        json.WriteString("name"u8, Work.Template);
        json.WriteString("type"u8, "llm"u8);
        json.WriteString("log_level"u8, "INFO"u8);
        json.WriteNumber("exec_counter"u8, item.Index);
        json.WriteEndObject();
        json.WriteStartObject("context"u8);
        json.WriteStartObject("span_origin"u8);
        json.WriteString("name"u8, "dotnet.braintrust-logging"u8);
        json.WriteString("version"u8, "0.1.0"u8);
        json.WriteStartObject("instrumentation"u8);
        json.WriteString("name"u8, "serilog"u8);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteBoolean("_is_merge"u8, true);
        json.WriteString("project_id"u8, "00000000-0000-4000-8000-000000000000"u8);
        json.WriteString("log_id"u8, "g"u8);
        json.WriteEndObject();
        json.Flush();
        buffer.GetBuffer().AsSpan(0, (int)buffer.Length).CopyTo(into);
        return (int)buffer.Length;
    }
}
