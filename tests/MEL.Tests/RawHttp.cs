using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Braintrust.Logging.Tests.Mel;

/// <summary>One TCP connection that speaks just enough HTTP/1.1 to send several requests through it.</summary>
sealed class RawHttp : IDisposable
{
    readonly TcpClient _connection = new();
    readonly StreamReader _reader;

    RawHttp(Uri server)
    {
        _connection.Connect(IPAddress.Loopback, server.Port);
        _reader = new StreamReader(_connection.GetStream(), Encoding.ASCII);
    }

    public static RawHttp To(string server) => new(new Uri(server));

    /// <summary>The status and the body of the answer.</summary>
    public async Task<(int Status, string Body)> SendAsync(string method, string path, params string[] headers)
    {
        await BeginAsync(method, path, headers);
        var status = int.Parse((await _reader.ReadLineAsync())!.Split(' ')[1]);
        var (length, isChunked) = (0, false);
        while (await _reader.ReadLineAsync() is { Length: > 0 } header)
        {
            isChunked |= header.Equals("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase);
            if (header.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase))
            {
                length = int.Parse(header["Content-Length:".Length..]);
            }
        }
        if (!isChunked)
        {
            return (status, await ReadAsync(length));
        }
        var body = "";
        while (Convert.ToInt32(await _reader.ReadLineAsync(), 16) is > 0 and var chunk)
        {
            body += await ReadAsync(chunk);
            await _reader.ReadLineAsync();
        }
        await _reader.ReadLineAsync();
        return (status, body);
    }

    async Task<string> ReadAsync(int length)
    {
        var text = new char[length];
        if (length > 0) // asked for nothing, the reader waits for something
        {
            await _reader.ReadBlockAsync(text);
        }
        return new string(text);
    }

    /// <summary>Sends a request and does not wait for its answer.</summary>
    public async Task BeginAsync(string method, string path, params string[] headers) =>
        await _connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{string.Concat(headers.Select(header => header + "\r\n"))}\r\n"));

    public void Dispose() => _connection.Dispose();
}
