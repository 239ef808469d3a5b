using System.Text;
using System.Text.Json.Nodes;
using Braintrust.Logging;
using Braintrust.Logging.Tests;
using Microsoft.Extensions.Configuration;
using Serilog.Events;

namespace Serilog.Sinks.Braintrust.Tests;

public class AttachmentTests
{
    readonly BraintrustAttachment _picture = new(Some.Bytes(1000), "picture.png");

    [Theory]
    [InlineData("Asked {Input}")]
    [InlineData("Asked {@Input}")]
    public async Task WithThePolicyAnAttachmentIsUploaded(string template)
    {
        await using var world = await World.OnSocketsAsync();
        await using var logger = Logger(world);
#pragma warning disable CA2254 // the templates are this test's own
        logger.Information(template, _picture);
#pragma warning restore CA2254
        var row = Assert.Single(await world.RowsAsync());

        AssertReference(_picture, row["input"]);
        Assert.Equal("Asked picture.png", row.Text("output"));
        Assert.Equal(_picture.Content.ToArray(), world.Server.StoredFiles[_picture.Key!]);
        Assert.Equal("done", world.Server.AttachmentStatus[_picture.Key!]);
    }

    [Fact]
    public async Task ItMayStandInsideOfWhatIsDestructured()
    {
        await using var world = await World.OnSocketsAsync();
        await using var logger = Logger(world);
        var all = Enumerable.Range(0, 4).Select(i => new BraintrustAttachment(new[] { (byte)i }, $"{i}.bin")).ToArray();

        logger.Information("Asked {@Input}, said {@Output} about {Files} with {@Extra}",
            new { Messages = new[] { new { Role = "user", Image = all[0] } } }, new Dictionary<string, object> { ["file"] = all[1] }, new[] { all[2] }, all[3]);
        var row = Assert.Single(await world.RowsAsync());

        AssertReference(all[0], row["input"]!["Messages"]![0]!["Image"]);
        AssertReference(all[1], row["output"]!["file"]);
        AssertReference(all[2], row["metadata"]!["Files"]![0]);
        AssertReference(all[3], row["metadata"]!["Extra"]);
        Assert.All(all, attachment => Assert.Equal(attachment.Content.ToArray(), world.Server.StoredFiles[attachment.Key!]));
    }

    [Fact]
    public async Task ThePolicyMayBeSetByConfiguration()
    {
        await using var world = await World.OnSocketsAsync();
        const string json = """{ "Serilog": { "Using": ["Serilog.Sinks.Braintrust"], "Destructure": [{ "Name": "Braintrust" }] } }""";
        var configuration = new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))).Build();
        await using var logger = new LoggerConfiguration().ReadFrom.Configuration(configuration).WriteTo.Braintrust(world.Client, world.Project).CreateLogger();

        logger.Information("Asked {Input}", _picture);

        AssertReference(_picture, Assert.Single(await world.RowsAsync())["input"]);
    }

    [Fact]
    public async Task ASpanAndItsContextCarryItToo()
    {
        await using var world = await World.OnSocketsAsync();
        await using var logger = new LoggerConfiguration().Destructure.Braintrust().Enrich.WithProperty("Report", _picture).WriteTo.Braintrust(world.Client, world.Project).CreateLogger();
        var document = new BraintrustAttachment(Some.Bytes(10), "document.pdf");

        using (logger.BeginSpan(world.Client.GetLogger(world.Project), "Reading {@Input}", new { document }))
        {
            logger.Information("inside");
        }
        var rows = await world.RowsAsync();

        AssertReference(document, rows.Single(row => row.Text("output") is null)["input"]!["document"]);
        AssertReference(_picture, rows.Single(row => row.Text("output") == "inside")["metadata"]!["Report"]);
        Assert.Equal(2, world.Server.StoredFiles.Count);
    }

    [Fact]
    public async Task AnAuditWaitsForTheUpload()
    {
        await using var world = await World.OnSocketsAsync();
        using var logger = new LoggerConfiguration().Destructure.Braintrust().AuditTo.Braintrust(world.Client, world.Project).CreateLogger();

        logger.Information("Asked {Input}", _picture);

        Assert.Equal("done", world.Server.AttachmentStatus[_picture.Key!]);
    }

    [Fact]
    public async Task AMaskTakesItAway()
    {
        await using var world = await World.OnSocketsAsync(options => options.Mask = (field, value) => field == "input" ? null : value);
        await using var logger = Logger(world);
        logger.Information("Asked {Input} about {@Files}", new BraintrustAttachment(new byte[1], "hidden.png"), new { _picture });
        await world.RowsAsync();

        Assert.Equal([_picture.Key!], world.Server.StoredFiles.Keys);
    }

    [Fact]
    public async Task TheEventIsLeftAsItIs()
    {
        await using var world = await World.OnSocketsAsync();
        var other = new RecordingSink();
        await using (var logger = new LoggerConfiguration().Destructure.Braintrust().WriteTo.Braintrust(world.Client, world.Project).WriteTo.Sink(other).CreateLogger())
        {
            logger.Information("Asked {Input}", _picture);
        }
        var logEvent = Assert.Single(other.Events.Entries);
        Assert.Same(_picture, Assert.IsType<ScalarValue>(logEvent.Properties["Input"]).Value);
        Assert.Equal("Asked picture.png", logEvent.RenderMessage());
    }

    [Fact]
    public async Task WithoutThePolicyNothingIsUploadedAndThatIsSaid()
    {
        await using var world = await World.OnSocketsAsync();
        var said = new Journal<string>();
        BraintrustDiagnostics.Enable(line => said.Add(line));
        await using var logger = world.Logger();

        logger.Information("Asked {@Input}", _picture);
        var row = Assert.Single(await world.RowsAsync());

        Assert.Equal("picture.png", row.Text("input", "Filename"));
        Assert.Null(row["input"]!["type"]);
        Assert.Empty(world.Server.AttachmentRequests);
        await said.WaitForAsync(1, line => line.Contains("Destructure.Braintrust()", StringComparison.Ordinal), "a hint");
        BraintrustDiagnostics.Disable();
    }

    [Fact]
    public async Task ItWeighsWhatItHolds()
    {
        await using var world = await World.OnSocketsAsync(options => options.QueueLimitBytes = 10_000);
        await using var logger = Logger(world);

        logger.Information("Asked {@Input}", new { deep = new[] { new BraintrustAttachment(Some.Bytes(20_000), "large.bin") } });
        logger.Information("Asked {@Input}", new { deep = new[] { _picture } });
        await world.RowsAsync();

        Assert.Equal(1, world.Client.Ledger.Dropped[LossReasons.QueueFull]);
        Assert.Equal([_picture.Key!], world.Server.StoredFiles.Keys);
    }

    static Core.Logger Logger(World world) => new LoggerConfiguration().Destructure.Braintrust().WriteTo.Braintrust(world.Client, world.Project).CreateLogger();

    static void AssertReference(BraintrustAttachment attachment, JsonNode? shown) => Assert.Equal(
        $$"""{"type":"braintrust_attachment","filename":"{{attachment.Filename}}","content_type":"{{attachment.ContentType}}","key":"{{attachment.Key}}"}""", shown?.ToJsonString());
}
