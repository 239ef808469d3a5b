using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.Connectors.OpenAI;

namespace Braintrust.Logging.Tests.Ai;

/// <summary>Semantic Kernel with its OpenAI connector over HTTP.</summary>
[Collection("activities")]
public sealed class SemanticKernelTests
{
    static readonly OpenAIPromptExecutionSettings UsesTools = new() { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() };

    [Theory]
    [InlineData(LogLevel.Trace, false)]
    [InlineData(LogLevel.Information, false)]
    [InlineData(LogLevel.Trace, true)]
    public async Task FromLogEventsAFunctionIsASpanAndEachAnswerALlmRowWithItsTokens(LogLevel level, bool throughSerilog)
    {
        await using var model = await ModelServer.StartAsync();
        var clock = new FakeTimeProvider();
        await using var world = World.Start(level: level, throughSerilog: throughSerilog, clock: clock);

        await Kernel(world, model, whileAtWork: () => clock.Advance(TimeSpan.FromSeconds(3))).InvokePromptAsync("Weather in {{$city}}?", new(UsesTools) { ["city"] = "Paris" });

        var rows = (await world.FlushAsync()).Where(row => row.Type() is not null).ToList();
        Assert.Equal("execute_tool InvokePromptAsync [chat, execute_tool weather-get, chat]", rows.Tree());
        var calls = rows.OfType("llm");
        Assert.Equal((30, 9, 39), (calls.Sum("prompt_tokens"), calls.Sum("completion_tokens"), calls.Sum("tokens")));
        Assert.All(calls, call => Assert.Equal("openai", (string?)call.Meta("provider")));
        var tool = rows.Named("execute_tool weather-get");
        Assert.StartsWith("InvokePromptAsync_", (string?)rows[0].Meta("gen_ai.tool.name"));
        Assert.Equal(3, tool.Metric("end")!.Value - tool.Metric("start")!.Value, 3); // the span is timed; the event's duration is the machine's own
        if (level == LogLevel.Trace)
        {
            Assert.Equal(("""{"city":"Paris"}""", "sunny in Paris"), (tool["input"]!.ToJsonString().Replace(" ", "").Replace("\\n", ""), (string?)tool["output"]));
            Assert.Equal("""[{"role":"user","content":"Weather in Paris?"}]""", calls[0]["input"]!.ToJsonString());
            Assert.Equal("It is sunny.", (string?)rows[0]["output"]);
        }
    }

    [Fact]
    public async Task SettingsShowTheirSystemPromptOnlyWithContent()
    {
        foreach (var withContent in new[] { true, false })
        {
            await using var model = await ModelServer.StartAsync();
            await using var world = World.Start(configure: options => options.CaptureContent = withContent);
            var settings = new PromptExecutionSettings
            {
                ExtensionData = new Dictionary<string, object> { ["chat_system_prompt"] = "said-system", ["user"] = "said-user", ["temperature"] = 0.5 }, // as a prompt's file gives them
            };

            await Kernel(world, model).InvokePromptAsync("said-prompt", new(settings));

            var rows = await world.FlushAsync();
            Assert.Equal(0.5, (double)rows.OfType("llm").Single().Meta("temperature")!);
            Assert.Equal(withContent, string.Concat(rows.Select(row => row.ToJsonString())).Contains("said-", StringComparison.Ordinal));
            Assert.Equal(withContent ? "said-system" : null, (string?)rows.OfType("llm").Single().Meta("chat_system_prompt"));
        }
    }

    [Fact]
    public async Task FromActivitiesTheKernelsAndTheClientsSpansCountOnceAndHoldTheMessages()
    {
        await using var model = await ModelServer.StartAsync();
        await using var world = World.Start(activities: true);

        await Kernel(world, model).InvokePromptAsync("Weather in {{$city}}?", new(UsesTools) { ["city"] = "Paris" });

        var rows = (await world.FlushAsync()).Where(row => row.Type() is not null).ToList();
        Assert.Equal(
            "execute_tool InvokePromptAsync [chat gpt-4o-mini [chat gpt-4o-mini], execute_tool get, chat gpt-4o-mini [chat gpt-4o-mini]]",
            rows.Tree());
        Assert.Equal((30, 9), (rows.Sum("prompt_tokens"), rows.Sum("completion_tokens")));
        var last = rows.FindLast(row => row["output"] is not null && row.Type() == "llm")!;
        Assert.Equal(["user", "assistant", "tool"], last["input"]!.AsArray().Select(message => (string?)message!["role"]));
        Assert.Equal(("assistant", "It is sunny."), ((string?)last["output"]![0]!["message"]!["role"], (string?)last["output"]![0]!["message"]!["content"]));
        Assert.Equal("""{"city":"Paris"}""", (string?)last["input"]![1]!["tool_calls"]![0]!["function"]!["arguments"]);
        Assert.Equal(("gpt-4o-mini", "openai"), ((string?)last.Meta("model"), (string?)last.Meta("provider")));
        var tool = rows.Named("execute_tool get");
        Assert.Equal(("tool", "sunny in Paris", "Paris"), (tool.Type(), (string?)tool["output"], (string?)tool["input"]!["city"]));
        Assert.StartsWith("execute_tool InvokePromptAsync_", (string?)rows[0].Meta("activity.name"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AStreamedFunctionCountsOnceToo(bool activities)
    {
        await using var model = await ModelServer.StartAsync();
        await using var world = World.Start(activities);

        using (world.Logger.StartSpan("request"))
        {
            await foreach (var _ in Kernel(world, model).InvokePromptStreamingAsync("hi"))
            {
            }
        }

        var rows = await world.FlushAsync();
        Assert.Equal((9, 2), (rows.Sum("prompt_tokens"), rows.Sum("completion_tokens")));
        Assert.Single(rows, row => row.Metric("prompt_tokens") is not null);
        Assert.All(rows, row => Assert.NotNull(row.Metric("end")));
        Assert.Single(rows, row => row.Name() == "execute_tool InvokePromptStreamingAsync");
        Assert.Single(rows.Select(row => (string?)row["root_span_id"]).Distinct());
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task TheChatServiceByItselfCountsOnceAndLeavesNothingOpen(bool activities, bool streams)
    {
        await using var model = await ModelServer.StartAsync();
        await using var world = World.Start(configure: options => options.ActivitySources = activities ? ["Microsoft.SemanticKernel*"] : []);
        var service = Kernel(world, model).GetRequiredService<IChatCompletionService>();

        if (streams)
        {
            await foreach (var _ in service.GetStreamingChatMessageContentsAsync("hi"))
            {
            }
        }
        else
        {
            await service.GetChatMessageContentAsync("hi");
        }

        var calls = (await world.FlushAsync()).OfType("llm");
        Assert.Equal(streams ? (9, 2) : (20, 4), (calls.Sum("prompt_tokens"), calls.Sum("completion_tokens")));
        Assert.Single(calls, call => call["span_parents"] is null);
        Assert.All(calls, call => Assert.NotNull(call.Metric("end")));
        Assert.Equal("""[{"role":"user","content":"hi"}]""", calls[0]["input"]!.ToJsonString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AFunctionThatThrowsIsAFailedSpan(bool activities)
    {
        await using var model = await ModelServer.StartAsync();
        await using var world = World.Start(activities);
        var function = KernelFunctionFactory.CreateFromMethod(string () => throw new InvalidOperationException("no weather today"), "fails");

        await Assert.ThrowsAsync<InvalidOperationException>(() => Kernel(world, model).InvokeAsync(function));

        var row = Assert.Single(await world.FlushAsync());
        Assert.Equal(("execute_tool fails", "tool"), (row.Name(), row.Type()));
        Assert.Contains("no weather today", (string?)row["error"]);
    }

    [Fact]
    public async Task AnAnswerThatIsRefusedLeavesNoCallOpen()
    {
        await using var model = await ModelServer.StartAsync();
        model.Refusal = 400;
        await using var world = World.Start();

        await Assert.ThrowsAsync<HttpOperationException>(() => Kernel(world, model).GetRequiredService<IChatCompletionService>().GetChatMessageContentAsync("hi"));
        world.CloseLogging();

        var row = Assert.Single(await world.FlushAsync(), row => row.Type() == "llm");
        Assert.NotNull(row.Metric("end"));
        Assert.True((bool)row.Meta("braintrust.incomplete")!);
    }

    static Kernel Kernel(World world, ModelServer model, Action? whileAtWork = null)
    {
        var builder = Microsoft.SemanticKernel.Kernel.CreateBuilder();
        builder.Services.AddSingleton(world.Logging);
        builder.AddOpenAIChatCompletion("gpt-4o-mini", model.Url, "none");
        builder.Plugins.AddFromFunctions("weather", [KernelFunctionFactory.CreateFromMethod(Get, "get")]);
        return builder.Build();

        string Get(string city)
        {
            whileAtWork?.Invoke();
            return $"sunny in {city}";
        }
    }
}
