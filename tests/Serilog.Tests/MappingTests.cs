using System.Globalization;
using System.Text.Json.Nodes;
using Braintrust.Logging;
using Microsoft.Extensions.Logging;
using Serilog.Events;
using Serilog.Extensions.Logging;

namespace Serilog.Sinks.Braintrust.Tests;

/// <summary>Every row of the mapping table (semantics, section 3), through a socket.</summary>
public class MappingTests
{
    public static TheoryData<string, object?[], string> Table => new()
    {
        { "Asked {Input}", ["why"], """{"input":"why"}""" },
        { "Asked {@Input}", [new { Role = "user", Parts = new[] { 1, 2 } }], """{"input":{"Role":"user","Parts":[1,2]}}""" },
        { "Said {Output}", ["because"], """{"output":"because"}""" },
        { "Said {@Output}", [new Dictionary<string, int> { ["a"] = 1 }], """{"output":{"a":1}}""" },
        { "Wanted {Expected}", [42], """{"expected":42}""" },
        { "Failed with {Error}", ["no luck"], """{"error":"no luck"}""" },
        { "Rated {@Scores}", [new Dictionary<string, double> { ["Tone"] = 0.5, ["Length"] = 1 }], """{"scores":{"Tone":0.5,"Length":1}}""" },
        { "Rated {Score}", [0.25], """{"scores":{"score":0.25}}""" },
        { "Rated {Score}", [true], """{"scores":{"score":1}}""" },
        { "Rated {Score}", [7], """{"metadata":{"Score":7}}""" },
        { "Rated {Score}", ["good"], """{"metadata":{"Score":"good"}}""" },
        { "Measured {@Metrics}", [new { retries = 2, cost = 0.5 }], """{"metrics":{"retries":2,"cost":0.5}}""" },
        { "{PromptTokens} {CompletionTokens} {TotalTokens}", [3, 4, 7], """{"metrics":{"prompt_tokens":3,"completion_tokens":4,"tokens":7}}""" },
        { "{InputTokens} {OutputTokens}", [3, 4L], """{"metrics":{"prompt_tokens":3,"completion_tokens":4}}""" },
        { "{InputTokenCount} {OutputTokenCount} {TotalTokenCount}", [3, 4, 7], """{"metrics":{"prompt_tokens":3,"completion_tokens":4,"tokens":7}}""" },
        { "{CachedTokens}", [2], """{"metrics":{"prompt_cached_tokens":2}}""" },
        { "{TimeToFirstToken}", [250], """{"metrics":{"time_to_first_token":0.25}}""" },
        { "{TimeToFirstToken}", [TimeSpan.FromSeconds(2)], """{"metrics":{"time_to_first_token":2}}""" },
        { "{Model} of {Provider}", ["gpt", "openai"], """{"metadata":{"model":"gpt","provider":"openai"}}""" },
        { "{Model} used {PromptTokens}", ["gpt", 3], """{"span_attributes":{"type":"llm"}}""" },
        { "Tagged {Tags}", [new[] { "a", "b" }], """{"tags":["a","b"]}""" },
        { "Did {SpanName} {SpanType}", ["search", "tool"], """{"span_attributes":{"name":"search","type":"tool"}}""" },
        { "Hello {Name}", ["you"], """{"output":"Hello you","metadata":{"Name":"you","braintrust.template":"Hello {Name}"},"span_attributes":{"name":"Hello {Name}"}}""" },
        { "Hello", [], """{"output":"Hello","span_attributes":{"name":"Hello","log_level":"info"}}""" },
        { "{input} {INPUTTOKENS}", ["x", 5], """{"input":"x","metrics":{"prompt_tokens":5}}""" },
        { "Structured {@Order}", [new { Id = 7, Lines = new[] { new { Sku = "a" } } }], """{"metadata":{"Order":{"Id":7,"Lines":[{"Sku":"a"}]}}}""" },
        { "Asked {@Model}", [new { Name = "gpt" }], """{"metadata":{"Model":{"Name":"gpt"}}}""" },
        { "No system field {span_id} {_is_merge} {id}", ["x", false, "y"], """{"metadata":{"span_id":"x","_is_merge":false,"id":"y"}}""" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public async Task APropertyGoesToItsField(string template, object?[] values, string expected)
    {
        await using var world = await World.StartAsync();

        var row = await world.RowAsync(log => log.Information(template, values));

        AssertHas(JsonNode.Parse(expected)!, row, "");
    }

    [Fact]
    public async Task APropertyWithADottedNameGoesToItsFieldToo()
    {
        await using var world = await World.StartAsync();

        var row = await world.RowAsync(log => log
            .ForContext("Scores.Helpfulness", 0.75)
            .ForContext("gen_ai.request.model", "gpt")
            .ForContext("gen_ai.usage.input_tokens", 11)
            .ForContext("gen_ai.input.messages", """[{"role":"user","parts":[{"type":"text","content":"hi"}]}]""")
            .Information("Answered"));

        Assert.Equal(0.75, row.Number("scores", "Helpfulness"));
        Assert.Equal("gpt", row.Text("metadata", "model"));
        Assert.Equal(11, row.Number("metrics", "prompt_tokens"));
        Assert.Equal("user", row["input"]![0]!["role"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("Elapsed")]
    [InlineData("ElapsedMs")]
    [InlineData("ElapsedMilliseconds")]
    [InlineData("Duration")]
    [InlineData("DurationMs")]
    public async Task ADurationMovesTheStartBackAndStaysReadable(string name)
    {
        await using var world = await World.StartAsync();

        var row = await world.RowAsync(log => log.Information("Took {" + name + "}", 1500));

        Assert.Equal(1.5, row.Number("metrics", "end") - row.Number("metrics", "start"), 3);
        Assert.Equal(1500, row.Number("metadata", name));
    }

    [Theory]
    [InlineData(LogEventLevel.Verbose, "trace")]
    [InlineData(LogEventLevel.Debug, "debug")]
    [InlineData(LogEventLevel.Information, "info")]
    [InlineData(LogEventLevel.Warning, "warn")]
    [InlineData(LogEventLevel.Error, "error")]
    [InlineData(LogEventLevel.Fatal, "fatal")]
    public async Task ALevelHasBraintrustsNameAndFromErrorOnTheMessageIsTheError(LogEventLevel level, string expected)
    {
        await using var world = await World.StartAsync();

        var row = await world.RowAsync(log => log.Write(level, "It went {How}", "wrong"));

        Assert.Equal(expected, row.Text("span_attributes", "log_level"));
        Assert.Equal(level >= LogEventLevel.Error ? "It went wrong" : null, row.Text("error"));
    }

    [Fact]
    public async Task AnExceptionIsTheError()
    {
        await using var world = await World.StartAsync();

        var row = await world.RowAsync(log => log.Warning(new InvalidOperationException("no such thing"), "It failed"));

        Assert.StartsWith("System.InvalidOperationException: no such thing", row.Text("error"), StringComparison.Ordinal);
        Assert.Equal("It failed", row.Text("output"));
    }

    [Fact]
    public async Task TheSourceContextIsTheLoggersName()
    {
        await using var world = await World.StartAsync();

        var row = await world.RowAsync(log => log.ForContext<MappingTests>().Information("Hello"));

        Assert.Equal(typeof(MappingTests).FullName, row.Text("metadata", "logger.name"));
        Assert.Null(row.Text("metadata", "SourceContext"));
    }

    [Fact]
    public async Task TheEventIdThatMelHandsOverIsIdAndName()
    {
        await using var world = await World.StartAsync();

        var row = await world.RowAsync(log =>
        {
            using var provider = new SerilogLoggerProvider(log);
            provider.CreateLogger("Shop").Log(LogLevel.Information, new EventId(17, "Sold"), "Sold {Item}", "book");
        });

        Assert.Equal(17, row.Number("metadata", "event.id"));
        Assert.Equal("Sold", row.Text("metadata", "event.name"));
        Assert.Null(row.Text("metadata", "EventId"));
        Assert.Equal("Shop", row.Text("metadata", "logger.name"));
    }

    [Fact]
    public async Task SomebodysOwnEventIdStaysInTheMetadata()
    {
        await using var world = await World.StartAsync();

        var row = await world.RowAsync(log => log.Information("{@EventId}", new { Id = "seventeen" }));

        Assert.Equal("seventeen", row.Text("metadata", "EventId", "Id"));
    }

    [Fact]
    public async Task InsideASpanTagsAreMetadataAndTheEventIsAChild()
    {
        await using var world = await World.StartAsync();
        await using var log = world.Logger();

        using (world.Client.GetLogger(world.Project).StartSpan("work"))
        {
            log.Information("Tagged {Tags}", "a");
        }

        var rows = await world.RowsAsync();
        var (root, child) = (rows.Single(it => it.Text("span_attributes", "name") == "work"), rows.Single(it => it.Text("span_attributes", "name") != "work"));
        Assert.Equal($"[\"{root.Text("span_id")}\"]", child.Text("span_parents"));
        Assert.Equal(root.Text("root_span_id"), child.Text("root_span_id"));
        Assert.Equal("""["a"]""", child.Text("metadata", "tags"));
        Assert.Null(child.Text("tags"));
    }

    [Fact]
    public async Task AsApplicationLogsTemplateParametersHaveTheirOwnNames()
    {
        await using var world = await World.StartAsync(options => options.EventsAs = EventsAs.ApplicationLogs);

        var row = await world.RowAsync(log => log.ForContext("Region", "eu").ForContext<World>().Warning("Payment {PaymentId} of {@Order} failed", "pay_1", new { Id = 7 }));

        Assert.Equal("log", row.Text("span_attributes", "type"));
        Assert.Equal("warn", row.Text("span_attributes", "log_level"));
        Assert.Equal("""Payment pay_1 of {"Id":7} failed""", row.Text("output"));
        Assert.Equal("pay_1", row.Text("metadata", "braintrust.template.parameter.PaymentId"));
        Assert.Equal("""{"Id":7}""", row["metadata"]!["braintrust.template.parameter.Order"]!.GetValue<string>());
        Assert.Equal("eu", row.Text("metadata", "Region"));
        Assert.Equal(typeof(World).FullName, row.Text("metadata", "logger.name"));
    }

    [Fact]
    public async Task EachOfManyTemplatesKnowsItsOwnParameters()
    {
        const int templates = 100;
        await using var world = await World.StartAsync(options => options.EventsAs = EventsAs.ApplicationLogs);
        await using var log = world.Logger();

        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < templates; i++)
            {
                log.ForContext($"P{i + 1}", "beside").Information("Used {P" + i + "}", "within");
            }
        }

        var rows = await world.RowsAsync();
        Assert.Equal(2 * templates, rows.Count);
        Assert.All(rows, static row =>
        {
            var own = int.Parse(row.Text("metadata", "braintrust.template")!["Used {P".Length..^1], CultureInfo.InvariantCulture);
            Assert.Equal("within", row.Text("metadata", $"braintrust.template.parameter.P{own}"));
            Assert.Equal("beside", row.Text("metadata", $"P{own + 1}"));
        });
    }

    [Fact]
    public async Task ASelectorSendsAnEventToAnotherProject()
    {
        await using var world = await World.StartAsync(options => options.ProjectSelector = properties => properties.GetValueOrDefault("Tenant") as string);
        await using var log = world.Logger();
        var tenant = world.Project + "-tenant";

        log.Information("For {Tenant}", tenant);
        log.Information("For nobody");

        Assert.Equal("For nobody", Assert.Single(await world.RowsAsync()).Text("output"));
        Assert.Equal($"For {tenant}", Assert.Single(await world.StoredAsync(tenant)).Text("output"));
    }

    [Fact]
    public async Task TheRowSaysThatItCameThroughSerilog()
    {
        await using var world = await World.StartAsync();

        var row = await world.RowAsync(log => log.Information("Hello"));

        Assert.Equal("serilog", row.Text("context", "span_origin", "instrumentation", "name"));
    }

    [Fact]
    public async Task WhatChangesAfterTheCallIsNotSeen()
    {
        await using var world = await World.StartAsync();
        await using var log = new LoggerConfiguration().Destructure.AsScalar<Basket>().WriteTo.Braintrust(world.Client, world.Project).CreateLogger();
        var basket = new Basket { Items = { "book" } };

        log.Information("Sold {Basket}", basket);
        basket.Items.Add("pen");

        var row = Assert.Single(await world.RowsAsync());
        Assert.Equal("""{"Items":["book"]}""", row.Text("metadata", "Basket"));
    }

    sealed class Basket
    {
        public List<string> Items { get; } = [];
    }

    /// <summary>What is expected must be there; more may be.</summary>
    static void AssertHas(JsonNode expected, JsonNode? actual, string path)
    {
        if (expected is JsonObject members)
        {
            foreach (var (name, value) in members)
            {
                AssertHas(value!, actual?[name], $"{path}.{name}");
            }
            return;
        }
        Assert.True(JsonNode.DeepEquals(expected, actual), $"{path} should be {expected.ToJsonString()} and is {actual?.ToJsonString()}");
    }
}
