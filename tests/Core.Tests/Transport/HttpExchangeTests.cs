using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO.Compression;
using System.Net.Sockets;
using System.Text;
using Braintrust.Logging.Transport;
using Microsoft.Extensions.Time.Testing;

namespace Braintrust.Logging.Tests.Transport;

public class HttpExchangeTests
{
    const string Key = "sk-canary-0001";
    readonly FakeTimeProvider time = new();

    [Fact]
    public async Task ARequestCarriesWhatTheProtocolAsksForAndNoMore()
    {
        using var server = new RawServer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        using var trace = new Activity("the user's own").Start();
        trace.TraceStateString = "a=b";
        trace.AddBaggage("secret", "baggage");
        var reply = await PostAsync(server.Url, "{\"rows\":[]}");
        Assert.Equal((200, "{}"), (reply.Status, Encoding.UTF8.GetString(reply.Body.Span)));
        var head = server.Received[..server.Received.IndexOf("\r\n\r\n", StringComparison.Ordinal)].Split("\r\n");
        Assert.Equal("POST /logs3 HTTP/1.1", head[0]);
        Assert.Equal(
            ["Accept-Encoding: gzip, deflate, br", "Accept: application/json", $"Authorization: Bearer {Key}", "Content-Length: 11", "Content-Type: application/json", $"Host: {new Uri(server.Url).Authority}"],
            head[1..].Where(line => !line.StartsWith("User-Agent: Braintrust.Logging", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Same(trace, Activity.Current);
    }

    [Fact]
    public async Task WhoListensToHttpHearsNothingOfUs()
    {
        using var server = new RawServer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        var heard = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "System.Net.Http",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStarted = heard.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await PostAsync(server.Url);
        Assert.DoesNotContain(heard, activity => activity.TagObjects.Any(tag => $"{tag.Value}".StartsWith(server.Url, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task ARedirectIsNotFollowed(int status)
    {
        using var other = new RawServer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        using var server = new RawServer($"HTTP/1.1 {status} Moved\r\nLocation: {other.Url}/\r\nContent-Length: 0\r\n\r\n");
        var answer = ResponseRule.ForRows(await PostAsync(server.Url), 1, default);
        Assert.Equal((AnswerKind.Misconfigured, status), (answer.Kind, answer.Status));
        Assert.Equal((1, 0), (server.Connections, other.Connections));
    }

    [Fact]
    public async Task AHandlerThatFollowedARedirectElsewhereIsToldOn()
    {
        using var other = new RawServer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        using var server = new RawServer($"HTTP/1.1 307 Moved\r\nLocation: {other.Url}/\r\nContent-Length: 0\r\n\r\n");
        using var given = new SocketsHttpHandler();
        var answer = ResponseRule.ForRows(await PostAsync(server.Url, given: given), 1, default);
        Assert.Equal(AnswerKind.Misconfigured, answer.Kind);
        Assert.Contains("AllowAutoRedirect", answer.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("")]
    public async Task ABodyOf200MegabytesIsReadTo64KilobytesAndTheStatusStands(string packing)
    {
        using var server = new RawServer(stream => BombAsync(stream, packing));
        var reply = await PostAsync(server.Url);
        Assert.Equal((503, HttpExchange.BodyLimit), (reply.Status, reply.Body.Length));
        Assert.Equal(AnswerKind.Retry, ResponseRule.ByStatus(reply, default).Kind);
    }

    static async Task BombAsync(NetworkStream stream, string packing)
    {
        var header = packing.Length > 0 ? $"Content-Encoding: {packing}\r\n" : "";
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 503 Service Unavailable\r\n{header}Connection: close\r\n\r\n"));
        Stream bomb = packing switch
        {
            "gzip" => new GZipStream(stream, CompressionLevel.Fastest),
            "br" => new BrotliStream(stream, CompressionLevel.Fastest),
            _ => stream,
        };
        var zeros = new byte[1024 * 1024];
        for (var i = 0; i < 200; i++) await bomb.WriteAsync(zeros);
        await bomb.DisposeAsync();
    }

    [Fact]
    public async Task AnAcknowledgementMayBeAsLongAsTheRequest()
    {
        var ids = "{\"ids\":[\"" + string.Join("\",\"", Enumerable.Range(0, 10_000).Select(id => $"{id:d16}")) + "\"]}";
        using var given = new RecordingHandler(_ => RecordingHandler.Json(ids));
        var reply = await PostAsync("https://api.example", new string(' ', ids.Length), given);
        Assert.Equal(AnswerKind.Accepted, ResponseRule.ForRows(reply, 10_000, default).Kind);
    }

    [Fact]
    public async Task AnAcknowledgementThatIsCutOffIsNone()
    {
        using var server = new RawServer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"ids\":[\"a\"");
        Assert.Equal(AnswerKind.Unacknowledged, ResponseRule.ForRows(await PostAsync(server.Url), 1, default).Kind);
    }

    [Theory]
    [InlineData("garbage\r\n\r\n")]
    [InlineData("HTTP/1.1 banana OK\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le")]
    [InlineData("")]
    public async Task WhatIsNoHttpIsTriedAgain(string bytes)
    {
        using var server = new RawServer(bytes);
        Assert.Equal(AnswerKind.Retry, ResponseRule.ForRows(await PostAsync(server.Url), 1, default).Kind);
    }

    [Fact]
    public async Task HeadersWithoutEndAreCutOff()
    {
        using var server = new RawServer("HTTP/1.1 200 OK\r\n" + string.Concat(Enumerable.Range(0, 100_000).Select(i => $"X-{i}: y\r\n")) + "\r\n");
        Assert.Equal(AnswerKind.Retry, ResponseRule.ForRows(await PostAsync(server.Url), 1, default).Kind);
    }

    [Fact]
    public async Task ARefusedConnectionIsTriedAgainAndNamesTheHost()
    {
        using var server = new ClosedPort();
        var answer = ResponseRule.ForRows(await PostAsync(server.Url), 1, default);
        Assert.Equal(AnswerKind.Retry, answer.Kind);
        Assert.Equal($"{new Uri(server.Url).Authority} could not be reached. Check the network and the proxy.", answer.Message);
    }

    [Fact]
    public async Task AConnectionThatIsNotMadeInTimeIsTriedAgainAndNamesTheHost()
    {
        using var given = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromMilliseconds(1),
            ConnectCallback = static async (_, cancel) =>
            {
                await Task.Delay(Timeout.Infinite, cancel);
                return Stream.Null;
            },
        };
        var answer = ResponseRule.ForRows(await PostAsync("http://127.0.0.1:1", given: given), 1, default);
        Assert.Equal((AnswerKind.Retry, "127.0.0.1:1 could not be reached. Check the network and the proxy."), (answer.Kind, answer.Message));
    }

    [Fact]
    public async Task AFailedTlsHandshakeSaysSo()
    {
        using var server = new RawServer("this is not TLS");
        var answer = ResponseRule.ForRows(await PostAsync(server.Url.Replace("http:", "https:", StringComparison.Ordinal)), 1, default);
        Assert.Equal(AnswerKind.Retry, answer.Kind);
        Assert.Contains("TLS failed", answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AServerThatHangsIsLeftAtTheDeadline()
    {
        var arrived = new TaskCompletionSource();
        using var server = new RawServer(async _ =>
        {
            arrived.SetResult();
            await Task.Delay(Timeout.Infinite);
        });
        var reply = PostAsync(server.Url);
        await arrived.Task;
        time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(reply.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        var answer = ResponseRule.ForRows(await reply, 1, default);
        Assert.Equal((AnswerKind.Retry, $"{new Uri(server.Url).Authority} did not answer within 30 s."), (answer.Kind, answer.Message));
    }

    [Fact]
    public async Task AHandlerDeafToCancellationIsLeftToo()
    {
        using var given = new RecordingHandler(_ => new TaskCompletionSource<HttpResponseMessage>().Task);
        var reply = PostAsync("https://api.example", given: given);
        time.Advance(HttpExchange.Deadline);
        Assert.Equal(AnswerKind.Retry, (await reply).Failure?.Kind);
    }

    [Fact]
    public async Task TheBodyMayBeReusedOnceThereIsAReply()
    {
        using var given = new LateReader();
        using var http = new HttpExchange(given, time);
        var body = "{}"u8.ToArray();
        var reply = http.PostAsync("https://api.example/logs3", Key, body, CancellationToken.None);
        await given.Entered.Task; // the handler runs on the pool, and is not asked at all once the deadline has passed
        time.Advance(HttpExchange.Deadline);
        await reply;
        body.AsSpan().Fill((byte)'x');
        given.Left.SetResult();
        Assert.Equal("{}", await given.Read.Task);
    }

    sealed class LateReader : HttpMessageHandler
    {
        public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public TaskCompletionSource Left { get; } = new();
        public TaskCompletionSource<string> Read { get; } = new();

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Entered.SetResult();
            await Left.Task;
            Read.SetResult(await request.Content!.ReadAsStringAsync(CancellationToken.None));
            return new();
        }
    }

    [Fact]
    public async Task ABodyThatDripsIsLeftAtTheDeadline()
    {
        var arrived = new TaskCompletionSource();
        using var server = new RawServer(async stream =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"u8.ToArray());
            arrived.SetResult();
            await Task.Delay(Timeout.Infinite);
        });
        var reply = PostAsync(server.Url);
        await arrived.Task;
        time.Advance(HttpExchange.Deadline);
        Assert.Equal(AnswerKind.Retry, (await reply).Failure?.Kind);
    }

    [Fact]
    public async Task CancellationIsAnAnswerToo()
    {
        using var given = new RecordingHandler(_ => new TaskCompletionSource<HttpResponseMessage>().Task);
        using var http = new HttpExchange(given, time);
        using var cancel = new CancellationTokenSource();
        var reply = http.GetAsync("https://api.example/version", Key, cancel.Token);
        await cancel.CancelAsync();
        Assert.Equal("The attempt was cancelled before an answer came.", (await reply).Failure?.Message);
    }

    [Fact]
    public async Task WhateverAHandlerThrowsIsTriedAgainAndNotRepeated()
    {
        const string secret = "a secret of the handler's";
        Exception[] failures = [new InvalidOperationException(secret), new NullReferenceException(secret), new HttpRequestException(secret), new TaskCanceledException(secret)];
        foreach (var failure in failures)
        {
            using var given = new RecordingHandler(_ => Task.FromException<HttpResponseMessage>(failure));
            var answer = (await PostAsync("https://api.example", given: given)).Failure!.Value;
            Assert.Equal((AnswerKind.Retry, $"The request to api.example failed ({failure.GetType().Name})."), (answer.Kind, answer.Message));
            Assert.Same(failure, answer.Exception);
            Assert.DoesNotContain(secret, answer.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void AGivenHandlerIsNotDisposed()
    {
        using var given = new RecordingHandler();
        new HttpExchange(given, time).Dispose();
        Assert.False(given.IsDisposed);
    }

    async Task<HttpReply> PostAsync(string url, string body = "{}", HttpMessageHandler? given = null)
    {
        using var http = new HttpExchange(given, time);
        return await http.PostAsync($"{url}/logs3", Key, Encoding.UTF8.GetBytes(body), CancellationToken.None);
    }
}
