using Braintrust.Extensions.Logging;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Serilog;
using ILogger = Microsoft.Extensions.Logging.ILogger;

namespace Braintrust.Logging.Tests.Ai;

/// <summary>Microsoft.Extensions.AI's log events, and nobody listens to activities.</summary>
[Collection("activities")]
public sealed class ChatLogEventTests
{
    static readonly ChatMessage[] Question = [new(ChatRole.System, "Be brief."), new(ChatRole.User, "Weather in Paris?")];
    static readonly ChatOptions Options = new() { Temperature = 0.5f, MaxOutputTokens = 70, StopSequences = ["END"], Instructions = "Answer in English." };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ACallIsOneLlmSpanWithAllThatIsKnownOfIt(bool throughSerilog)
    {
        await using var world = World.Start(throughSerilog: throughSerilog);
        using var client = new ScriptedModel().AsBuilder().UseLogging(world.Logging).Build();

        await client.GetResponseAsync(Question, Options);

        var row = Assert.Single(await world.FlushAsync());
        Assert.Equal(("chat scripted-1", "llm"), (row.Name(), row.Type()));
        Assert.Equal(("scripted-1-0", "scripted"), ((string?)row.Meta("model"), (string?)row.Meta("provider")));
        Assert.Equal((32, 5, 37, 8, 3), (row.Metric("prompt_tokens"), row.Metric("completion_tokens"), row.Metric("tokens"), row.Metric("prompt_cached_tokens"), row.Metric("completion_reasoning_tokens")));
        Assert.Equal((0.5, 70, "END", "answer-1"), ((double)row.Meta("temperature")!, (int)row.Meta("max_tokens")!, (string?)row.Meta("stop")![0], (string?)row.Meta("gen_ai.response.id")));
        Assert.Equal("""[{"role":"system","content":"Answer in English."},{"role":"system","content":"Be brief."},{"role":"user","content":"Weather in Paris?"}]""", row["input"]!.ToJsonString());
        Assert.Equal("""[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"It is sunny."}}]""", row["output"]!.ToJsonString());
        Assert.True(row.Metric("end") > row.Metric("start"));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task ToolsAndTheCallsBetweenNestInOneTraceAndTokensCountOnce(bool streams, bool throughSerilog)
    {
        await using var world = World.Start(throughSerilog: throughSerilog);
        using var client = new ScriptedModel().AsBuilder().UseLogging(world.Logging).UseFunctionInvocation(world.Logging).UseLogging(world.Logging).Build();
        var options = new ChatOptions { Tools = [ScriptedModel.Weather] };

        if (streams)
        {
            await foreach (var _ in client.GetStreamingResponseAsync("Weather in Paris?", options))
            {
            }
        }
        else
        {
            await client.GetResponseAsync("Weather in Paris?", options);
        }

        var rows = await world.FlushAsync();
        Assert.Equal("chat scripted-1 [chat scripted-1, execute_tool weather, chat scripted-1]", rows.Tree());
        Assert.Equal((42, 7), (rows.Sum("prompt_tokens"), rows.Sum("completion_tokens")));
        Assert.Equal(42, (int)rows[0].Meta("gen_ai.usage.input_tokens")!);
        var tool = Assert.Single(rows.OfType("tool"));
        Assert.Equal(("""{"city":"Paris"}""", "sunny in Paris"), (tool["input"]!.ToJsonString(), (string?)tool["output"]));
        var last = rows[^1];
        Assert.Equal(["user", "assistant", "tool"], last["input"]!.AsArray().Select(message => (string?)message!["role"]));
        Assert.Equal("""{"city":"Paris"}""", (string?)last["input"]![1]!["tool_calls"]![0]!["function"]!["arguments"]!.ToString().Replace("\n", "").Replace("\r", "").Replace(" ", ""));
        Assert.Equal("call-1", (string?)last["input"]![2]!["tool_call_id"]);
        Assert.Equal("It is sunny.", (string?)last["output"]![0]!["message"]!["content"]);
        Assert.Equal("weather", (string?)rows[1]["output"]![0]!["message"]!["tool_calls"]![0]!["function"]!["name"]);
        Assert.Contains("It is sunny.", rows[0]["output"]!.ToJsonString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AStreamIsOneRowWithItsTextAndItsTimeToTheFirstToken(bool hasIds)
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));
        await using var world = World.Start(clock: clock);
        using var client = new ScriptedModel { HasIds = hasIds, BeforePiece = () => { clock.Advance(TimeSpan.FromSeconds(2)); return Task.CompletedTask; } }
            .AsBuilder().UseLogging(world.Logging).Build();

        using (world.Logger.StartSpan("request"))
        {
            await foreach (var _ in client.GetStreamingResponseAsync(Question, Options))
            {
            }
        }

        var rows = await world.FlushAsync();
        Assert.Equal("request [chat scripted-1]", rows.Tree());
        Assert.Equal("""[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"It is sunny."}}]""", rows[1]["output"]!.ToJsonString());
        Assert.Equal((2, 32, 5, 8), (rows[1].Metric("time_to_first_token"), rows[1].Metric("prompt_tokens"), rows[1].Metric("completion_tokens"), rows[1].Metric("prompt_cached_tokens")));
        Assert.Equal(6, rows[1].Metric("end")!.Value - rows[1].Metric("start")!.Value, 3);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task StreamsBesideEachOtherKeepTheirPieces(bool hasIds)
    {
        await using var world = World.Start();
        var first = new TaskCompletionSource();
        var second = new TaskCompletionSource();
        using var one = Model("one", second.Task, first);
        using var other = Model("other", Task.CompletedTask, second);

        using (world.Logger.StartSpan("request"))
        {
            await Task.WhenAll(ReadAsync(one), ReadAsync(other));
        }

        var rows = await world.FlushAsync();
        Assert.Equal("request [chat scripted-1, chat scripted-1]", rows.Tree());
        Assert.Equal(64, rows.Sum("prompt_tokens"));
        if (hasIds)
        {
            Assert.All(rows.OfType("llm"), row => Assert.Equal("It is sunny.", (string?)row["output"]![0]!["message"]!["content"]));
        }

        IChatClient Model(string name, Task before, TaskCompletionSource told)
        {
            return new Named(name, new ScriptedModel { HasIds = hasIds, BeforePiece = async () => { await before; told.TrySetResult(); } })
                .AsBuilder().UseLogging(world.Logging).Build();
        }

        static async Task ReadAsync(IChatClient client)
        {
            await foreach (var _ in client.GetStreamingResponseAsync("hi"))
            {
            }
        }
    }

    [Fact]
    public async Task StreamsThatEndAtTheSameMomentEachEndOnce()
    {
        const int Streams = 4;
        await using var world = World.Start();
        using var client = new ScriptedModel().AsBuilder().UseLogging(world.Logging).Build();
        using var together = new Barrier(Streams);

        for (var round = 0; round < 100; round++)
        {
            using (world.Logger.StartSpan("request"))
            {
                await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => Task.Factory.StartNew(Read, TaskCreationOptions.LongRunning)));
            }
        }

        var calls = (await world.FlushAsync()).OfType("llm");
        Assert.Equal(100 * Streams, calls.Count);
        Assert.All(calls, row => Assert.Null(row.Meta("braintrust.incomplete")));
        Assert.All(calls, row => Assert.Equal(32, row.Metric("prompt_tokens")));

        void Read()
        {
            foreach (var update in client.GetStreamingResponseAsync("hi").ToBlockingEnumerable())
            {
                if (update.FinishReason is not null)
                {
                    together.SignalAndWait(); // that it is over is said next
                }
            }
        }
    }

    [Fact]
    public async Task ConversationsBesideEachOtherCountEachAnswerOnce()
    {
        await using var world = World.Start();
        using var client = new ScriptedModel { BeforePiece = async () => await Task.Yield() }
            .AsBuilder().UseLogging(world.Logging).UseFunctionInvocation(world.Logging).UseLogging(world.Logging).Build();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            using (world.Logger.StartSpan("request"))
            {
                await foreach (var update in client.GetStreamingResponseAsync("hi", new ChatOptions { Tools = [ScriptedModel.Weather] }))
                {
                }
            }
        }));

        var rows = await world.FlushAsync();
        Assert.Equal((8 * 42, 8 * 7), (rows.Sum("prompt_tokens"), rows.Sum("completion_tokens")));
        Assert.Equal((8 * 5, 8), (rows.Count, rows.OfType("tool").Count));
        Assert.All(rows, row => Assert.NotNull(row.Metric("end")));
    }

    [Fact]
    public async Task ThousandsOfAbandonedStreamsStayBounded()
    {
        await using var world = World.Start();
        using var client = new ScriptedModel().AsBuilder().UseLogging(world.Logging).Build();

        for (var i = 0; i < 1_050; i++)
        {
            await TakeOneAsync(client);
        }

        Assert.Equal(50, (await world.FlushAsync()).Count(row => row.Metric("end") is not null));
        world.CloseLogging();
        Assert.Equal(1_050, (await world.FlushAsync()).Count(row => row.Metric("end") is not null));
    }

    [Theory]
    [InlineData("not JSON")]
    [InlineData("[1, null, {\"role\": 3}]")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("{\"messages\": 3, \"usage\": [], \"responseId\": {}, \"\\ud800\": \"\\ud800\"}")]
    [InlineData("{\"messages\": [{\"role\": \"user\", \"contents\": [null, 1, {\"$type\": \"text\", \"text\": \"\\udc00\"}, {\"$type\": \"new\"}]}], \"usage\": {\"inputTokenCount\": \"x\", \"outputTokenCount\": -1}}")]
    public async Task WhateverIsLoggedTheCallEndsAsAValidRow(string json)
    {
        await using var world = World.Start();
        var log = world.Logging.CreateLogger("Microsoft.Extensions.AI.LoggingChatClient");

        Log("LogInvokedSensitive", "GetStreamingResponseAsync", ("Messages", json), ("ChatOptions", json), ("ChatClientMetadata", json));
        Log("LogStreamingUpdateSensitive", null, ("ChatResponseUpdate", json));
        Log("LogCompletedSensitive", "GetStreamingResponseAsync", ("ChatResponse", json));

        var row = Assert.Single(await world.FlushAsync());
        Assert.Equal(("chat", "llm"), (row.Name(), row.Type()));
        Assert.NotNull(row.Metric("end"));

        void Log(string name, string? method, params (string, object?)[] values) =>
            log.Log(LogLevel.Trace, new EventId(1, name), new List<KeyValuePair<string, object?>>([new("MethodName", method), .. values.Select(value => KeyValuePair.Create(value.Item1, value.Item2))]), null, (_, _) => "");
    }

    [Fact]
    public async Task AnAbandonedStreamEndsWithTheSpanAroundItAndWithTheLoggingAtTheLatest()
    {
        await using var world = World.Start();
        using var client = new ScriptedModel().AsBuilder().UseLogging(world.Logging).Build();

        using (world.Logger.StartSpan("request"))
        {
            await TakeOneAsync(client);
        }
        await TakeOneAsync(client);
        world.CloseLogging();

        var calls = (await world.FlushAsync()).OfType("llm");
        Assert.Equal(2, calls.Count);
        Assert.All(calls, call =>
        {
            Assert.NotNull(call.Metric("end"));
            Assert.True((bool)call.Meta("braintrust.incomplete")!);
            Assert.Equal("It ", (string?)call["output"]![0]!["message"]!["content"]);
        });
    }

    [Fact]
    public async Task AStreamThatNobodyHearsOfEndsAfterAWhileAndIsUpdatedShouldItGoOn()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));
        await using var world = World.Start(clock: clock);
        using var client = new ScriptedModel().AsBuilder().UseLogging(world.Logging).Build();
        var request = world.Logger.StartSpan("request");
        await using var stream = client.GetStreamingResponseAsync("hi").GetAsyncEnumerator();
        await stream.MoveNextAsync();
        request.End();
        Assert.Equal("It ", (string?)(await world.FlushAsync()).Named("chat scripted-1")["output"]![0]!["message"]!["content"]);

        while (await stream.MoveNextAsync())
        {
        }

        var call = (await world.FlushAsync()).Named("chat scripted-1");
        Assert.Equal(("It is sunny.", 32), ((string?)call["output"]![0]!["message"]!["content"], call.Metric("prompt_tokens")));

        Assert.False((bool)call.Meta("braintrust.incomplete")!);

        await TakeOneAsync(client);
        clock.Advance(TimeSpan.FromMinutes(12));
        Assert.Equal(2, (await world.FlushAsync()).Count(row => row.Metric("end") is not null && row.Type() == "llm"));
    }

    [Fact]
    public async Task WithoutTimersASilentStreamEndsWhenTheNextCallBegins()
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));
        await using var world = World.Start(clock: clock, flushMode: FlushMode.OnDemand);
        using var client = new ScriptedModel().AsBuilder().UseLogging(world.Logging).Build();

        await TakeOneAsync(client);
        Assert.Null(Assert.Single(await world.FlushAsync()).Metric("end")); // and nothing is under way while time passes
        clock.Advance(TimeSpan.FromMinutes(12));
        Assert.Null(Assert.Single(await world.FlushAsync()).Metric("end"));
        await client.GetResponseAsync("hi");

        Assert.All(await world.FlushAsync(), row => Assert.NotNull(row.Metric("end")));
    }

    [Fact]
    public async Task SeveralToolsInOneTurnAreAMessageEach()
    {
        await using var world = World.Start();
        using var client = new ScriptedModel { Answer = [new FunctionResultContent("a", "one"), new FunctionResultContent("b", "two"), new TextContent("and text")] }
            .AsBuilder().UseLogging(world.Logging).Build();

        await client.GetResponseAsync([new(ChatRole.Tool, [new FunctionResultContent("a", "one"), new FunctionResultContent("b", new { Two = 2 })])]);

        var row = Assert.Single(await world.FlushAsync());
        Assert.Equal("""[{"role":"tool","tool_call_id":"a","content":"one"},{"role":"tool","tool_call_id":"b","content":"{\u0022two\u0022:2}"}]""", row["input"]!.ToJsonString().Replace("\\n", "").Replace(" ", ""));
        Assert.Equal(["and text", "one", "two"], row["output"]!.AsArray().Select(choice => (string?)choice!["message"]!["content"]));
    }

    [Fact]
    public async Task TwoFrontEndsOfOneProjectCountOnce()
    {
        await using var world = World.Start();
        using var serilog = new Serilog.LoggerConfiguration().MinimumLevel.Verbose().WriteTo.Braintrust(world.Client, World.Project).CreateLogger();
        using var both = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(new Serilog.Extensions.Logging.SerilogLoggerProvider(serilog)).AddBraintrust(options =>
        {
            options.Client = world.Client;
            options.Project = World.Project;
        }));
        using var client = new ScriptedModel().AsBuilder().UseLogging(both).UseFunctionInvocation(both).UseLogging(both).Build();

        await client.GetResponseAsync("hi", new() { Tools = [ScriptedModel.Weather] });

        Assert.Equal(42, (await world.FlushAsync()).Sum("prompt_tokens"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AFailureShowsOnceAsAFailedCall(bool streams)
    {
        await using var world = World.Start();
        using var client = new ScriptedModel { Failure = new InvalidOperationException("out of order") }
            .AsBuilder().UseOpenTelemetry(world.Logging).UseLogging(world.Logging).UseOpenTelemetry(world.Logging).Build();

        await Assert.ThrowsAsync<InvalidOperationException>(() => streams ? TakeOneAsync(client) : client.GetResponseAsync("hi"));

        var row = Assert.Single(await world.FlushAsync());
        Assert.Equal("chat scripted-1", row.Name());
        Assert.Contains("out of order", (string?)row["error"]);
    }

    [Fact]
    public async Task ACanceledCallIsARowThatSaysSo()
    {
        await using var world = World.Start();
        using var client = new ScriptedModel().AsBuilder().UseLogging(world.Logging).Build();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetResponseAsync("hi", cancellationToken: new CancellationToken(canceled: true)));

        Assert.Equal("The call was canceled.", (string?)Assert.Single(await world.FlushAsync())["error"]);
    }

    [Fact]
    public async Task AFailedToolIsAFailedSpan()
    {
        await using var world = World.Start();
        using var client = new ScriptedModel().AsBuilder().UseFunctionInvocation(world.Logging).Build();
        var tool = AIFunctionFactory.Create(string (string city) => throw new InvalidOperationException($"no weather in {city}"), "weather");

        await client.GetResponseAsync("hi", new() { Tools = [tool] });

        var row = Assert.Single(await world.FlushAsync());
        Assert.Equal(("execute_tool weather", "tool", null), (row.Name(), row.Type(), row["output"]));
        Assert.Contains("no weather in Paris", (string?)row["error"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WhereContentsAreNotLoggedASpanHasItsTimeAlone(bool streams)
    {
        await using var world = World.Start(level: LogLevel.Debug);
        using var client = new ScriptedModel().AsBuilder().UseFunctionInvocation(world.Logging).UseLogging(world.Logging).Build();
        var options = new ChatOptions { Tools = [ScriptedModel.Weather] };

        if (streams)
        {
            await foreach (var _ in client.GetStreamingResponseAsync("hi", options))
            {
            }
        }
        else
        {
            await client.GetResponseAsync("hi", options);
        }

        var rows = await world.FlushAsync();
        Assert.Equal("chat | execute_tool weather | chat", rows.Tree());
        Assert.All(rows, row => Assert.True(row["input"] is null && row["output"] is null && row.Metric("end") is not null));
    }

    [Fact]
    public async Task HugeMessagesAndBinaryPartsEndAsBoundedRows()
    {
        await using var world = World.Start();
        using var client = new ScriptedModel { Answer = [new TextContent(new string('y', 3_000_000)), new TextReasoningContent("hm")] }.AsBuilder().UseLogging(world.Logging).Build();

        await client.GetResponseAsync(
        [
            new(ChatRole.User, [new TextContent("What is this?"), new DataContent(new byte[] { 1, 2, 3 }, "image/png"), new UriContent("http://localhost/cat.png", "image/png")]),
            new(ChatRole.User, [new DataContent(new byte[2_000_000], "application/pdf")]),
            .. Enumerable.Range(0, 10).Select(_ => new ChatMessage(ChatRole.User, new string('x', 300_000))),
        ]);

        var row = Assert.Single(await world.FlushAsync());
        Assert.Equal("""[{"type":"text","text":"What is this?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AQID"}},{"type":"image_url","image_url":{"url":"http://localhost/cat.png"}}]""", row["input"]![0]!["content"]!.ToJsonString());
        Assert.StartsWith("data:application/pdf;base64,…[truncated, 26", (string?)row["input"]![1]!["content"]![0]!["file"]!["file_data"]);
        Assert.InRange(row["input"]!.ToJsonString().Length, 1_000_000, 1_100_000);
        Assert.Equal("<truncated: larger than 1 MiB>", (string?)row["input"]!.AsArray()[^1]);
        Assert.InRange(((string)row["output"]![0]!["message"]!["content"]!).Length, 200_000, 300_000);
        Assert.Equal("hm", (string?)row["output"]![0]!["message"]!["reasoning"]![0]!["content"]);
        Assert.Equal(32, row.Metric("prompt_tokens"));
    }

    [Fact]
    public async Task EmbeddingsAreASpanWithTheTexts()
    {
        await using var world = World.Start();
        using var generator = new OneEmbedding().AsBuilder().UseLogging(world.Logging).Build();

        await generator.GenerateAsync(["a", "b"]);

        var row = Assert.Single(await world.FlushAsync());
        Assert.Equal(("embeddings embed-1", "llm", """["a","b"]""", 1), (row.Name(), row.Type(), row["input"]!.ToJsonString().Replace(" ", ""), (int)row.Meta("embeddings")!));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ACallThatTheFilterLeavesOutLeavesNothingAndIsNobodysParent(bool streams)
    {
        await using var world = World.Start(configure: options => options.Filter = row => !row.Name.StartsWith("chat", StringComparison.Ordinal));
        var log = world.Logging.CreateLogger("Test");
        using var client = new Logs(log, new ScriptedModel()).AsBuilder().UseLogging(world.Logging).Build();

        using (world.Logger.StartSpan("request"))
        {
            if (streams)
            {
                await foreach (var _ in client.GetStreamingResponseAsync("hi"))
                {
                }
            }
            await client.GetResponseAsync("hi");
        }

        Assert.Equal("request [inside]", (await world.FlushAsync()).Tree());
    }

    [Fact]
    public async Task ContentThatIsKeptBackLeavesTokensAndTimes()
    {
        await using var world = World.Start(configure: options => options.CaptureContent = false);
        using var client = new ScriptedModel().AsBuilder().UseLogging(world.Logging).UseFunctionInvocation(world.Logging).UseLogging(world.Logging).Build();

        await client.GetResponseAsync("Weather in Paris?", new()
        {
            Tools = [ScriptedModel.Weather],
            Instructions = "Paris only.",
            Temperature = 0.5f,
            AdditionalProperties = new() { ["system"] = "You know Paris.", ["examples"] = new[] { "Paris" } },
        });

        var rows = await world.FlushAsync();
        Assert.Equal(42, rows.Sum("prompt_tokens"));
        Assert.DoesNotContain("Paris", string.Concat(rows.Select(row => row.ToJsonString())));
        Assert.All(rows.OfType("llm"), call => Assert.Equal(0.5, (double)call.Meta("temperature")!));
    }

    [Fact]
    public async Task AMaskSeesCallsAsItSeesAllRows()
    {
        await using var world = World.Start(configure: options => options.Mask = (field, value) => field is "input" or "output" ? "***" : value);
        using var client = new ScriptedModel().AsBuilder().UseFunctionInvocation(world.Logging).UseLogging(world.Logging).Build();

        await client.GetResponseAsync("Weather in Paris?", new() { Tools = [ScriptedModel.Weather] });

        var rows = await world.FlushAsync();
        Assert.Equal(42, rows.Sum("prompt_tokens"));
        Assert.DoesNotContain("Paris", string.Concat(rows.Select(row => row.ToJsonString())));
        Assert.Equal("***", (string?)rows[0]["input"]);
    }

    [Fact]
    public async Task WhatIsLoggedInsideACallIsBelowItAndWhatComesAfterIsNot()
    {
        await using var world = World.Start();
        var log = world.Logging.CreateLogger("Test");
        using var client = new Logs(log, new ScriptedModel()).AsBuilder().UseLogging(world.Logging).Build();

        using (world.Logger.StartSpan("request"))
        {
            await client.GetResponseAsync("hi");
            log.LogInformation("after");
        }

        Assert.Equal("request [chat scripted-1 [inside], after]", (await world.FlushAsync()).Tree());
    }

    static async Task<ChatResponse> TakeOneAsync(IChatClient client)
    {
        await foreach (var _ in client.GetStreamingResponseAsync("hi"))
        {
            break;
        }
        return new();
    }

    sealed class Named(string name, IChatClient inner) : DelegatingChatClient(inner)
    {
        public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            base.GetStreamingResponseAsync(messages, options, cancellationToken).Select(update =>
            {
                update.ResponseId = update.ResponseId is { } id ? $"{name}-{id}" : null;
                return update;
            });
    }

    sealed class Logs(ILogger log, IChatClient inner) : DelegatingChatClient(inner)
    {
        public override Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            log.LogInformation("inside");
            return base.GetResponseAsync(messages, options, cancellationToken);
        }
    }

    sealed class OneEmbedding : IEmbeddingGenerator<string, Embedding<float>>
    {
        public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new GeneratedEmbeddings<Embedding<float>>([new(new float[] { 1, 2 })]));

        public object? GetService(Type serviceType, object? serviceKey = null) =>
            serviceType == typeof(EmbeddingGeneratorMetadata) ? new EmbeddingGeneratorMetadata("scripted", null, "embed-1", 2) : null;

        public void Dispose()
        {
        }
    }
}
