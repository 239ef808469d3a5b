using System.Buffers;
using System.Buffers.Text;
using System.Text.Unicode;

namespace Braintrust.Logging.Benchmarks.Contenders;

/// <summary>The workload's row as fast as anybody would write it by hand: constant parts as bytes, the rest formatted in place.</summary>
static class HandWrittenRow
{
    public static int Write(in PipeItem item, Span<byte> into)
    {
        var to = new Pen(into);
        to.Raw("{\"id\":\""u8);
        to.Id(item.Row);
        to.Raw("\",\"span_id\":\""u8);
        to.Hex(item.Span);
        to.Raw("\",\"root_span_id\":\""u8);
        to.Hex(item.TraceHigh);
        to.Hex(item.TraceLow);
        to.Raw("\",\"created\":\""u8);
        to.Time(item.Ticks);
        to.Raw("\",\"input\":\""u8);
        to.Text(Work.Input(item.Index));
        to.Raw("\",\"output\":\""u8);
        to.Text(Work.Answer);
        to.Raw("\",\"metadata\":{\"model\":\""u8);
        to.Text(Work.Model);
        to.Raw("\",\"Elapsed\":"u8);
        to.Number(Work.Elapsed);
        to.Raw(",\"braintrust.template\":\""u8);
        to.Text(Work.Template);
        to.Raw("\",\"logger.name\":\"Benchmarks.Work\"},\"metrics\":{\"start\":"u8);
        to.Seconds(item.Ticks - 4_125_000);
        to.Raw(",\"end\":"u8);
        to.Seconds(item.Ticks);
        to.Raw(",\"prompt_tokens\":"u8);
        to.Number(Work.PromptTokens);
        to.Raw(",\"completion_tokens\":"u8);
        to.Number(Work.CompletionTokens);
        to.Raw("},\"span_attributes\":{\"name\":\""u8);
        to.Text(Work.Template);
        to.Raw("\",\"type\":\"llm\",\"log_level\":\"INFO\",\"exec_counter\":"u8);
        to.Number(item.Index);
        to.Raw("},\"context\":{\"span_origin\":{\"name\":\"dotnet.braintrust-logging\",\"version\":\"0.1.0\",\"instrumentation\":{\"name\":\"serilog\"}}},\"_is_merge\":true,"u8);
        to.Raw("\"project_id\":\"00000000-0000-4000-8000-000000000000\",\"log_id\":\"g\"}"u8);
        return to.Length;
    }

    ref struct Pen(Span<byte> into)
    {
        static readonly SearchValues<char> Escaped = SearchValues.Create([.. Enumerable.Range(0, 32).Select(i => (char)i), '"', '\\']);

        readonly Span<byte> _into = into;

        public int Length { get; private set; }

        public void Raw(ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(_into[Length..]);
            Length += bytes.Length;
        }

        public void Text(string text)
        {
            if (text.AsSpan().ContainsAny(Escaped))
            {
                Raw(System.Text.Json.JsonEncodedText.Encode(text).EncodedUtf8Bytes);
                return;
            }
            Utf8.FromUtf16(text, _into[Length..], out _, out var written);
            Length += written;
        }

        public void Id(Guid id)
        {
            Utf8Formatter.TryFormat(id, _into[Length..], out var written);
            Length += written;
        }

        public void Hex(ulong bits)
        {
            bits.TryFormat(_into[Length..], out var written, "x16");
            Length += written;
        }

        public void Time(long ticks)
        {
            Utf8Formatter.TryFormat(new DateTime(ticks, DateTimeKind.Utc), _into[Length..], out var written, 'O');
            Length += written;
        }

        public void Seconds(long ticks) => Number((ticks - DateTime.UnixEpoch.Ticks) / (double)TimeSpan.TicksPerSecond);

        public void Number(double number)
        {
            number.TryFormat(_into[Length..], out var written);
            Length += written;
        }

        public void Number(int number)
        {
            Utf8Formatter.TryFormat(number, _into[Length..], out var written);
            Length += written;
        }
    }
}
