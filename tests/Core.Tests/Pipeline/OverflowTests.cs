using System.Text;
using System.Text.Json.Nodes;
using Braintrust.Logging.Tests.Clients;

namespace Braintrust.Logging.Tests.Pipeline;

/// <summary>A row that is larger than the server takes goes by way of an object store, whole, where the server has announced its limit (PROTOCOL section 11.2).</summary>
[Collection("process-wide state")]
public sealed class OverflowTests
{
    static readonly string Large = string.Join(' ', Enumerable.Repeat("large", 40_000));

    static async Task<(World World, BraintrustLogger Logger)> StartAsync(string? method = "PUT", int? limit = 64 * 1024)
    {
        var world = await World.StartAsync();
        (world.Server.PayloadLimitBytes, world.Server.OverflowMethod) = (limit, method);
        return (world, world.Logger());
    }

    [Theory]
    [InlineData("PUT"), InlineData("POST")]
    public async Task ALargeRowArrivesWholeAndTheStoreGetsNoKey(string method)
    {
        var (world, logger) = await StartAsync(method);
        await using var _ = world;

        logger.Log(name: "small");
        logger.Log(name: "large", output: Large);
        Assert.Equal((true, 2, 0), await logger.Client.FlushAsync() is var result ? (result.Completed, result.Delivered, result.Dropped) : default);

        Assert.Equal(Large, (string?)world.Row("large")["output"]);
        Assert.NotNull(world.Row("small"));
        var stored = Assert.Single(world.Server.Requests.Entries, request => request.Path.StartsWith("/storage/", StringComparison.Ordinal));
        Assert.Equal(method, stored.Method);
        Assert.DoesNotContain(world.Server.ApiKey, string.Concat(stored.Headers.Values) + Encoding.UTF8.GetString(stored.Bytes), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheQuestionAndTheReferenceAreAsRecorded()
    {
        foreach (var (capture, method) in ((string, string)[])[("09-overflow-put", "PUT"), ("09b-overflow-post-form", "POST")])
        {
            var recorded = Capture.Load(capture);
            var (world, logger) = await StartAsync(method);
            await using var _ = world;
            logger.Log(output: Large);
            await logger.Client.FlushAsync();

            var question = Assert.Single(world.Server.Requests.Entries, request => request.Is("POST", "/logs3/overflow"));
            Assert.Equal(Shape(recorded.Requests.First(request => request.Path == "/logs3/overflow").Body), Shape(question.Json));
            var body = world.Server.StoredFiles.Single().Value;
            Assert.Equal(body.Length, (int)question.Json!["size_bytes"]!);
            var row = JsonNode.Parse(body)!["rows"]![0]!;
            Assert.Equal((string?)row["project_id"], (string?)question.Json["rows"]![0]!["object_ids"]!["project_id"]);
            Assert.Equal(body.Length - "{\"rows\":[],\"api_version\":2}".Length, (int)question.Json["rows"]![0]!["input_row"]!["byte_size"]!);

            var reference = world.Server.Requests.Entries.Last(request => request.Is("POST", "/logs3"));
            Assert.Equal(Shape(recorded.Requests.Last(request => request.Path == "/logs3" && request.Body?["rows"] is JsonObject).Body), Shape(reference.Json));
            var form = world.Server.Requests.Entries.Single(request => request.Path.StartsWith("/storage/", StringComparison.Ordinal));
            Assert.Equal(method == "POST", form.Headers.GetValueOrDefault("Content-Type")!.StartsWith("multipart/form-data", StringComparison.Ordinal));
            if (method == "POST")
            {
                var text = Encoding.UTF8.GetString(form.Bytes);
                Assert.True(text.IndexOf("name=\"key\"", StringComparison.Ordinal) < text.IndexOf("name=\"policy\"", StringComparison.Ordinal));
                Assert.True(text.IndexOf("name=\"policy\"", StringComparison.Ordinal) < text.IndexOf("name=\"file\"; filename=\"blob\"", StringComparison.Ordinal), text[..400]);
            }
        }
    }

    [Fact]
    public async Task AFinishedUploadIsNotRepeatedWhenTellingFails()
    {
        var (world, logger) = await StartAsync();
        await using var _ = world;
        var failures = 0;
        world.Server.OnLogs3 = request => Task.FromResult(request.Body.Contains("logs3_overflow", StringComparison.Ordinal) && failures++ < 2 ? Reply.ServerError : null);

        logger.Log(name: "large", output: Large);
        await world.AdvanceUntil(logger.Client.FlushAsync(TimeSpan.FromMinutes(5)));

        Assert.Equal(3, failures);
        Assert.Equal(Large, (string?)world.Row("large")["output"]);
        Assert.Single(world.Server.Requests.Entries, request => request.Path.StartsWith("/storage/", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task WhereThatWayFailsTheRowIsShortenedAndTheRestIsNotHeldUp(bool isRefused)
    {
        var (world, logger) = await StartAsync();
        await using var _ = world;
        var failures = 0;
        Task<Reply?> Fail(RecordedRequest request)
        {
            failures++;
            return Task.FromResult<Reply?>(new Reply(isRefused ? 404 : 503, "{}"));
        }
        if (isRefused)
        {
            world.Server.OnOverflow = Fail;
        }
        else
        {
            world.Server.OnStorage = Fail;
        }

        logger.Log(name: "large", output: Large);
        logger.Log(name: "small");
        await world.AdvanceUntil(logger.Client.FlushAsync(TimeSpan.FromHours(1)));

        Assert.True(failures > 0);
        Assert.Contains("truncated", (string?)world.Row("large")["output"], StringComparison.Ordinal);
        Assert.NotNull(world.Row("small"));
        Assert.Empty(world.Losses);
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest"), InlineData("ftp://store.example/x"), InlineData("https://１６９.254.169.254/latest")]
    public async Task AnAddressThatMustNotBeUsedCostsTheRowItsLengthAndHoldsUpNoOther(string url)
    {
        var (world, logger) = await StartAsync();
        await using var _ = world;
        world.Server.OnOverflow = _ => Task.FromResult<Reply?>(new Reply(200, $$"""{"method":"PUT","signedUrl":"{{url}}","key":"k"}"""));

        logger.Log(name: "large", output: Large);
        logger.Log(name: "small");
        var flush = logger.Client.FlushAsync();
        await world.AdvanceUntil(flush);

        Assert.Contains(world.Server.Requests.Entries, static request => request.Path == "/logs3/overflow"); // that is where it was named
        Assert.Equal((true, 2), await flush is var result ? (result.Completed, result.Delivered) : default);
        Assert.Contains("truncated", (string?)world.Row("large")["output"], StringComparison.Ordinal);
        Assert.NotNull(world.Row("small"));
    }

    [Theory]
    [InlineData(404), InlineData(405), InlineData(501), InlineData(301), InlineData(407)]
    public async Task AStoreThatRefusesHoldsUpNoOtherRow(int status)
    {
        var (world, logger) = await StartAsync();
        await using var _ = world;
        world.Server.OnStorage = _ => Task.FromResult<Reply?>(new Reply(status, "{}"));

        logger.Log(name: "large", output: Large);
        logger.Log(name: "small");
        var flush = logger.Client.FlushAsync();
        await world.AdvanceUntil(flush);

        Assert.NotEmpty(world.Server.StorageRequests); // which it refused
        Assert.Equal((true, 2), await flush is var result ? (result.Completed, result.Delivered) : default);
        Assert.Contains("truncated", (string?)world.Row("large")["output"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnOutageOfTheServerItselfCostsARowNothing()
    {
        var (world, logger) = await StartAsync();
        await using var _ = world;
        var failures = 0;
        Task<Reply?> Fail(RecordedRequest request) => Task.FromResult<Reply?>(failures++ < 12 ? new Reply(503, "{}") : null);
        (world.Server.OnOverflow, world.Server.OnLogs3) = (Fail, Fail);

        logger.Log(name: "large", output: Large);
        logger.Log(name: "small");
        await world.AdvanceUntil(logger.Client.FlushAsync(TimeSpan.FromHours(5)), TimeSpan.FromSeconds(20));

        Assert.True(failures > 12);
        Assert.Equal(Large, (string?)world.Row("large")["output"]);
        Assert.NotNull(world.Row("small"));
    }

    [Fact]
    public async Task WhereOnlyTheQuestionFailsTheRestIsNotHeldUp()
    {
        var (world, logger) = await StartAsync();
        await using var _ = world;
        world.Server.OnOverflow = _ => Task.FromResult<Reply?>(new Reply(503, "{}"));

        logger.Log(name: "large", output: Large);
        logger.Log(name: "small");
        await world.AdvanceUntil(logger.Client.FlushAsync(TimeSpan.FromHours(5)), TimeSpan.FromSeconds(20));

        Assert.Contains(world.Server.Requests.Entries, static request => request.Path == "/logs3/overflow"); // it failed
        Assert.Equal("small", (string?)world.Rows[0]["span_attributes"]!["name"]);
        Assert.Contains("truncated", (string?)world.Row("large")["output"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutAnAnnouncedLimitALargeRowIsShortenedAtOnce()
    {
        await using var world = await World.StartAsync();
        world.Server.OverflowMethod = "PUT";
        world.Server.OnLogs3 = request => Task.FromResult(request.Bytes.Length > 64 * 1024 ? new Reply(413, "{}") : null);
        var logger = world.Logger();

        logger.Log(name: "large", output: Large);
        await logger.Client.FlushAsync();

        Assert.Contains(world.Server.Requests.Entries, static request => request.Path == "/logs3" && request.Bytes.Length > 64 * 1024); // which got a 413
        Assert.Contains("truncated", (string?)world.Row("large")["output"], StringComparison.Ordinal);
        Assert.DoesNotContain(world.Server.Requests.Entries, request => request.Path == "/logs3/overflow");
    }

    [Fact]
    public async Task ALimitThatFailedToBeToldAtFirstIsAskedForAgain()
    {
        await using var world = await World.StartAsync();
        (world.Server.PayloadLimitBytes, world.Server.OverflowMethod) = (64 * 1024, "PUT");
        world.Server.OnVersion = _ => Task.FromResult<Reply?>(Reply.ServerError);
        var logger = world.Logger();
        logger.Log(name: "first");
        await logger.Client.FlushAsync();
        Assert.Equal(1, world.Server.VersionCount);

        world.Server.OnVersion = null;
        world.Clock.Advance(TimeSpan.FromMinutes(2));
        logger.Log(name: "second");
        await logger.Client.FlushAsync();
        await world.Server.Requests.WaitForAsync(2, request => request.Is("GET", "/version"), "GET /version"); // in the background
        logger.Log(name: "large", output: Large);
        await logger.Client.FlushAsync();
        await logger.Client.FlushAsync();

        Assert.NotNull(world.Row("large"));
    }

    /// <summary>The names and kinds of all that is in it.</summary>
    static string Shape(JsonNode? node) => node switch
    {
        JsonObject members => "{" + string.Join(",", members.OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => $"{member.Key}:{Shape(member.Value)}")) + "}",
        JsonArray items => "[" + string.Join(",", items.Select(Shape)) + "]",
        _ => node?.GetValueKind().ToString() ?? "null",
    };
}
