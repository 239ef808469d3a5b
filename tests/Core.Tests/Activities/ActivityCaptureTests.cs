using System.Diagnostics;
using System.Text.Json.Nodes;
using Braintrust.Logging.Rows;
using Braintrust.Logging.Tests.Clients;
using Microsoft.Extensions.AI;

namespace Braintrust.Logging.Tests.Activities;

[Collection("process-wide state")]
public sealed class ActivityCaptureTests : IDisposable
{
    readonly string _name = $"test.{Guid.NewGuid():N}";
    readonly ActivitySource _source;

    public ActivityCaptureTests() => _source = new ActivitySource(_name);

    public void Dispose() => _source.Dispose();

    [Fact]
    public async Task AnActivityBecomesASpanWithItsOwnIdsTimesStatusAndTags()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.ActivitySources = [_name]);
        var start = new DateTimeOffset(2026, 11, 24, 1, 2, 3, TimeSpan.Zero);

        var activity = _source.StartActivity(ActivityKind.Internal, startTime: start, name: "first name")!;
        activity.DisplayName = "work";
        activity.SetTag("tenant", "t-1").SetTag("output", "done").SetTag("attempts", 3);
        activity.SetStatus(ActivityStatusCode.Error, "out of paper");
        activity.SetEndTime(start.UtcDateTime.AddSeconds(2)).Stop();
        await logger.Client.FlushAsync();

        var row = Assert.Single(world.Rows);
        Assert.Equal((activity.SpanId.ToHexString(), activity.TraceId.ToHexString()), ((string?)row["span_id"], (string?)row["root_span_id"]));
        Assert.Equal(("work", "task"), ((string?)row["span_attributes"]!["name"], (string?)row["span_attributes"]!["type"]));
        Assert.Equal(("out of paper", "done", "t-1", 3), ((string?)row["error"], (string?)row["output"], (string?)row["metadata"]!["tenant"], (int)row["metadata"]!["attempts"]!));
        Assert.Equal(2, (double)row["metrics"]!["end"]! - (double)row["metrics"]!["start"]!, 3);
        Assert.False(activity.Recorded); // other tracers' sampling is theirs
    }

    [Fact]
    public async Task AnActivityWhoseMessagesSayAThingTwiceStillEnds()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.ActivitySources = [_name]);

        using (var activity = _source.StartActivity("chat")!)
        {
            activity.AddEvent(new ActivityEvent("gen_ai.user.message", tags: new() { ["role"] = "user", ["gen_ai.role"] = "user", ["content"] = "Why?" }));
        }
        await logger.Client.FlushAsync();

        var row = Assert.Single(world.Rows);
        Assert.NotNull(row["metrics"]!["end"]);
        Assert.Equal("Why?", (string?)row["input"]![0]!["content"]);
    }

    [Fact]
    public async Task AnActivityWithAValueThatThrowsStillEnds()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.ActivitySources = [_name]);

        using (var activity = _source.StartActivity("work")!)
        {
            activity.SetTag("tenant", "t-1");
            activity.AddEvent(new ActivityEvent("exception", tags: new() { ["exception.type"] = "Bad", ["exception.message"] = new Unspeakable() }));
        }
        using (var activity = _source.StartActivity("failed")!)
        {
            activity.SetTag("error.type", new Unspeakable()).SetStatus(ActivityStatusCode.Error);
        }
        await logger.Client.FlushAsync();

        Assert.Equal(2, world.Rows.Count);
        Assert.All(world.Rows, row => Assert.NotNull(row["metrics"]!["end"]));
        Assert.All(world.Rows, row => Assert.NotNull(row["error"]));
        Assert.Equal("t-1", (string?)world.Row("work")["metadata"]!["tenant"]);
    }

    sealed class Asking() : FrontEnd(FrontEndSettings.Unset)
    {
        public override string Name => "test";
    }

    sealed class Unspeakable
    {
        public override string ToString() => throw new InvalidOperationException("no text");
    }

    [Fact]
    public async Task AnActivityEndsEvenIfWhoeverAskedForItIsGone()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        var capture = Braintrust.Logging.Activities.ActivityCapture.Start([_name], logger, new Asking())!;
        using var other = Braintrust.Logging.Activities.ActivityCapture.Start([_name], logger, new Asking())!;

        var activity = _source.StartActivity("work")!;
        capture.Dispose();
        activity.Stop();
        await logger.Client.FlushAsync();

        Assert.NotNull(Assert.Single(world.Rows)["metrics"]!["end"]);
    }

    [Fact]
    public async Task ActivitiesScopesAndEventsNestAsTheyBegan()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.ActivitySources = [_name]);

        using (logger.StartSpan("1 span"))
        using (_source.StartActivity("2 activity"))
        using (_source.StartActivity("3 activity"))
        using (logger.StartSpan("4 span"))
        {
            logger.Log(name: "5 leaf");
        }
        await logger.Client.FlushAsync();

        Assert.Single(world.Rows.Select(row => (string?)row["root_span_id"]).Distinct());
        var names = new[] { "1 span", "2 activity", "3 activity", "4 span", "5 leaf" };
        foreach (var (outer, inner) in names.Zip(names.Skip(1)))
        {
            Assert.Equal((string?)world.Row(outer)["span_id"], (string?)world.Row(inner)["span_parents"]![0]);
        }
        Assert.Null(world.Row("1 span")["span_parents"]);
    }

    [Fact]
    public async Task WhatEndsAfterItsParentKeepsItAndTokensCountOnceAllTheSame()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.ActivitySources = [_name]);

        var loop = _source.StartActivity("loop")!;
        var between = logger.StartSpan("between");
        var call = _source.StartActivity("call")!;
        between.End();
        call.SetTag("gen_ai.usage.input_tokens", 10).Stop();
        loop.SetTag("gen_ai.usage.input_tokens", 10).Stop();
        var parent = _source.StartActivity("parent")!;
        var late = _source.StartActivity("late")!;
        parent.Stop();
        late.SetTag("gen_ai.usage.input_tokens", 5).Stop();
        await logger.Client.FlushAsync();

        Assert.Equal(15, world.Rows.Sum(row => (int?)row["metrics"]!["prompt_tokens"] ?? 0));
        Assert.Null(world.Row("loop")["metrics"]!["prompt_tokens"]);
        Assert.Equal((string?)world.Row("between")["span_id"], (string?)world.Row("call")["span_parents"]![0]);
        Assert.Equal((string?)world.Row("parent")["span_id"], (string?)world.Row("late")["span_parents"]![0]);
        Assert.True((double)world.Row("late")["metrics"]!["end"]! >= (double)world.Row("parent")["metrics"]!["end"]!);
    }

    [Fact]
    public async Task ActivitiesNobodyAskedForAreNoParents()
    {
        await using var world = await World.StartAsync();
        using var other = new ActivitySource(_name + ".other");
        using var listener = new ActivityListener { ShouldListenTo = source => source.Name == other.Name, Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded };
        ActivitySource.AddActivityListener(listener);
        var logger = world.Logger(options => options.ActivitySources = [_name]);

        using (_source.StartActivity("captured"))
        using (var between = other.StartActivity("not captured"))
        {
            Assert.NotNull(between);
            logger.Log(name: "leaf");
        }
        await logger.Client.FlushAsync();

        Assert.Equal(2, world.Rows.Count);
        Assert.Equal((string?)world.Row("captured")["span_id"], (string?)world.Row("leaf")["span_parents"]![0]);
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task AnActivityBegunWithTheContextOfACapturedOneIsBelowIt(bool isParentOpen)
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.ActivitySources = [_name]);
        using var producer = _source.StartActivity("producer")!;
        if (!isParentOpen)
        {
            producer.Stop();
        }
        Activity.Current = null; // on the other side of a queue

        using (var consumer = _source.StartActivity("consumer", ActivityKind.Consumer, producer.Context)!)
        {
            Assert.Null(consumer.Parent);
            using var inner = _source.StartActivity("inner");
            logger.Log(name: "leaf");
        }
        producer.Stop();
        await logger.Client.FlushAsync();

        string? Above(string name) => (string?)world.Row(name)["span_parents"]?[0];
        Assert.Equal(
            (null, producer.SpanId.ToHexString(), (string?)world.Row("consumer")["span_id"], (string?)world.Row("inner")["span_id"]),
            (Above("producer"), Above("consumer"), Above("inner"), Above("leaf")));
        Assert.All(world.Rows, row => Assert.Equal(producer.TraceId.ToHexString(), (string?)row["root_span_id"]));
        Assert.Null(world.Row("consumer")["span_attributes"]!["type"]); // no root
    }

    [Fact]
    public async Task AParentThatIsNamedWinsOverASpanAroundThatBeganBeforeItAndItsSumIsNotCounted()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.ActivitySources = [_name]);

        using (logger.StartSpan("request"))
        using (var loop = _source.StartActivity("loop")!)
        {
            loop.SetTag("gen_ai.usage.input_tokens", 20);
            using (var call = _source.StartActivity("call", ActivityKind.Client, loop.Context)!)
            {
                call.SetTag("gen_ai.usage.input_tokens", 10);
            }
            using (logger.StartSpan("nearer"))
            {
                _source.StartActivity("inside", ActivityKind.Internal, loop.Context)!.Dispose();
            }
        }
        await logger.Client.FlushAsync();

        Assert.Equal((string?)world.Row("loop")["span_id"], (string?)world.Row("call")["span_parents"]![0]);
        Assert.Equal((string?)world.Row("nearer")["span_id"], (string?)world.Row("inside")["span_parents"]![0]);
        Assert.Equal(10, world.Rows.Sum(row => (int?)row["metrics"]!["prompt_tokens"] ?? 0));
        Assert.All(world.Rows, row => Assert.Equal((string?)world.Row("request")["root_span_id"], (string?)row["root_span_id"]));
    }

    [Fact]
    public async Task AParentThatIsNamedAndHasNoRowIsNone()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.ActivitySources = [_name]);
        var unknown = new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.None);

        _source.StartActivity("consumer", ActivityKind.Consumer, unknown)!.Dispose();
        await logger.Client.FlushAsync();

        Assert.Equal((null, unknown.TraceId.ToHexString()), (world.Row("consumer")["span_parents"], (string?)world.Row("consumer")["root_span_id"]));
    }

    [Fact]
    public async Task AnExceptionThatWasRecoveredFromIsNoErrorAndOfSeveralTheLastIs()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.ActivitySources = [_name]);

        foreach (var (name, status) in new[] { ("went well", ActivityStatusCode.Ok), ("failed", ActivityStatusCode.Error), ("says nothing", ActivityStatusCode.Unset) })
        {
            using var activity = _source.StartActivity(name)!;
            activity.AddException(new TimeoutException("first attempt")).AddException(new TimeoutException("second attempt"));
            activity.SetStatus(status);
        }
        await logger.Client.FlushAsync();

        Assert.Null(world.Row("went well")["error"]);
        Assert.All(["failed", "says nothing"], name => Assert.Contains("second attempt", (string?)world.Row(name)["error"], StringComparison.Ordinal));
    }

    [Fact]
    public async Task TwoWhoAskGetOneSpanOfEachProject()
    {
        await using var world = await World.StartAsync();
        var client = world.Client();
        var frontEnds = new[] { client.GetLogger("a", false), client.GetLogger("a", false), client.GetLogger("b", false) }
            .Select(logger => Braintrust.Logging.Activities.ActivityCapture.Start(["test.*"], logger, client.Api)!).ToList();

        _source.StartActivity("work")!.Dispose();
        await client.FlushAsync();
        frontEnds.ForEach(frontEnd => frontEnd.Dispose());
        Assert.Null(_source.StartActivity("after the end"));

        Assert.Equal((1, 1), (world.Server.Stored("a").Count, world.Server.Stored("b").Count));
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("project_name:a project", true)]
    [InlineData(" project_name:a project ", true)] // as a framework's propagator may have read it
    [InlineData("project_name:another", false)]
    [InlineData("project_name:A project", false)]
    [InlineData("project_name:", false)]
    [InlineData("experiment_id:a project", false)]
    [InlineData("a project", false)]
    public async Task ARemoteParentIsKeptOnlyWhenItIsARowOfTheProject(string? baggage, bool isKept)
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.ActivitySources = [_name]);
        var remote = new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded, isRemote: true);

        var activity = new Activity("request").SetParentId(remote.TraceId, remote.SpanId, remote.TraceFlags);
        activity.AddBaggage("braintrust.parent", baggage);
        using (activity.Start())
        {
            logger.Log(name: "leaf");
        }
        await logger.Client.FlushAsync();

        var row = Assert.Single(world.Rows);
        Assert.Equal(remote.TraceId.ToHexString(), (string?)row["root_span_id"]);
        Assert.Equal(isKept ? remote.SpanId.ToHexString() : null, (string?)row["span_parents"]?[0]);
    }

    [Theory]
    [InlineData("project_id:0B000000-0000-4000-8000-00000000000A", true)]
    [InlineData("project_id:0b000000-0000-4000-8000-00000000000a", true)]
    [InlineData("project_id:0b000000-0000-4000-8000-00000000000b", false)]
    [InlineData("project_name:0b000000-0000-4000-8000-00000000000a", false)]
    public async Task ARemoteParentMayBeSaidToBeOfTheProjectById(string baggage, bool isKept)
    {
        await using var world = await World.StartAsync();
        var logger = world.Client().GetLogger(setCurrent: false, projectId: "0b000000-0000-4000-8000-00000000000a");
        var remote = new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded, isRemote: true);
        var activity = new Activity("request").SetParentId(remote.TraceId, remote.SpanId, remote.TraceFlags);
        activity.AddBaggage("braintrust.parent", baggage);
        using (activity.Start())
        using (var span = logger.StartSpan("span"))
        {
            Assert.Equal(isKept ? remote.SpanId.ToHexString() : Ids.Hex(0UL), Ids.Hex(span.ParentId));
            Assert.Equal(remote.TraceId.ToHexString(), span.RootSpanId);
        }
    }

    [Theory]
    [InlineData("GenAI")]
    [InlineData("genai")]
    public async Task AListMayNameTheReadySet(string name)
    {
        await using var world = await World.StartAsync();
        using var model = new ActivitySource($"OpenAI.{_name}");
        var logger = world.Logger(options => options.ActivitySources = [name, _name]);

        model.StartActivity("model")!.Dispose();
        _source.StartActivity("own")!.Dispose();
        await logger.Client.FlushAsync();

        Assert.NotNull(world.Row("model"));
        Assert.NotNull(world.Row("own"));
    }

    [Fact]
    public void TheReadySetIsEachCallersOwn()
    {
        BraintrustActivitySources.GenAI.Add("mine");
        Assert.DoesNotContain("mine", BraintrustActivitySources.GenAI);
    }

    [Fact]
    public async Task AModelCallThroughMicrosoftExtensionsAIIsACompleteLlmSpanCountedOnce()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.ActivitySources = BraintrustActivitySources.GenAI);
        using var model = new ScriptedModel();
        using var client = model.AsBuilder()
            .UseOpenTelemetry(configure: it => it.EnableSensitiveData = true) // around the tool loop: reports the sum
            .UseFunctionInvocation()
            .UseOpenTelemetry(configure: it => it.EnableSensitiveData = true) // each call of the model
            .Build();

        using (logger.StartSpan("request"))
        {
            await client.GetResponseAsync(
                [new(ChatRole.System, "Be brief."), new(ChatRole.User, "Weather in Paris?")],
                new() { Tools = [AIFunctionFactory.Create((string city) => $"sunny in {city}", "weather")], Temperature = 0.5f });
        }
        await logger.Client.FlushAsync();

        var request = world.Row("request");
        var calls = world.Rows.Where(row => (string?)row["span_attributes"]!["type"] == "llm").ToList();
        Assert.Equal(42, calls.Sum(call => (int?)call["metrics"]!["prompt_tokens"] ?? 0)); // 10 + 32, and not 84
        var last = calls.Single(call => (int?)call["metrics"]!["prompt_tokens"] == 32);
        Assert.Equal(("scripted-1", "scripted", 0.5), ((string?)last["metadata"]!["model"], (string?)last["metadata"]!["provider"], (double)last["metadata"]!["temperature"]!));
        Assert.Equal(5, (int)last["metrics"]!["completion_tokens"]!);
        var messages = last["input"]!.AsArray();
        Assert.Equal(["user", "assistant", "tool"], messages.Select(message => (string?)message!["role"]).Where(role => role != "system"));
        Assert.Equal("weather", (string?)messages.Single(message => (string?)message!["role"] == "assistant")!["tool_calls"]![0]!["function"]!["name"]);
        Assert.Contains("sunny in Paris", messages.Single(message => (string?)message!["role"] == "tool")!["content"]!.ToString());
        Assert.Equal("It is sunny.", (string?)last["output"]![0]!["message"]!["content"]);
        Assert.Equal("stop", (string?)last["output"]![0]!["finish_reason"]);
        var tool = Assert.Single(world.Rows, row => (string?)row["span_attributes"]!["type"] == "tool");
        Assert.Equal("Paris", (string?)tool["input"]!["city"]);
        Assert.Contains("sunny in Paris", tool["output"]!.ToString());
        Assert.All(world.Rows, row => Assert.Equal((string?)request["root_span_id"], (string?)row["root_span_id"]));
    }

    /// <summary>Asks for the tool first, then answers.</summary>
    sealed class ScriptedModel : IChatClient
    {
        int _calls;

        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(++_calls == 1
                ? new ChatResponse(new ChatMessage(ChatRole.Assistant, [new FunctionCallContent("call-1", "weather", new Dictionary<string, object?> { ["city"] = "Paris" })]))
                {
                    ModelId = "scripted-1",
                    FinishReason = ChatFinishReason.ToolCalls,
                    Usage = new() { InputTokenCount = 10, OutputTokenCount = 2, TotalTokenCount = 12 },
                }
                : new ChatResponse(new ChatMessage(ChatRole.Assistant, "It is sunny."))
                {
                    ModelId = "scripted-1",
                    FinishReason = ChatFinishReason.Stop,
                    Usage = new() { InputTokenCount = 32, OutputTokenCount = 5, TotalTokenCount = 37 },
                });

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) =>
            serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("scripted", new Uri("http://localhost"), "scripted-1") : null;

        public void Dispose()
        {
        }
    }
}
