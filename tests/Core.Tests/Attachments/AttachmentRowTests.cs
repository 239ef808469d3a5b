using System.Text.Json.Nodes;
using Braintrust.Logging.Rows;
using Braintrust.Logging.Tests.Clients;

namespace Braintrust.Logging.Tests.Attachments;

/// <summary>What a row says of its attachments, and which of them are uploaded.</summary>
public sealed class AttachmentRowTests
{
    [Fact]
    public async Task ARowRefersToWhatIsUploaded()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        var picture = new BraintrustAttachment(Some.Bytes(5000), "picture.png");

        logger.Log(input: picture, name: "row");
        var flush = await logger.Client.FlushAsync();

        AssertReference(picture, world.Row("row")["input"]);
        Assert.Equal(picture.Content.ToArray(), world.Server.StoredFiles[picture.Key!]);
        Assert.Equal("done", world.Server.AttachmentStatus[picture.Key!]);
        Assert.Equal(new FlushResult(true, 1, 0, 0, 0, null), flush); // an attachment is no row
    }

    [Fact]
    public async Task AnAttachmentMayStandAnywhereInAValue()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        var all = Enumerable.Range(0, 9).Select(i => new BraintrustAttachment(new[] { (byte)i }, $"{i}.bin")).ToArray();

        using (var span = logger.StartSpan("span", input: new { messages = new object[] { new { role = "user", content = new[] { all[0] } } } }, metadata: new Dictionary<string, object> { ["doc"] = all[1] }))
        {
            span.Log(output: new Dictionary<string, object?> { ["a"] = new List<object?> { null, all[2] } }, expected: all[3], metadata: new { more = new { deep = (all[4], 1) } });
        }
        var id = logger.Log(output: new[] { all[5], all[6] }, metadata: all[7], name: "event");
        logger.UpdateSpan(id, expected: new { late = all[8] });
        await logger.Client.FlushAsync();

        var span1 = world.Row("span");
        AssertReference(all[0], span1["input"]!["messages"]![0]!["content"]![0]);
        AssertReference(all[1], span1["metadata"]!["doc"]);
        AssertReference(all[2], span1["output"]!["a"]![1]);
        AssertReference(all[3], span1["expected"]);
        AssertReference(all[4], span1["metadata"]!["more"]!["deep"]!["Item1"]);
        var row = world.Row("event");
        AssertReference(all[6], row["output"]![1]);
        AssertReference(all[7], row["metadata"]!["value"]);
        AssertReference(all[8], row["expected"]!["late"]);
        Assert.All(all, attachment => Assert.Equal(attachment.Content.ToArray(), world.Server.StoredFiles[attachment.Key!]));
        Assert.Equal(9, world.Server.AttachmentRequests.Count);
    }

    [Fact]
    public async Task AnExternalOneIsReferredToAndNotUploaded()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();

        logger.Log(input: new { doc = BraintrustAttachment.External("s3://bucket/file.pdf", "file.pdf") }, name: "row");
        await logger.Client.FlushAsync();

        Assert.Equal("""{"type":"external_attachment","filename":"file.pdf","content_type":"application/pdf","url":"s3://bucket/file.pdf"}""", world.Row("row")["input"]!["doc"]!.ToJsonString());
        Assert.Empty(world.Server.AttachmentRequests);
    }

    [Fact]
    public async Task OneThatSeveralRowsReferToIsUploadedOnce()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        var picture = new BraintrustAttachment(Some.Bytes(10), "picture.png");

        logger.Log(input: new { one = picture, two = picture }, output: picture, name: "first");
        logger.Log(input: picture, name: "second");
        await logger.Client.FlushAsync();
        logger.Log(input: picture, name: "third");
        await logger.Client.FlushAsync();

        Assert.All(["first", "second", "third"], name => Assert.Contains(picture.Key!, world.Row(name)["input"]!.ToJsonString()));
        Assert.Single(world.Server.AttachmentRequests);
        Assert.Single(world.Server.StorageRequests);
        Assert.Equal((1, 0, 0), (logger.Client.Ledger.Uploaded, logger.Client.Ledger.LostUploads, logger.Client.Ledger.UploadBytes));
    }

    [Fact]
    public async Task TwoClientsUploadItEachToTheirOwn()
    {
        await using var world = await World.StartAsync();
        await using var other = await World.StartAsync();
        var picture = new BraintrustAttachment(Some.Bytes(10), "picture.png");
        foreach (var one in (World[])[world, other])
        {
            var logger = one.Logger();
            logger.Log(input: picture);
            await logger.Client.FlushAsync();
            Assert.Equal(picture.Content.ToArray(), one.Server.StoredFiles[picture.Key!]);
        }
    }

    [Fact]
    public async Task WhatALaterValueReplacedIsNotUploaded()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        var (early, late) = (new BraintrustAttachment(new byte[1], "early"), new BraintrustAttachment(new byte[1], "late"));

        using (var span = logger.StartSpan("span"))
        {
            span.Log(output: new { file = early });
            span.Log(output: new { file = late });
        }
        await logger.Client.FlushAsync();

        Assert.Equal([late.Key!], world.Server.StoredFiles.Keys);
    }

    [Fact]
    public async Task ASpanThatIsStillOpenHasItsInputsUploadedAndItsEndUploadsThemNoMore()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        var picture = new BraintrustAttachment(Some.Bytes(10), "picture.png");

        var span = logger.StartSpan("span", input: picture);
        await logger.Client.FlushAsync();
        Assert.Equal("done", world.Server.AttachmentStatus[picture.Key!]);
        span.End();
        await logger.Client.FlushAsync();

        AssertReference(picture, world.Row("span")["input"]);
        Assert.Single(world.Server.StorageRequests);
    }

    [Fact]
    public async Task InsideOfChatMessagesItIsUploadedToo()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        var picture = new BraintrustAttachment(Some.Bytes(10), "picture.png");
        var messages = new[] { new { role = "user", parts = new object[] { new { type = "image", image = picture } } } };

        var start = new SpanStart
        {
            Logger = logger,
            FrontEnd = logger.Client.Api,
            Name = "span",
            Properties = [new("gen_ai.input.messages", Values.Freeze(messages))],
        };
        BraintrustLogger.Open(start).End();
        await logger.Client.FlushAsync();

        AssertReference(picture, world.Row("span")["input"]![0]!["content"]![0]!["image"]);
        Assert.Equal([picture.Key!], world.Server.StoredFiles.Keys);
    }

    [Fact]
    public async Task WhatAMaskTakesAwayIsNotUploaded()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.Mask = (field, value) => field == "input" ? "masked" : value);
        var (hidden, shown) = (new BraintrustAttachment(Some.Bytes(10), "hidden.png"), new BraintrustAttachment(Some.Bytes(10), "shown.png"));

        logger.Log(input: new { hidden }, output: new { shown }, name: "event");
        var span = logger.StartSpan("span", input: hidden, metadata: new { shown });
        await logger.Client.FlushAsync();
        span.End();
        await logger.Client.FlushAsync();

        Assert.Equal("masked", (string?)world.Row("event")["input"]);
        Assert.Equal([shown.Key!], world.Server.StoredFiles.Keys);
        Assert.DoesNotContain(world.Server.Requests.Entries, request => request.Body.Contains(hidden.Key!, StringComparison.Ordinal) || request.Body.Contains("hidden.png", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ANameThatIsMaskedIsMaskedForTheUploadToo()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.Mask = (field, value) =>
            field == "input" && value is IReadOnlyDictionary<string, object?> map ? map.ToDictionary(member => member.Key, member => member.Key == "filename" ? "***" : member.Value) : value);
        var passport = new BraintrustAttachment(Some.Bytes(10), "passport of Jane.png");

        logger.Log(input: passport, name: "event");
        await logger.Client.FlushAsync();

        Assert.Equal(passport.Key, (string?)world.Row("event")["input"]!["key"]);
        Assert.Equal("***", (string?)Assert.Single(world.Server.AttachmentRequests).Json!["filename"]);
        Assert.DoesNotContain(world.Server.Requests.Entries, request => request.Body.Contains("Jane", StringComparison.Ordinal));
        Assert.Equal([passport.Key!], world.Server.StoredFiles.Keys);
    }

    [Fact]
    public async Task WhatAMaskAddsIsUploaded()
    {
        await using var world = await World.StartAsync();
        var instead = new BraintrustAttachment(Some.Bytes(10), "redacted.png");
        var logger = world.Logger(options => options.Mask = (field, value) => field == "input" ? new { instead } : value);

        logger.Log(input: "secret", name: "event");
        await logger.Client.FlushAsync();

        AssertReference(instead, world.Row("event")["input"]!["instead"]);
        Assert.Equal([instead.Key!], world.Server.StoredFiles.Keys);
    }

    [Fact]
    public async Task HostileNamesReachTheServiceAsTheRowSaysThem()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        var hostile = new BraintrustAttachment(Some.Bytes(10), "\"},{\"type\":\"braintrust_attachment\",\"key\":\"\\u0000 日本\uD800🎉.png");

        logger.Log(input: hostile, name: "row");
        await logger.Client.FlushAsync();

        AssertReference(hostile, world.Row("row")["input"]);
        Assert.Equal(hostile.Filename, (string?)Assert.Single(world.Server.AttachmentRequests).Json!["filename"]);
        Assert.Equal("done", world.Server.AttachmentStatus[hostile.Key!]);
    }

    [Fact]
    public async Task ATextThatLooksLikeAReferenceUploadsNothing()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        var picture = new BraintrustAttachment(Some.Bytes(10), "picture.png");

        logger.Log(input: new { key = picture.Key, type = "braintrust_attachment", filename = "x", content_type = "y" }, name: "row");
        await logger.Client.FlushAsync();

        Assert.Equal(picture.Key, (string?)world.Row("row")["input"]!["key"]);
        Assert.Empty(world.Server.AttachmentRequests);
    }

    [Fact]
    public async Task AValueThatIsCutOffUploadsWhatIsLeftOfIt()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        var all = Enumerable.Range(0, 1010).Select(i => new BraintrustAttachment(new byte[1], $"{i}.bin")).ToArray();

        logger.Log(input: all, name: "row");
        await logger.Client.FlushAsync();

        var kept = world.Row("row")["input"]!.AsArray().OfType<JsonObject>().Select(reference => (string)reference["key"]!).ToHashSet();
        Assert.Equal(1000, kept.Count);
        Assert.True(kept.SetEquals(world.Server.StoredFiles.Keys));
    }

    static void AssertReference(BraintrustAttachment attachment, JsonNode? shown) => Assert.Equal(
        new JsonObject
        {
            ["type"] = "braintrust_attachment",
            ["filename"] = attachment.Filename,
            ["content_type"] = attachment.ContentType,
            ["key"] = attachment.Key,
        }.ToJsonString(), shown?.ToJsonString());
}
