using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;

namespace Braintrust.Logging.Tests.Mel;

public sealed partial class AttachmentTests
{
    readonly BraintrustAttachment _picture = new(Some.Bytes(1000), "picture.png");

    [Fact]
    public async Task ParametersAndScopesCarryAttachments()
    {
        await using var world = await World.OnSocketsAsync();
        var logger = world.Logger();
        var all = Enumerable.Range(0, 4).Select(i => new BraintrustAttachment(new[] { (byte)i }, $"{i}.bin")).ToArray();

        using (logger.BeginScope("Reading {Input}", all[0]))
        using (logger.BeginScope(new Dictionary<string, object> { ["Document"] = all[1] }))
        {
            logger.LogInformation("Said {Output} about {@Files}", _picture, new { list = new[] { all[2] } });
            Asked(logger, all[3]);
        }
        var rows = await world.FlushAsync();

        AssertReference(all[0], rows.Named("Reading 0.bin")["input"]);
        AssertReference(all[1], rows.Single(row => row.Meta("Document") is not null).Meta("Document"));
        var said = rows.Named("Said {Output} about {@Files}");
        AssertReference(_picture, said["output"]);
        AssertReference(all[2], said.Meta("Files")!["list"]![0]);
        AssertReference(all[3], rows.Named("Asked {Input}")["input"]);
        Assert.All(all.Append(_picture), attachment =>
        {
            Assert.Equal(attachment.Content.ToArray(), world.Server.StoredFiles[attachment.Key!]);
            Assert.Equal("done", world.Server.AttachmentStatus[attachment.Key!]);
        });
    }

    [Fact]
    public async Task TheMessageShowsTheName()
    {
        await using var world = await World.StartAsync();
        world.Logger().LogInformation("Asked {Input}", _picture);
        Assert.Equal("Asked picture.png", (string?)(await world.OnlyRowAsync())["output"]);
    }

    [Theory]
    [InlineData(EventsAs.ApplicationLogs)]
    [InlineData(EventsAs.Auto)]
    public async Task NativeLogRowsReferToThemInTheirMetadata(EventsAs eventsAs)
    {
        await using var world = await World.OnSocketsAsync();
        world.Logger(options => options.EventsAs = eventsAs).LogInformation("Saw {File}", _picture);

        AssertReference(_picture, (await world.OnlyRowAsync()).Meta("braintrust.template.parameter.File"));
        Assert.Equal([_picture.Key!], world.Server.StoredFiles.Keys);
    }

    [Fact]
    public async Task WithNamedScopesTheRowsInsideCarryWhatTheScopeKnows()
    {
        await using var world = await World.OnSocketsAsync();
        var logger = world.Logger(options => options.ScopeSpans = ScopeSpans.Named);
        using (logger.BeginScope(new Dictionary<string, object> { ["Document"] = _picture }))
        {
            logger.LogInformation("inside");
            logger.LogInformation("again");
        }
        Assert.All(await world.FlushAsync(), row => AssertReference(_picture, row.Meta("Document")));
        Assert.Single(world.Server.StorageRequests);
    }

    [Fact]
    public async Task AMaskTakesThemAway()
    {
        await using var world = await World.OnSocketsAsync();
        var logger = world.Logger(options => options.Mask = (field, value) => field == "input" ? "masked" : value);
        logger.LogInformation("Asked {Input} about {File}", new BraintrustAttachment(new byte[1], "hidden.png"), _picture);

        Assert.Equal("masked", (string?)(await world.OnlyRowAsync())["input"]);
        Assert.Equal([_picture.Key!], world.Server.StoredFiles.Keys);
    }

    [Fact]
    public async Task AnUploadThatFailsIsReportedToTheProviderThatLoggedIt()
    {
        await using var world = await World.OnSocketsAsync();
        world.Server.OnStorage = _ => Task.FromResult<Reply?>(new Reply(404));
        world.Logger().LogInformation("Asked {Input}", _picture);

        Assert.Single(await world.FlushAsync());
        var loss = Assert.Single(world.Losses);
        Assert.Equal((LossReasons.Attachment, 1), (loss.Reason, loss.Count));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Asked {Input}")]
    static partial void Asked(ILogger logger, BraintrustAttachment input);

    static void AssertReference(BraintrustAttachment attachment, JsonNode? shown) => Assert.Equal(
        $$"""{"type":"braintrust_attachment","filename":"{{attachment.Filename}}","content_type":"{{attachment.ContentType}}","key":"{{attachment.Key}}"}""", shown?.ToJsonString());
}
