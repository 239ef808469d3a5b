using System.Net.Http.Headers;
using System.Threading.Channels;

namespace Braintrust.Logging.Benchmarks.Contenders;

/// <summary>What has to be known of an event when it is logged.</summary>
readonly record struct PipeItem(long Ticks, Guid Row, ulong Span, ulong TraceHigh, ulong TraceLow, int Index);

/// <summary>Writes one row; gives its length.</summary>
delegate int RowWriting(in PipeItem item, Span<byte> into);

/// <summary>The least that can be done: a channel, one sender, rows straight into one buffer, batches up to 1 MB. No retries, no losses told, no order kept.</summary>
sealed class ReferencePipe : IContender
{
    const int BodyBytes = 1024 * 1024;
    const int RowRoom = 4096;

    readonly Channel<PipeItem> _items = Channel.CreateUnbounded<PipeItem>(new() { SingleReader = true });
    readonly HttpClient _http = new();
    readonly RowWriting _write;
    readonly string _url;
    readonly Task _sender;

    public ReferencePipe(Setup setup, RowWriting write)
    {
        _write = write;
        _url = setup.Url + "/logs3";
        _sender = Task.Run(SendAsync);
    }

    public void Emit(int i) => _items.Writer.TryWrite(new PipeItem(
        TimeProvider.System.GetUtcNow().UtcTicks, Guid.NewGuid(), (ulong)Random.Shared.NextInt64(), (ulong)Random.Shared.NextInt64(), (ulong)Random.Shared.NextInt64(), i));

    async Task SendAsync()
    {
        var body = new byte[BodyBytes];
        while (await _items.Reader.WaitToReadAsync())
        {
            using var content = new ReadOnlyMemoryContent(body.AsMemory(0, Fill(body)));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var response = await _http.PostAsync(_url, content);
            response.EnsureSuccessStatusCode();
        }
    }

    int Fill(byte[] body)
    {
        var length = Put("{\"rows\":["u8, body, 0);
        while (length < body.Length - RowRoom && _items.Reader.TryRead(out var item))
        {
            length += _write(item, body.AsSpan(length));
            body[length++] = (byte)',';
        }
        return Put("],\"api_version\":2}"u8, body, length - 1);
    }

    static int Put(ReadOnlySpan<byte> bytes, byte[] body, int at)
    {
        bytes.CopyTo(body.AsSpan(at));
        return at + bytes.Length;
    }

    public async ValueTask DisposeAsync()
    {
        _items.Writer.Complete();
        await _sender;
        _http.Dispose();
    }
}
