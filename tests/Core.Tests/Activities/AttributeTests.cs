using System.Diagnostics;
using System.Text.Json.Nodes;
using Braintrust.Logging.Tests.Clients;

namespace Braintrust.Logging.Tests.Activities;

/// <summary>Tags and events of activities that mean something to Braintrust.</summary>
[Collection("process-wide state")]
public sealed class AttributeTests : IDisposable
{
    readonly string _name = $"test.{Guid.NewGuid():N}";
    readonly ActivitySource _source;

    public AttributeTests() => _source = new ActivitySource(_name);

    public void Dispose() => _source.Dispose();

    [Fact]
    public async Task BraintrustsOwnAttributesFillTheFieldsTheyNameAndWin()
    {
        var row = await RowAsync(
            ("gen_ai.input.messages", """[{"role":"user","parts":[{"type":"text","content":"general"}]}]"""),
            ("braintrust.input_json", """{"question":1}"""), ("braintrust.input", "old form"), ("braintrust.output", "plain"), ("braintrust.expected_json", "[2]"),
            ("braintrust.metadata", """{"model":"m","tenant":"t"}"""), ("braintrust.metadata.plan", "free"),
            ("braintrust.metrics", """{"prompt_tokens":3}"""), ("braintrust.metrics.completion_tokens", "4"),
            ("braintrust.scores", """{"good":0.5,"odd":7}"""), ("braintrust.scores.fair", 1),
            ("braintrust.span_attributes", """{"type":"score","name":"named","purpose":"scorer"}"""), ("braintrust.tags", new[] { "a", "b" }),
            ("braintrust.context_json", """{"caller_functionname":"Ask","extra":{"a":1},"span_origin":{"name":"forged"}}"""),
            ("braintrust.origin", """{"object_type":"dataset","object_id":"d","id":"r"}"""), ("braintrust.parent", "project_name:other"));

        Assert.Equal(("""{"question":1}""", "plain", "[2]"), (row["input"]!.ToJsonString(), (string?)row["output"], row["expected"]!.ToJsonString()));
        Assert.Equal(("m", "t", "free", "old form", "project_name:other"),
            ((string?)row["metadata"]!["model"], (string?)row["metadata"]!["tenant"], (string?)row["metadata"]!["plan"], (string?)row["metadata"]!["braintrust.input"], (string?)row["metadata"]!["braintrust.parent"]));
        Assert.Equal((3, 4, 0.5, 1, 7), ((int)row["metrics"]!["prompt_tokens"]!, (int)row["metrics"]!["completion_tokens"]!, (double)row["scores"]!["good"]!, (double)row["scores"]!["fair"]!, (int)row["metadata"]!["odd"]!));
        Assert.Equal(("named", "score", "scorer"), ((string?)row["span_attributes"]!["name"], (string?)row["span_attributes"]!["type"], (string?)row["span_attributes"]!["purpose"]));
        Assert.Equal("""["a","b"]""", row["tags"]!.ToJsonString());
        Assert.Equal(("Ask", 1, "dotnet.braintrust-logging", _name),
            ((string?)row["context"]!["caller_functionname"], (int)row["context"]!["extra"]!["a"]!, (string?)row["context"]!["span_origin"]!["name"], (string?)row["context"]!["span_origin"]!["instrumentation"]!["name"]));
        Assert.Equal("dataset", (string?)row["origin"]!["object_type"]);
    }

    [Fact]
    public async Task WhatDoesNotFitStaysInTheMetadataUnderItsName()
    {
        var row = await RowAsync(
            ("braintrust.input_json", "{ no JSON"), ("braintrust.metrics", "[1]"), ("braintrust.metrics.slow", "soon"), ("braintrust.scores.bad", 7),
            ("braintrust.origin", "3"), ("braintrust.unknown", 1), ("gen_ai.system_instructions", 5), ("braintrust.input", "not a list"));

        Assert.Equal(
            ["braintrust.input_json", "braintrust.metrics", "braintrust.metrics.slow", "braintrust.origin", "braintrust.scores.bad", "braintrust.unknown", "gen_ai.system_instructions"],
            row["metadata"]!.AsObject().Select(member => member.Key).Where(key => key != "logger.name").Order(StringComparer.Ordinal));
        Assert.Equal("not a list", (string?)row["input"]);
    }

    [Fact]
    public async Task GenAiAttributesComeAsJsonTextAndAsLists()
    {
        var row = await RowAsync(
            ("gen_ai.operation.name", "chat"), ("gen_ai.request.model", "openai/gpt-4o"), ("gen_ai.response.finish_reasons", """["stop"]"""),
            ("gen_ai.request.stop_sequences", new[] { "END" }), ("gen_ai.tool.definitions", """[{"type":"function","name":"f"}]"""),
            ("gen_ai.system_instructions", """[{"type":"text","content":"Be brief."}]"""),
            ("gen_ai.input.messages", """[{"role":"user","parts":[{"type":"text","content":"hi \ud800"},{"type":"blob","mime_type":"image/png","content":"AQID"}]}]"""),
            ("code.function.name", "Ask"), ("code.file.path", "/src/app/Asking.cs"), ("code.line.number", 7));

        Assert.Equal(("gpt-4o", "openai", "stop", "END", "f"),
            ((string?)row["metadata"]!["model"], (string?)row["metadata"]!["provider"], (string?)row["metadata"]!["gen_ai.response.finish_reasons"]![0], (string?)row["metadata"]!["stop"]![0], (string?)row["metadata"]!["tools"]![0]!["name"]));
        Assert.Equal("Be brief.", (string?)row["input"]![0]!["content"]);
        Assert.Equal(("hi \ufffd", "data:image/png;base64,AQID"), ((string?)row["input"]![1]!["content"]![0]!["text"], (string?)row["input"]![1]!["content"]![1]!["image_url"]!["url"]));
        Assert.Equal(("Ask", "Asking.cs", 7), ((string?)row["context"]!["caller_functionname"], (string?)row["context"]!["caller_filename"], (int)row["context"]!["caller_lineno"]!));
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task WhatWasAskedForStaysBesideWhatAnsweredInWhicheverOrderTheyCome(bool askedFirst)
    {
        (string, object)[] asked = [("gen_ai.system", "az.ai.openai"), ("gen_ai.request.model", "openai/gpt-4o"), ("gen_ai.request.choice.count", 2)];
        (string, object)[] answered = [("gen_ai.provider.name", "azure.ai.openai"), ("gen_ai.response.model", "gpt-4o-2024-11-20")];

        var metadata = (await RowAsync(askedFirst ? [.. asked, .. answered] : [.. answered, .. asked]))["metadata"]!;

        Assert.Equal(("gpt-4o-2024-11-20", "openai/gpt-4o"), ((string?)metadata["model"], (string?)metadata["gen_ai.request.model"]));
        Assert.Equal(("azure.ai.openai", "az.ai.openai"), ((string?)metadata["provider"], (string?)metadata["gen_ai.system"]));
        Assert.Equal((2, null), ((int?)metadata["n"], metadata["choice.count"]));
    }

    [Fact]
    public async Task WhatWasAskedForIsNotRepeatedWhereItAnswered()
    {
        var metadata = (await RowAsync(
            ("gen_ai.request.model", "openai/gpt-4o"), ("gen_ai.response.model", "gpt-4o"), ("gen_ai.system", "openai"), ("gen_ai.provider.name", "openai")))["metadata"]!.AsObject();

        Assert.Equal(["logger.name", "model", "provider"], metadata.Select(member => member.Key).Order(StringComparer.Ordinal));
        Assert.Equal(("gpt-4o", "openai"), ((string?)metadata["model"], (string?)metadata["provider"]));
    }

    [Fact]
    public async Task AModelOfTheApplicationsOwnStaysBesideTheOneThatAnswered()
    {
        var metadata = (await RowAsync(("Model", "mine"), ("Provider", "ours"), ("gen_ai.response.model", "gpt-4o"), ("gen_ai.provider.name", "openai")))["metadata"]!;

        Assert.Equal(("gpt-4o", "mine", "openai", "ours"), ((string?)metadata["model"], (string?)metadata["Model"], (string?)metadata["provider"], (string?)metadata["Provider"]));
    }

    [Theory]
    [InlineData("execute_tool InvokePromptAsync_460949c9e88d4d73b725a58ff21ab449", "execute_tool InvokePromptAsync")]
    [InlineData("invoke_agent joker(b3cf462e6db844de8a13536f27cb273a)", "invoke_agent joker")]
    [InlineData("invoke_agent b3cf462e6db844de8a13536f27cb273a", "invoke_agent")]
    [InlineData("b3cf462e6db844de8a13536f27cb273a", "b3cf462e6db844de8a13536f27cb273a")]
    [InlineData("chat gpt-4o", "chat gpt-4o")]
    public async Task ANameWithAnIdThatALibraryMadeUpIsOneForAll(string displayed, string name)
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.ActivitySources = [_name]);

        _source.StartActivity(displayed)!.Dispose();
        await logger.Client.FlushAsync();

        var row = Assert.Single(world.Rows);
        Assert.Equal((name, name == displayed ? null : displayed), ((string?)row["span_attributes"]!["name"], (string?)row["metadata"]!["activity.name"]));
    }

    [Theory]
    [InlineData("r-1", 10, 10)] // two reports of one answer
    [InlineData("r-2", 10, 20)] // another answer
    [InlineData(null, 10, 20)]
    [InlineData("r-1", 11, 21)] // a server that gives the same few ids again
    public async Task TwoLayersThatDoNotNestCountOneAnswerOnce(string? id, int tokens, int counted)
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.ActivitySources = [_name]);

        using (logger.StartSpan("request"))
        {
            Call("r-1", 10);
            Call(id, tokens);
        }
        await logger.Client.FlushAsync();

        Assert.Equal(counted, world.Rows.Sum(row => (int?)row["metrics"]!["prompt_tokens"] ?? 0));
        Assert.Equal(10 + tokens, counted + world.Rows.Sum(row => (int?)row["metadata"]?["gen_ai.usage.input_tokens"] ?? 0));

        void Call(string? responseId, int input)
        {
            using var activity = _source.StartActivity("chat m")!;
            activity.SetTag("gen_ai.operation.name", "chat").SetTag("gen_ai.response.id", responseId).SetTag("gen_ai.usage.input_tokens", input);
        }
    }

    [Theory]
    [InlineData("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens")]
    [InlineData("gen_ai.usage.prompt_tokens", "gen_ai.usage.completion_tokens")]
    [InlineData("gen_ai.response.input_tokens", "gen_ai.response.output_tokens")] // the first versions of Microsoft.Extensions.AI
    [InlineData("gen_ai.response.prompt_tokens", "gen_ai.response.completion_tokens")] // and of Semantic Kernel
    [InlineData("braintrust.metrics.prompt_tokens", "braintrust.metrics.completion_tokens")] // Braintrust's wrappers, which know no response id
    public async Task UnderWhicheverNameTokensComeTheInnermostCounts(string input, string output)
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.ActivitySources = [_name]);

        using (_source.StartActivity("outer")!.SetTag(input, 10).SetTag(output, "2"))
        using (_source.StartActivity("inner")!.SetTag(input, 10).SetTag(output, "2"))
        {
        }
        await logger.Client.FlushAsync();

        Assert.Equal((10, 2), ((int)world.Row("inner")["metrics"]!["prompt_tokens"]!, (int)world.Row("inner")["metrics"]!["completion_tokens"]!));
        Assert.Null(world.Row("outer")["metrics"]!["prompt_tokens"]);
        Assert.Equal(10, (int)world.Row("outer")["metadata"]![input]!);
    }

    [Fact]
    public async Task MetricsThatBraintrustsWrappersWriteAsJsonCountOnceToo()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.ActivitySources = [_name]);

        using (_source.StartActivity("outer")!.SetTag("braintrust.metrics", """{"tokens":12,"prompt_tokens":10}"""))
        using (_source.StartActivity("inner")!.SetTag("gen_ai.usage.input_tokens", 10))
        {
        }
        await logger.Client.FlushAsync();

        Assert.Equal(10, world.Rows.Sum(row => (int?)row["metrics"]!["prompt_tokens"] ?? 0));
        Assert.Null(world.Row("outer")["metrics"]!["tokens"]);
    }

    [Fact]
    public async Task EventsThatCarryTheWholeConversationAreItsMessages()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.ActivitySources = [_name]);

        using (var activity = _source.StartActivity("chat.completions m")!)
        {
            activity.SetTag("gen_ai.operation.name", "chat.completions");
            activity.AddEvent(new("gen_ai.content.prompt", tags: new() { ["gen_ai.prompt"] = """[{"role":"user","content":"Why?"}]""" }));
            activity.AddEvent(new("gen_ai.content.completion", tags: new() { ["gen_ai.completion"] = """[{"role":"assistant","content":"So."}]""" }));
        }
        await logger.Client.FlushAsync();

        var row = Assert.Single(world.Rows);
        Assert.Equal(("llm", "Why?", "So."), ((string?)row["span_attributes"]!["type"], (string?)row["input"]![0]!["content"], (string?)row["output"]![0]!["content"]));
    }

    [Fact]
    public async Task MoreMessagesThanAValueMayHoldEndInAMark()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.ActivitySources = [_name]);

        using (var activity = _source.StartActivity("chat")!)
        {
            for (var i = 0; i < 40; i++)
            {
                activity.AddEvent(new("gen_ai.user.message", tags: new() { ["content"] = new string('x', 100_000) }));
            }
        }
        await logger.Client.FlushAsync();

        var input = Assert.Single(world.Rows)["input"]!.AsArray();
        Assert.InRange(input.ToJsonString().Length, 900_000, 1_100_000);
        Assert.Equal("<truncated: larger than 1 MiB>", (string?)input[^1]);
    }

    [Fact]
    public async Task MessagesLongerThanAValueMayBeStayMessages()
    {
        var row = await RowAsync(("gen_ai.input.messages", $$"""[{"role":"user","parts":[{"type":"text","content":"{{new string('x', 3_000_000)}}"}]}]"""));

        Assert.InRange(((string)row["input"]![0]!["content"]!).Length, 200_000, 300_000);
    }

    async Task<JsonObject> RowAsync(params (string Name, object Value)[] tags)
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.ActivitySources = [_name]);
        using (var activity = _source.StartActivity("work")!)
        {
            foreach (var (name, value) in tags)
            {
                activity.SetTag(name, value);
            }
        }
        await logger.Client.FlushAsync();
        return Assert.Single(world.Rows);
    }
}
