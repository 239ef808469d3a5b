using System.Text.Json;
using System.Text.Json.Nodes;

namespace Serilog.Sinks.Braintrust.Tests;

public class JsonDestructuringTests
{
    const string Answer = """{"text":"At four.","list":[1,2.5,null,true],"empty":{}," ":"blank","big":12345678901234567890}""";

    public static TheoryData<Func<object>> Forms =>
    [
        static () => JsonNode.Parse(Answer)!,
        static () => JsonDocument.Parse(Answer),
        static () => JsonDocument.Parse(Answer).RootElement,
    ];

    [Theory, MemberData(nameof(Forms), DisableDiscoveryEnumeration = true)]
    public async Task WithThePolicyJsonIsWhatItSays(Func<object> json)
    {
        await using var world = await World.StartAsync();
        await using (var log = Logger(world))
        {
            log.Information("Asked {@Input}, said {@Output} by {@Extra}", json(), new { raw = json() }, new[] { json() });
        }
        var row = Assert.Single(await world.RowsAsync());

        Assert.Equal(Answer, row["input"]!.ToJsonString());
        Assert.Equal(Answer, row["output"]!["raw"]!.ToJsonString());
        Assert.Equal(Answer, row["metadata"]!["Extra"]![0]!.ToJsonString());
    }

    [Fact]
    public async Task ScalarsStayScalars()
    {
        await using var world = await World.StartAsync();
        await using (var log = Logger(world))
        {
            log.Information("{@Input} {@Output} {@Expected} {@Nothing}", JsonValue.Create("text"), JsonValue.Create(4), JsonDocument.Parse("true").RootElement, JsonDocument.Parse("null"));
        }
        var row = Assert.Single(await world.RowsAsync());

        Assert.Equal(("text", 4, true), ((string?)row["input"], (int?)row["output"], (bool?)row["expected"]));
        Assert.Null(row["metadata"]!["Nothing"]);
    }

    [Theory]
    [InlineData("1e-30", 1e-30), InlineData("0.00000000000000000000000000001", 1e-29), InlineData("12345678901234567890123456789012", 12345678901234567890123456789012d)]
    [InlineData("0.1", 0.1), InlineData("-2.50", -2.5), InlineData("1.5E+300", 1.5e300), InlineData("0.30000000000000004", 0.30000000000000004)]
    public async Task NumbersKeepTheirValue(string json, double value)
    {
        await using var world = await World.StartAsync();
        await using (var log = Logger(world))
        {
            log.Information("{@Input}", JsonDocument.Parse($"[{json}]"));
        }

        Assert.Equal(value, (double)Assert.Single(await world.RowsAsync())["input"]![0]!);
    }

    [Fact]
    public async Task TheLastOfANameCountsAndWhatChangesLaterIsNotSeen()
    {
        await using var world = await World.StartAsync();
        var node = new JsonObject { ["a"] = 1 };
        await using (var log = Logger(world))
        {
            log.Information("{@Input} {@Output}", node, JsonDocument.Parse("""{"a":1,"a":2}""").RootElement);
            node["a"] = 3;
        }
        var row = Assert.Single(await world.RowsAsync());

        Assert.Equal("""{"a":1}""", row["input"]!.ToJsonString());
        Assert.Equal("""{"a":2}""", row["output"]!.ToJsonString());
    }

    [Fact]
    public async Task ADisposedDocumentCostsNeitherTheRowNorTheCaller()
    {
        await using var world = await World.StartAsync();
        var document = JsonDocument.Parse(Answer);
        document.Dispose();
        await using (var log = Logger(world))
        {
            log.Information("{@Input}", document);
        }

        Assert.Contains("ObjectDisposedException", (string?)Assert.Single(await world.RowsAsync())["input"]);
    }

    static Core.Logger Logger(World world) => new LoggerConfiguration().Destructure.Braintrust().WriteTo.Braintrust(world.Client, world.Project).CreateLogger();
}
