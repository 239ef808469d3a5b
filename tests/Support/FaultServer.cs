using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Braintrust.Logging.Tests;

/// <summary>
/// Raw sockets in front of a <see cref="FakeBraintrust"/>: a script says for each request whether it is passed on or what goes wrong with it, down to the
/// byte. What was stored is the fake's to tell; which faults happened is told here.
/// </summary>
public sealed class FaultServer : IAsyncDisposable
{
    readonly Socket _listener;
    readonly CancellationTokenSource _end = new();
    readonly HttpClient _behind;
    readonly Task _serving;
    int _connections;
    int _open;
    int _mostOpen;
    int _openConnections;

    /// <param name="store">Where requests go that nothing is wrong with. It stays the caller's.</param>
    /// <param name="port">Where; null: anywhere.</param>
    public FaultServer(FakeBraintrust store, ClosedPort? port = null)
    {
        port ??= new ClosedPort();
        _behind = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null }) { BaseAddress = store.Url };
        _listener = port.Open();
        Url = port.Url;
        _serving = ServeAsync();
    }

    public string Url { get; }

    /// <summary>What goes wrong with a request; null: nothing.</summary>
    public Func<FaultRequest, Fault?>? Script { get; set; }

    /// <summary>For requests that carry rows: the first gets the first fault, and so on; null and what comes later is passed on.</summary>
    public void ForRows(params Fault?[] faults) => Script = request => request.IsRows && request.Order < faults.Length ? faults[request.Order] : null;

    /// <summary>For each request that carries rows.</summary>
    public void ForAllRows(Fault? fault) => Script = request => request.IsRows ? fault : null;

    /// <summary>Every request whose head was read.</summary>
    public Journal<FaultRequest> Requests { get; } = new();

    /// <summary>The names of the faults, each once it has happened.</summary>
    public Journal<string> Happened { get; } = new();

    /// <summary>Connections that are open now.</summary>
    public int OpenConnections => Volatile.Read(ref _openConnections);

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>The most requests that were under way at a time.</summary>
    public int MostAtOnce => Volatile.Read(ref _mostOpen);

    public int RowRequests => Requests.Entries.Count(it => it.IsRows);

    async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync(_end.Token);
                Interlocked.Increment(ref _connections);
                _ = ServeAsync(socket);
            }
        }
        catch (Exception) when (_end.IsCancellationRequested)
        {
        }
    }

    async Task ServeAsync(Socket socket)
    {
        using (socket)
        await using (var wire = new Wire(socket, _end.Token))
        {
            Interlocked.Increment(ref _openConnections);
            try
            {
                while (await wire.ReadHeadAsync() is { } head)
                {
                    var request = FaultRequest.Parse(head, Requests.Entries.Count(it => it.IsRows));
                    Requests.Add(request);
                    InterlockedMax(ref _mostOpen, Interlocked.Increment(ref _open));
                    await AnswerAsync(wire, request);
                    if (wire.IsOver)
                    {
                        return;
                    }
                }
            }
            catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException or OperationCanceledException or HttpRequestException)
            {
                // the client left, or the test is over
            }
            finally
            {
                Interlocked.Decrement(ref _openConnections);
            }
        }
    }

    async Task AnswerAsync(Wire wire, FaultRequest request)
    {
        var exchange = new FaultExchange(wire, request, _behind, () => Interlocked.Decrement(ref _open), _end.Token);
        try
        {
            if (Script?.Invoke(request) is not { } fault)
            {
                await exchange.PassOnAsync();
                return;
            }
            try
            {
                await fault.Act(exchange);
            }
            finally
            {
                Happened.Add(fault.Name);
            }
        }
        finally
        {
            exchange.Answered();
        }
    }

    static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); seen < value; seen = Volatile.Read(ref most))
        {
            Interlocked.CompareExchange(ref most, value, seen);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _serving;
        _behind.Dispose();
    }
}

/// <param name="Order">How many requests with rows came before.</param>
public sealed record FaultRequest(int Order, string Method, string Target, IReadOnlyDictionary<string, string> Headers)
{
    public bool IsRows => Method == "POST" && Target.EndsWith("/logs3", StringComparison.Ordinal);

    public int Length => Headers.TryGetValue("Content-Length", out var length) ? int.Parse(length) : 0;

    internal static FaultRequest Parse(string head, int order)
    {
        var lines = head.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var first = lines[0].Split(' ');
        var headers = lines.Skip(1).Select(line => line.Split(':', 2)).ToDictionary(it => it[0], it => it[1].Trim(), StringComparer.OrdinalIgnoreCase);
        return new FaultRequest(order, first[0], first[1], headers);
    }

    public override string ToString() => $"{Method} {Target}";
}

/// <summary>A socket, read by heads and bodies.</summary>
sealed class Wire(Socket socket, CancellationToken end) : IAsyncDisposable
{
    readonly NetworkStream _stream = new(socket, ownsSocket: false);
    readonly List<byte> _ahead = [];

    public bool IsOver { get; private set; }

    public Stream Stream => _stream;

    /// <returns>Null when the client has left.</returns>
    public async Task<string?> ReadHeadAsync()
    {
        for (var searched = 0; ;)
        {
            for (; searched + 3 < _ahead.Count; searched++)
            {
                if (_ahead[searched] == '\r' && _ahead[searched + 1] == '\n' && _ahead[searched + 2] == '\r' && _ahead[searched + 3] == '\n')
                {
                    return Encoding.Latin1.GetString(Take(searched + 4));
                }
            }
            if (!await MoreAsync())
            {
                return null;
            }
        }
    }

    public async Task<byte[]> ReadAsync(int count)
    {
        while (_ahead.Count < count && await MoreAsync())
        {
        }
        return Take(Math.Min(count, _ahead.Count));
    }

    /// <summary>With an RST, so that even what was sent may be lost.</summary>
    public void Reset()
    {
        IsOver = true;
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }

    public void Close()
    {
        IsOver = true;
        socket.Shutdown(SocketShutdown.Both);
    }

    /// <summary>No more is sent; the client may go on.</summary>
    public void CloseHalf() => socket.Shutdown(SocketShutdown.Send);

    public async Task UntilTheClientLeavesAsync()
    {
        IsOver = true;
        while (await MoreAsync())
        {
            _ahead.Clear();
        }
    }

    byte[] Take(int count)
    {
        var taken = _ahead.GetRange(0, count).ToArray();
        _ahead.RemoveRange(0, count);
        return taken;
    }

    async Task<bool> MoreAsync()
    {
        var buffer = new byte[64 * 1024];
        var read = await _stream.ReadAsync(buffer, end);
        _ahead.AddRange(buffer.AsSpan(0, read));
        return read > 0;
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();
}
