using System.Text.Json.Nodes;
using Braintrust.Logging.Tests.Clients;

namespace Braintrust.Logging.Tests.Captures;

/// <summary>Capture 08: two attachments and an external one, then one whose store is out of order.</summary>
public sealed class AttachmentTests
{
    [Fact]
    public async Task RowsAndUploadsAreThoseOfTheCapture()
    {
        await using var run = await CaptureRun.StartAsync("08");
        var logger = run.Logger();
        var client = logger.Client;

        using (var span = logger.StartSpan(input: new { messages = new[] { new { role = "user", content = new[] { new { type = "image_url", image_url = new { url = Picture() } } } } } }))
        {
            span.Log(output: new { transcript = BraintrustAttachment.FromJson(new { big = new[] { 1, 2, 3 }, s = "x" }, "transcript.json") });
            span.Log(metadata: new { doc = BraintrustAttachment.External("s3://bucket/path/to/file.pdf", "file.pdf", "application/pdf") });
        }
        var good = await client.FlushOrFail();
        Assert.Equal(new FlushResult(true, 1, 0, 0, 0, null), good);

        using (logger.StartSpan(input: new BraintrustAttachment("zzz"u8.ToArray(), "bad.bin", "application/octet-stream")))
        {
        }
        var flush = client.FlushAsync(TimeSpan.FromHours(1));
        await run.Clock.AdvanceUntil(() => run.Clients, flush);

        AssertRows(run);
        AssertSameUpload(run, "picture.png");
        AssertSameUpload(run, "transcript.json");
        AssertSameUpload(run, "bad.bin", tries: 8); // JS: one
        Assert.Equal(LossReasons.Attachment, Assert.Single(run.Losses).Reason);
        Assert.Equal(new FlushResult(true, 1, 0, 0, 0, run.Losses[0].Message), await flush);
        AssertRowsComeFirst(run);
    }

    static BraintrustAttachment Picture() => new("fake-png-bytes"u8.ToArray(), "picture.png", "image/png");

    /// <summary>The references, in the places and of the shape that they have in the capture; the keys are each client's own.</summary>
    static void AssertRows(CaptureRun run)
    {
        var (theirs, ours) = (run.Capture.StoredRows(), run.StoredRows());
        Assert.Equal(2, ours.Count);
        foreach (var (their, our) in theirs.Zip(ours))
        {
            foreach (var field in (string[])["input", "output", "metadata"])
            {
                Assert.Equal(WithoutKeys(their[field]), WithoutKeys(our[field]));
            }
        }
        Assert.Distinct(ours.SelectMany(row => Keys(row)));
        Assert.Equal(3, ours.SelectMany(row => Keys(row)).Count());
    }

    /// <summary>Ask, put, say: the same bodies, headers and bytes.</summary>
    static void AssertSameUpload(CaptureRun run, string filename, int tries = 1)
    {
        var their = Asks(run.Capture.Requests.Select(it => it.Body), filename).Single();
        var our = Asks(run.Server.Requests.Entries.Select(it => it.Json), filename).ToList();
        Assert.Equal(tries, our.Count);
        var key = (string)our[0]["key"]!;
        Assert.All(our, body => Assert.Equal(WithoutKeys(their), WithoutKeys(body)));
        Assert.All(our, body => Assert.Equal(key, (string)body["key"]!));

        var theirKey = (string)their["key"]!;
        var theirPut = run.Capture.Requests.Single(it => it.Method == "PUT" && it.Path == $"/attachments/{theirKey}");
        var ourPuts = run.Server.Requests.Entries.Where(it => it.Method == "PUT" && it.Path == $"/attachments/{theirKey}").ToList(); // where the capture's answer sent us
        Assert.Equal(tries, ourPuts.Count);
        Assert.All(ourPuts, put =>
        {
            Assert.Equal(theirPut.Query, put.Query);
            Assert.Equal("1", put.Headers["x-test-signed"]);
            Assert.Equal(theirPut.Headers.ContainsKey("content-type"), put.Headers.ContainsKey("Content-Type"));
            Assert.Null(put.Bearer);
        });

        var theirStatus = run.Capture.Requests.Single(it => it.Is("POST", "/attachment/status") && (string?)it.Body!["key"] == theirKey).Body!;
        var ourStatus = run.Server.Requests.Entries.Single(it => it.Is("POST", "/attachment/status") && (string?)it.Json!["key"] == key).Json!;
        Assert.Equal((string?)theirStatus["status"]!["upload_status"], (string?)ourStatus["status"]!["upload_status"]);
        Assert.Equal((string?)theirStatus["org_id"], (string?)ourStatus["org_id"]);
        Assert.Equal(Names(theirStatus), Names(ourStatus));
        Assert.Equal(Names(theirStatus["status"]!), Names(ourStatus["status"]!));
        Assert.All((string[])["authorization", "content-type", "accept"], name => Assert.All(
            run.Server.Requests.Entries.Where(it => it.Path.StartsWith("/attachment", StringComparison.Ordinal) && it.Method == "POST"), post => Assert.True(post.Headers.ContainsKey(name))));
    }

    static void AssertRowsComeFirst(CaptureRun run)
    {
        var requests = run.Server.Requests.Entries;
        foreach (var ask in requests.Where(it => it.Is("POST", "/attachment")))
        {
            var key = (string)ask.Json!["key"]!;
            Assert.True(requests.First(it => it.Is("POST", "/logs3") && it.Body.Contains(key, StringComparison.Ordinal)).Order < ask.Order);
        }
        var bytes = requests.Where(it => it.Method == "PUT").Select(it => it.Body).Distinct().Order(StringComparer.Ordinal);
        Assert.Equal(["fake-png-bytes", "zzz", """{"big":[1,2,3],"s":"x"}"""], bytes);
    }

    static IEnumerable<JsonNode> Asks(IEnumerable<JsonNode?> bodies, string filename) =>
        bodies.OfType<JsonObject>().Where(body => (string?)body["filename"] == filename && body.ContainsKey("org_id"));

    static IEnumerable<string> Names(JsonNode node) => node.AsObject().Select(member => member.Key);

    static IEnumerable<string> Keys(JsonNode? node) => node switch
    {
        JsonObject map => map.SelectMany(member => member.Key == "key" ? [(string)member.Value!] : Keys(member.Value)),
        JsonArray list => list.SelectMany(Keys),
        _ => [],
    };

    static string? WithoutKeys(JsonNode? node)
    {
        var copy = node?.ToJsonString();
        foreach (var key in Keys(node))
        {
            copy = copy!.Replace(key, "<key>", StringComparison.Ordinal);
        }
        return copy;
    }
}
