using System.IO.Compression;
using System.Text;

namespace Braintrust.Logging.Tests;

/// <summary>Something that goes wrong with one request.</summary>
public sealed record Fault(string Name, Func<FaultExchange, Task> Act)
{
    /// <summary>The head is read, and the connection reset before the body is.</summary>
    public static Fault ResetBeforeTheUpload { get; } = new("reset before the upload", it =>
    {
        it.Reset();
        return Task.CompletedTask;
    });

    /// <summary>Half of the body is read.</summary>
    public static Fault ResetInTheUpload { get; } = new("reset in the upload", async it =>
    {
        await it.ReadAsync(it.Request.Length / 2);
        it.Reset();
    });

    /// <summary>All is read, nothing stored.</summary>
    public static Fault ResetAfterTheUpload { get; } = new("reset after the upload", async it =>
    {
        await it.ReadBodyAsync();
        it.Reset();
    });

    /// <summary>The rows are stored, and the sender never learns it.</summary>
    public static Fault ResetOnceStored { get; } = new("reset once stored", async it =>
    {
        await it.StoreAsync();
        it.Reset();
    });

    /// <summary>The rows are stored, and the answer ends in its middle.</summary>
    public static Fault HalfAnAcknowledgement { get; } = new("half an acknowledgement", async it =>
    {
        var (_, body) = await it.StoreAsync();
        await it.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body[..(body.Length / 2)]}");
        it.Close();
    });

    /// <summary>Read, and closed in an orderly way without an answer.</summary>
    public static Fault HalfClose { get; } = new("half close", async it =>
    {
        await it.ReadBodyAsync();
        it.CloseHalf();
        await it.UntilTheClientLeavesAsync();
    });

    /// <summary>No answer, for as long as the client waits.</summary>
    public static Fault Hang { get; } = new("hang", async it =>
    {
        await it.ReadBodyAsync();
        await it.UntilTheClientLeavesAsync();
    });

    /// <summary>An answer that never ends, a few bytes now and then.</summary>
    public static Fault Drip { get; } = new("drip", async it =>
    {
        await it.ReadBodyAsync();
        await it.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{");
        await it.UntilTheClientLeavesAsync();
    });

    public static Fault EndlessChunks { get; } = new("endless chunks", async it =>
    {
        await it.ReadBodyAsync();
        await it.WriteAsync("HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n");
        var chunk = "4000\r\n" + new string(' ', 0x4000) + "\r\n";
        while (true)
        {
            await it.WriteAsync(chunk); // until the client has had enough
        }
    });

    public static Fault GzipBomb { get; } = new("gzip bomb", async it =>
    {
        await it.ReadBodyAsync();
        await it.WriteAsync("HTTP/1.1 500 No\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n");
        await using (var bomb = new GZipStream(it.Stream, CompressionLevel.Fastest, leaveOpen: true))
        {
            var zeros = new byte[1024 * 1024];
            for (var i = 0; i < 200; i++)
            {
                await bomb.WriteAsync(zeros);
            }
        }
        it.Close();
    });

    public static Fault TooManyHeaders { get; } = new("too many headers", async it =>
    {
        await it.ReadBodyAsync();
        var head = new StringBuilder("HTTP/1.1 200 OK\r\n");
        for (var i = 0; i < 100_000; i++)
        {
            head.Append("X-").Append(i).Append(": y\r\n");
        }
        await it.WriteAsync(head.Append("Content-Length: 2\r\n\r\n{}").ToString());
        await it.UntilTheClientLeavesAsync();
    });

    /// <summary>These bytes in place of an answer, and the end of the connection.</summary>
    public static Fault Bytes(string bytes) => new("bytes", async it =>
    {
        await it.ReadBodyAsync();
        await it.WriteAsync(bytes);
        it.Close();
    });

    public static Fault Status(int status, params (string Name, string Value)[] headers) => new($"{status}", async it =>
    {
        await it.ReadBodyAsync();
        await it.AnswerAsync(status, "{}", headers);
    });

    /// <summary>Nothing wrong but that the connection ends once the answer is out; whether that is announced or not.</summary>
    public static Fault CloseAfterwards(bool isAnnounced) => new("close afterwards", async it =>
    {
        var (status, body) = await it.StoreAsync();
        await it.AnswerAsync(status, body, isAnnounced ? [("Connection", "close")] : []);
        it.Close();
    });

    /// <summary>As usual, but only when told.</summary>
    public static Fault Until(Task release) => new("held", async it =>
    {
        await it.ReadBodyAsync();
        await release;
        await it.PassOnAsync();
    });
}

/// <summary>One request on the wire, and all that can be done with it.</summary>
public sealed class FaultExchange
{
    readonly Wire _wire;
    readonly HttpClient _behind;
    readonly Action _answered;
    readonly CancellationToken _end;
    byte[]? _body;
    int _isAnswered;

    internal FaultExchange(Wire wire, FaultRequest request, HttpClient behind, Action answered, CancellationToken end) => (_wire, Request, _behind, _answered, _end) = (wire, request, behind, answered, end);

    public FaultRequest Request { get; }

    public Stream Stream => _wire.Stream;

    public Task<byte[]> ReadAsync(int count) => _wire.ReadAsync(count);

    public async Task<byte[]> ReadBodyAsync() => _body ??= await _wire.ReadAsync(Request.Length);

    /// <summary>Lets the service behind do what it would have done.</summary>
    public async Task<(int Status, string Body)> StoreAsync()
    {
        using var request = new HttpRequestMessage(new HttpMethod(Request.Method), Request.Target) { Content = new ByteArrayContent(await ReadBodyAsync()) };
        request.Headers.TryAddWithoutValidation("Authorization", Request.Headers.GetValueOrDefault("Authorization"));
        using var response = await _behind.SendAsync(request, _end);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(_end));
    }

    public async Task PassOnAsync()
    {
        var (status, body) = await StoreAsync();
        await AnswerAsync(status, body);
    }

    public Task AnswerAsync(int status, string body, params (string Name, string Value)[] headers) => WriteAsync(
        $"HTTP/1.1 {status} Said\r\n{string.Concat(headers.Select(it => $"{it.Name}: {it.Value}\r\n"))}Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");

    public async Task WriteAsync(string bytes)
    {
        Answered(); // first: whoever has the answer may ask anew before we get to it
        await _wire.Stream.WriteAsync(Encoding.UTF8.GetBytes(bytes), _end);
    }

    /// <summary>The request is under way no more.</summary>
    internal void Answered()
    {
        if (Interlocked.Exchange(ref _isAnswered, 1) == 0)
        {
            _answered();
        }
    }

    public void Reset()
    {
        Answered();
        _wire.Reset();
    }

    public void Close() => _wire.Close();

    public void CloseHalf() => _wire.CloseHalf();

    public Task UntilTheClientLeavesAsync() => _wire.UntilTheClientLeavesAsync();
}
