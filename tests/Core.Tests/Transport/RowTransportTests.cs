using System.Net;
using Braintrust.Logging.Configuration;
using Braintrust.Logging.Session;
using Braintrust.Logging.Transport;
using Microsoft.Extensions.Time.Testing;

namespace Braintrust.Logging.Tests.Transport;

public class RowTransportTests
{
    readonly FakeTimeProvider time = new();
    readonly SessionRegistry sessions = new();

    [Fact]
    public async Task TheFirstRowsGoOutAfterLoginProjectAndVersion()
    {
        using var handler = new RecordingHandler();
        using var transport = Transport(handler);
        Assert.Equal((Answer.Accepted, 5242880), await transport.ReadyAsync(default));
        Assert.Equal((Answer.Accepted, "project-1"), await transport.ProjectAsync(new("P", null), default));
        Assert.Equal(Answer.Accepted, await transport.SendAsync(new("{}"u8.ToArray()), 1, null, default));
        Assert.Equal(
            ["POST https://app.example/api/apikey/login", "GET https://api.example/version", "POST https://app.example/api/project/register", "POST https://api.example/logs3"],
            handler.Lines);
        Assert.All(handler.Requests, request => Assert.Equal("sk-canary", request.Key));
        Assert.Equal("""{"project_name":"P","org_id":"org-1"}""", handler.Requests.ElementAt(2).Body);
    }

    [Fact]
    public async Task ThenNothingButRows()
    {
        using var handler = new RecordingHandler();
        using var transport = Transport(handler);
        for (var i = 0; i < 3; i++)
        {
            await transport.ReadyAsync(default);
            await transport.ProjectAsync(new("P", null), default);
            await transport.SendAsync(new("{}"u8.ToArray()), 1, null, default);
        }
        Assert.Equal(3 + 3, handler.Lines.Length);
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized)]
    [InlineData(HttpStatusCode.Forbidden)]
    public async Task AfterADenialTheNextCallLogsInAfresh(HttpStatusCode status)
    {
        using var handler = new RecordingHandler(rows: status);
        using var transport = Transport(handler);
        var answer = await transport.SendAsync(new("{}"u8.ToArray()), 1, null, default);
        Assert.Equal((AnswerKind.Denied, (int)status), (answer.Kind, answer.Status));
        Assert.DoesNotContain("sk-canary", answer.ToString(), StringComparison.Ordinal);
        await transport.SendAsync(new("{}"u8.ToArray()), 1, null, default);
        Assert.Equal(2, handler.Lines.Count(line => line.EndsWith("/login", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task AVersionThatFailsIsNoObstacleAndIsAskedAgainAMinuteLater()
    {
        var broken = true;
        using var handler = new RecordingHandler(request => broken && request.RequestUri!.AbsolutePath == "/version"
            ? RecordingHandler.Json("nope", HttpStatusCode.InternalServerError)
            : RecordingHandler.Healthy(request));
        using var transport = Transport(handler);
        Assert.Equal((Answer.Accepted, null), await transport.ReadyAsync(default));
        broken = false;
        Assert.Equal((Answer.Accepted, null), await transport.ReadyAsync(default));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal((Answer.Accepted, 5242880), await transport.ReadyAsync(default));
        Assert.Equal(2, handler.Lines.Count(line => line.EndsWith("/version", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task AVersionThatHangsDelaysNothingForLong()
    {
        var asked = new TaskCompletionSource();
        var told = new TaskCompletionSource<HttpResponseMessage>();
        using var handler = new RecordingHandler(request =>
        {
            if (request.RequestUri!.AbsolutePath != "/version") return Task.FromResult(RecordingHandler.Healthy(request));
            asked.SetResult();
            return told.Task;
        });
        using var transport = Transport(handler);
        await transport.LoginAsync(default);
        var ready = transport.ReadyAsync(default);
        await asked.Task;
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal((Answer.Accepted, null), await ready);
        Assert.Equal((Answer.Accepted, null), await transport.ReadyAsync(default));
    }

    [Theory]
    [InlineData("""{"logs3_payload_max_bytes":null}""")]
    [InlineData("""{"logs3_payload_max_bytes":0}""")]
    [InlineData("""{"logs3_payload_max_bytes":"5"}""")]
    [InlineData("{}")]
    public async Task AVersionWithoutAUsableLimitIsAnAnswer(string body)
    {
        using var handler = new RecordingHandler(request =>
            request.RequestUri!.AbsolutePath == "/version" ? RecordingHandler.Json(body) : RecordingHandler.Healthy(request));
        using var transport = Transport(handler);
        Assert.Null((await transport.ReadyAsync(default)).PayloadLimit);
        time.Advance(TimeSpan.FromHours(1));
        Assert.Null((await transport.ReadyAsync(default)).PayloadLimit);
        Assert.Equal(2, handler.Lines.Length);
    }

    [Fact]
    public async Task TwoTransportsOfOneAccountShareTheLogin()
    {
        using var one = new RecordingHandler();
        using var two = new RecordingHandler();
        using (var first = Transport(one)) await first.ReadyAsync(default);
        Assert.Equal(2, one.Lines.Length);
        using var second = Transport(two);
        using var third = Transport(two);
        await second.ReadyAsync(default);
        await third.ReadyAsync(default);
        Assert.Equal(2, two.Lines.Length); // the first was gone, and its session with it
        Assert.Same(second.Session, third.Session);
    }

    [Fact]
    public async Task AfterDisposeThereIsStillAnAnswer()
    {
        using var handler = new RecordingHandler();
        var transport = Transport(handler);
        await transport.ReadyAsync(default);
        transport.Dispose();
        transport.Dispose();
        Assert.Equal(AnswerKind.Retry, (await transport.SendAsync(new("{}"u8.ToArray()), 1, null, default)).Kind);
    }

    RowTransport Transport(RecordingHandler handler)
    {
        var connection = new ConnectionSettings("https://app.example", null, "sk-canary", null, false);
        return new(new(connection, () => "sk-canary", new("Global", null), "https://app.example", null), handler, time, sessions);
    }
}
