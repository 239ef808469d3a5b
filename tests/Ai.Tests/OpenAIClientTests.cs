using System.ClientModel;
using Microsoft.Extensions.AI;
using OpenAI;
using OpenAI.Chat;

namespace Braintrust.Logging.Tests.Ai;

/// <summary>The OpenAI client over HTTP, by itself and below Microsoft.Extensions.AI.</summary>
[Collection("activities")]
public sealed class OpenAIClientTests
{
    [Fact]
    public async Task TheClientsOwnActivityIsAnLlmSpan()
    {
        await using var model = await ModelServer.StartAsync();
        await using var world = World.Start(activities: true);

        await Client(model).CompleteChatAsync("Weather in Paris?");

        var row = Assert.Single(await world.FlushAsync());
        Assert.Equal(("chat gpt-4o-mini", "llm", "gpt-4o-mini-2024", "openai"), (row.Name(), row.Type(), (string?)row.Meta("model"), (string?)row.Meta("provider")));
        Assert.Equal((20, 4), (row.Metric("prompt_tokens"), row.Metric("completion_tokens")));
        Assert.Equal("stop", (string?)row.Meta("gen_ai.response.finish_reasons")![0]);
        Assert.Equal("OpenAI.ChatClient", (string?)row["context"]!["span_origin"]!["instrumentation"]!["name"]);
    }

    [Theory]
    [InlineData(false, false, false, "chat gpt-4o-mini")]
    [InlineData(false, true, false, "chat gpt-4o-mini")]
    [InlineData(true, false, false, "chat gpt-4o-mini [chat gpt-4o-mini]")] // Microsoft.Extensions.AI's activity and OpenAI's
    [InlineData(true, false, true, "chat gpt-4o-mini [chat gpt-4o-mini [chat gpt-4o-mini]]")] // and the log events between
    [InlineData(true, true, true, "chat gpt-4o-mini [chat gpt-4o-mini]")] // OpenAI's client has no activities of streams
    public async Task HoweverManyLayersReportACallItIsOneTraceAndCountsOnce(bool activities, bool streams, bool both, string tree)
    {
        await using var model = await ModelServer.StartAsync();
        await using var world = World.Start(activities);
        var builder = Client(model).AsIChatClient().AsBuilder();
        if (activities)
        {
            builder.UseOpenTelemetry(configure: it => it.EnableSensitiveData = true);
        }
        if (both || !activities)
        {
            builder.UseLogging(world.Logging);
        }
        using var client = builder.Build();

        if (streams)
        {
            await foreach (var _ in client.GetStreamingResponseAsync("Weather in Paris?"))
            {
            }
        }
        else
        {
            await client.GetResponseAsync("Weather in Paris?");
        }

        var rows = await world.FlushAsync();
        Assert.Equal(tree, rows.Tree());
        Assert.Equal(streams ? (9, 2, 4, 1) : (20, 4, rows.Sum("prompt_cached_tokens"), rows.Sum("completion_reasoning_tokens")),
            (rows.Sum("prompt_tokens"), rows.Sum("completion_tokens"), rows.Sum("prompt_cached_tokens"), rows.Sum("completion_reasoning_tokens")));
        Assert.Single(rows, row => row.Metric("prompt_tokens") is not null);
        Assert.Contains(rows, row => (string?)row["input"]?[0]?["content"] == "Weather in Paris?");
        Assert.Contains(rows, row => (string?)row["output"]?[0]?["message"]?["content"] == "It is sunny.");
        Assert.Equal(streams, rows.Exists(row => row.Metric("time_to_first_token") is not null));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ToolsThatActivitiesAndLogEventsReportAreOneSpanEach(bool activities)
    {
        await using var model = await ModelServer.StartAsync();
        await using var world = World.Start(activities);
        using var client = Client(model).AsIChatClient().AsBuilder().UseFunctionInvocation(world.Logging).UseOpenTelemetry().UseLogging(world.Logging).Build();

        using (world.Logger.StartSpan("request"))
        {
            await client.GetResponseAsync("Weather in Paris?", new() { Tools = [ScriptedModel.Weather] });
        }

        var rows = await world.FlushAsync();
        var call = activities ? "chat gpt-4o-mini [chat gpt-4o-mini [chat gpt-4o-mini]]" : "chat gpt-4o-mini";
        Assert.Equal(activities ? $"request [orchestrate_tools [{call}, execute_tool weather, {call}]]" : $"request [{call}, execute_tool weather, {call}]", rows.Tree());
        var tool = Assert.Single(rows.OfType("tool"));
        Assert.Equal(("""{"city":"Paris"}""", "sunny in Paris"), (tool["input"]!.ToJsonString(), (string?)tool["output"]));
        Assert.Equal((30, 9), (rows.Sum("prompt_tokens"), rows.Sum("completion_tokens")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ARefusalIsAFailedCallAndNothingElse(bool activities)
    {
        await using var model = await ModelServer.StartAsync();
        model.Refusal = 400;
        await using var world = World.Start(activities);
        using var client = Client(model).AsIChatClient().AsBuilder().UseOpenTelemetry(world.Logging).UseLogging(world.Logging).Build();

        await Assert.ThrowsAsync<ClientResultException>(() => client.GetResponseAsync("hi"));

        var rows = await world.FlushAsync();
        Assert.Equal(activities ? "chat gpt-4o-mini [chat gpt-4o-mini [chat gpt-4o-mini]]" : "chat gpt-4o-mini", rows.Tree());
        Assert.All(rows, row => Assert.NotNull(row["error"]));
    }

    static ChatClient Client(ModelServer model) => new("gpt-4o-mini", new ApiKeyCredential("none"), new OpenAIClientOptions { Endpoint = model.Url, RetryPolicy = new System.ClientModel.Primitives.ClientRetryPolicy(0) });
}
