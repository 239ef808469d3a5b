using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Braintrust.Logging.Local;
using ChatApi;
using Microsoft.Extensions.Time.Testing;
using Samples;

namespace Braintrust.Logging.Tests.Samples;

/// <summary>What the chat sample promises: every request is one complete trace.</summary>
public sealed class ChatApiTests
{
    const string Order = "Where is my order 1017?";
    const string Told = "Your Darjeeling is on its way and arrives tomorrow.";

    [Fact]
    public async Task AQuestionIsOneCompleteTrace()
    {
        await using var service = await Running.StartAsync();
        var answer = await service.AskAsync(Order);
        var trace = Assert.Single(await service.EndAsync());

        Assert.Equal(Told, answer.Text);
        Assert.Equal((answer.Id, "POST /chat"), (trace.Id, trace.Name));
        AssertComplete(trace);
        Assert.All(Calls(trace), call => Assert.Null(call.Row["metrics"]!["time_to_first_token"])); // it came in one piece
    }

    [Fact]
    public async Task AStreamedAnswerIsOneCompleteTraceThatKnowsWhenItBegan()
    {
        await using var service = await Running.StartAsync();
        var events = await service.StreamAsync(Order).ToListAsync();
        var trace = Assert.Single(await service.EndAsync());

        Assert.Equal((trace.Id, "POST /chat/stream"), (events.Single(it => it.EventType == "id").Data, trace.Name));
        Assert.Equal(Told, string.Concat(events.Where(it => it.EventType == "text").Select(it => it.Data)));
        AssertComplete(trace);
        Assert.True((bool)trace.Row["metadata"]!["whole"]!);
        Assert.All(Calls(trace), call => Assert.InRange((double)call.Row["metrics"]!["time_to_first_token"]!, 0.02, call.Duration!.Value.TotalSeconds));
    }

    [Fact]
    public async Task FeedbackPutsAScoreAndACommentOnTheAnswer()
    {
        await using var service = await Running.StartAsync();
        var (good, bad) = (await service.AskAsync(Order), await service.AskAsync("Where is my order?"));
        foreach (var feedback in new[] { new Feedback(good.Id, true, "Thank you!"), new Feedback(bad.Id, false, null) })
        {
            using var response = await service.Http.PostAsJsonAsync("/feedback", feedback);
            Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        }
        var traces = await service.EndAsync();

        var (praised, blamed) = (traces.Single(trace => trace.Id == good.Id), traces.Single(trace => trace.Id == bad.Id));
        Assert.Equal((1, 0), (praised.Scores["helpful"], blamed.Scores["helpful"]));
        Assert.Equal("Thank you!", (string?)Assert.Single(praised.Comments)["comment"]!["text"]);
        Assert.Empty(blamed.Comments);
        Assert.Equal(Told, (string?)praised.Row["output"]); // and all else is as it was
        AssertComplete(praised);
        Assert.Equal(["POST /feedback", "POST /feedback"], traces.Where(trace => trace != praised && trace != blamed).Select(trace => trace.Name));
    }

    [Fact]
    public async Task FeedbackOnNothingIsRefused()
    {
        await using var service = await Running.StartAsync();
        using var response = await service.Http.PostAsJsonAsync("/feedback", new { helpful = true });
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task AReaderWhoLeavesEndsTheTrace()
    {
        var clock = new ModelTime();
        await using var service = await Running.StartAsync(clock);
        var reading = ReadAsync();
        for (var waits = 1; waits <= 3; waits++) // for the call of the tool and its end, and for the first word
        {
            clock.Advance((await clock.Waits.WaitForAsync(waits))[waits - 1]);
        }
        await reading; // the model's time stands still from here on: what ends the stream is that nobody reads it
        var trace = Assert.Single(await service.EndAsync());

        AssertEnded(trace);
        Assert.False((bool)trace.Row["metadata"]!["whole"]!);
        Assert.StartsWith("Your", (string?)trace.Row["output"]);
        Assert.NotEqual(Told, (string?)trace.Row["output"]);
        Assert.Equal(2, Calls(trace).Count);
        Assert.Single(trace.SelfAndDescendants(), node => node.Type == "tool");

        async Task ReadAsync()
        {
            await foreach (var item in service.StreamAsync(Order))
            {
                if (item.EventType == "text")
                {
                    break;
                }
            }
        }
    }

    /// <summary>Tells how long somebody waits, as soon as they do.</summary>
    sealed class ModelTime : FakeTimeProvider
    {
        public Journal<TimeSpan> Waits { get; } = new();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            Waits.Add(dueTime);
            return timer;
        }
    }

    [Fact]
    public async Task RequestsAtTheSameTimeAreTracesOfTheirOwn()
    {
        await using var service = await Running.StartAsync();
        var asked = await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
            i % 2 == 0 ? (await service.AskAsync(Order)).Id : (await service.StreamAsync(Order).ToListAsync())[0].Data));
        var traces = await service.EndAsync();

        Assert.Equal(asked.Order(), traces.Select(trace => trace.Id).Order());
        Assert.Equal(8, traces.Select(trace => trace.RootSpanId).Distinct().Count());
        Assert.All(traces, AssertComplete);
    }

    [Fact]
    public async Task TheDemoEndsWell()
    {
        await using var service = await Running.StartAsync();
        Assert.True(await Demo.RunAsync(service.App, new Account(service.Local)));
    }

    /// <summary>The request, both calls of the model and the tool between them, each once, with all they know.</summary>
    static void AssertComplete(TraceNode trace)
    {
        AssertEnded(trace);
        Assert.Equal(("task", Order), (trace.Type, (string?)trace.Row["input"]));
        Assert.Equal(Told, (string?)trace.Row["output"]);

        var calls = Calls(trace);
        Assert.Equal([(32L, 1L), (40L, 9L)], calls.Select(call => (call.PromptTokens!.Value, call.CompletionTokens!.Value)));
        Assert.All(calls, call => Assert.Equal(("scripted-1", "scripted"), (call.Model, (string?)call.Row["metadata"]!["provider"])));
        Assert.Equal(82, trace.SelfAndDescendants().Sum(node => node.Tokens ?? 0)); // counted once
        Assert.Equal(["user", "assistant", "tool"], calls[1].Row["input"]!.AsArray().Select(Role).Where(role => role != "system").TakeLast(3));
        Assert.Equal(Told, (string?)calls[1].Row["output"]![0]!["message"]!["content"]);

        var tool = Assert.Single(trace.SelfAndDescendants(), node => node.Type == "tool");
        Assert.Equal(1017, (int)tool.Row["input"]!["number"]!);
        Assert.Contains("Darjeeling", tool.Row["output"]!.ToJsonString());
        Assert.Equal("Order 1017 is on its way", (string?)Assert.Single(tool.Children).Row["output"]);
        Assert.Equal(6, trace.SelfAndDescendants().Count()); // those, the loop around them, and nothing of the frameworks'
    }

    static void AssertEnded(TraceNode trace) => Assert.All(trace.SelfAndDescendants(), node =>
    {
        Assert.True(node.End >= node.Start);
        Assert.False(node.IsOrphan);
        Assert.Equal(trace.RootSpanId, node.RootSpanId);
    });

    static List<TraceNode> Calls(TraceNode trace) => [.. trace.SelfAndDescendants().Where(node => node.Type == "llm")];

    static string? Role(JsonNode? message) => (string?)message!["role"];
}
