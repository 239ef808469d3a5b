using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace Braintrust.Logging.Tests.Ai;

/// <summary>Calls that end badly, nest, or say too much: shown by log events and by activities.</summary>
[Collection("activities")]
public sealed class HostileCallTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task AStreamThatBreaksOffEndsWithWhatItSaidAndWhy(bool activities, bool isCanceled)
    {
        await using var world = World.Start(activities);
        using var cancel = new CancellationTokenSource();
        using var client = Built(world, activities, new Model(BreaksOff));

        using (world.Logger.StartSpan("request"))
        {
            var failure = await Record.ExceptionAsync(() => ReadAsync(client, new() { Tools = [ScriptedModel.Weather] }, cancel.Token));
            Assert.Equal(isCanceled, failure is OperationCanceledException);
        }

        var rows = await world.FlushAsync();
        Assert.StartsWith("request [", rows.Tree());
        Assert.All(rows, row => Assert.NotNull(row.Metric("end")));
        var call = rows.OfType("llm").MaxBy(row => row.Metric("start"))!;
        Assert.Contains(isCanceled ? "cancel" : "out of order", (string?)call["error"], StringComparison.OrdinalIgnoreCase);
        if (!activities)
        {
            Assert.Equal("It ", (string?)call["output"]![0]!["message"]!["content"]);
        }

        async IAsyncEnumerable<ChatResponseUpdate> BreaksOff(List<ChatMessage> messages, ChatOptions? options, [EnumeratorCancellation] CancellationToken token)
        {
            await Task.Yield();
            yield return new(ChatRole.Assistant, "It ") { ResponseId = "r", ModelId = "m" };
            if (isCanceled)
            {
                await cancel.CancelAsync();
            }
            token.ThrowIfCancellationRequested();
            throw new InvalidOperationException("out of order");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AModelThatFailsAfterItsToolLeavesAWholeTreeAndCountsWhatItCost(bool activities)
    {
        await using var world = World.Start(activities);
        using var client = Built(world, activities, new Model((messages, _, _) =>
            messages.Exists(message => message.Role == ChatRole.Tool) ? Fails() : Answer("a", "m", [Call("1", "weather", "Paris")], (10, 2))));

        using (world.Logger.StartSpan("request"))
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => client.GetResponseAsync("hi", new() { Tools = [ScriptedModel.Weather] }));
        }

        var rows = await world.FlushAsync();
        Assert.Equal(10, rows.Sum("prompt_tokens"));
        var loop = "chat m, execute_tool weather, chat m";
        Assert.Equal($"request [chat m [{(activities ? $"orchestrate_tools [{loop}]" : loop)}]]", rows.Tree());
        Assert.Contains("out of order", (string?)rows[^1]["error"]);
        Assert.All(rows, row => Assert.NotNull(row.Metric("end")));

        static async IAsyncEnumerable<ChatResponseUpdate> Fails()
        {
            await Task.Yield();
            throw new InvalidOperationException("out of order");
#pragma warning disable CS0162 // what makes it an iterator
            yield break;
#pragma warning restore CS0162
        }
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task ToolsAtTheSameTimeKeepTheirArgumentsAndResultsAndOneThatFailsIsTheOnlyOne(bool activities, bool streams)
    {
        await using var world = World.Start(activities);
        var together = new Barrier(3);
        var weather = AIFunctionFactory.Create(
            (string city) => Task.Run(() =>
            {
                together.SignalAndWait(TimeSpan.FromSeconds(30));
                return city == "Atlantis" ? throw new InvalidOperationException("no such city") : $"sunny in {city}";
            }), "weather");
        using var client = Built(world, activities, new Model((messages, _, _) => messages.Exists(message => message.Role == ChatRole.Tool)
            ? Answer("b", "m", [new TextContent("Mostly.")], (20, 1))
            : Answer("a", "m", [Call("1", "weather", "Paris"), Call("2", "weather", "Atlantis"), Call("3", "weather", "Rome")], (10, 2))), concurrentTools: true);

        using (world.Logger.StartSpan("request"))
        {
            if (streams)
            {
                await ReadAsync(client, new() { Tools = [weather] });
            }
            else
            {
                await client.GetResponseAsync("hi", new() { Tools = [weather] });
            }
        }

        var rows = await world.FlushAsync();
        var tools = rows.OfType("tool");
        Assert.Equal(["Atlantis", "Paris", "Rome"], tools.Select(tool => (string)tool["input"]!["city"]!).Order());
        Assert.All(tools.Where(tool => tool["error"] is null), tool => Assert.Equal($"sunny in {tool["input"]!["city"]}", (string?)tool["output"]));
        var failed = Assert.Single(tools, tool => tool["error"] is not null);
        Assert.Equal(("Atlantis", null), ((string?)failed["input"]!["city"], failed["output"]));
        Assert.Equal((30, 3), (rows.Sum("prompt_tokens"), rows.Sum("completion_tokens")));
        Assert.Single(tools.Select(tool => (string?)tool["span_parents"]![0]).Distinct());
        Assert.Single(rows, row => row["span_parents"] is null);
        Assert.All(rows, row => Assert.NotNull(row.Metric("end")));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task AnAgentThatAsksAnotherIsOneTreeWithTheOtherBelowItsTool(bool activities, bool streams)
    {
        await using var world = World.Start(activities);
        var inner = Agent(world, activities, "expert", [ScriptedModel.Weather], (messages, _, _) => messages.Exists(message => message.Role == ChatRole.Tool)
            ? Answer("i2", "small", [new TextContent("Sunny.")], (7, 1)) : Answer("i1", "small", [Call("x", "weather", "Paris")], (5, 1)));
        var outer = Agent(world, activities, "boss", [inner.AsAIFunction(new() { Name = "ask_expert" })], (messages, _, _) => messages.Exists(message => message.Role == ChatRole.Tool)
            ? Answer("o2", "large", [new TextContent("It is sunny.")], (30, 2)) : Answer("o1", "large", [new FunctionCallContent("y", "ask_expert", new Dictionary<string, object?> { ["query"] = "Weather?" })], (20, 2)));

        if (streams)
        {
            await foreach (var _ in outer.RunStreamingAsync("Weather in Paris?"))
            {
            }
        }
        else
        {
            await outer.RunAsync("Weather in Paris?");
        }

        var rows = (await world.FlushAsync()).Where(row => row.Type() is not null).ToList();
        Assert.Equal((62, 6), (rows.Sum("prompt_tokens"), rows.Sum("completion_tokens")));
        Assert.Equal(4, rows.Count(row => row.Metric("prompt_tokens") is not null));
        Assert.Single(rows, row => row["span_parents"] is null);
        Assert.All(rows, row => Assert.NotNull(row.Metric("end")));
        var ask = rows.Named("execute_tool ask_expert");
        Assert.All(rows.Where(row => (string?)row.Meta("model") == "small" || row.Name() == "execute_tool weather"), row => Assert.Contains(ask, Above(rows, row)));
        Assert.DoesNotContain(rows.Where(row => (string?)row.Meta("model") == "large"), row => Above(rows, row).Contains(ask));
        Assert.Equal(2, rows.OfType("tool").Count);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task LongStreamsOfSinglePiecesBesideEachOtherAreARowEach(bool activities, bool hasIds)
    {
        const int Pieces = 2_000;
        await using var world = World.Start(activities);
        var client = Built(world, activities, new Model(Spells));

        await Task.WhenAll("abcd".Select(async letter =>
        {
            using (world.Logger.StartSpan($"request {letter}"))
            {
                await ReadAsync(client, new() { ModelId = letter.ToString() });
            }
        }));

        var rows = await world.FlushAsync();
        var calls = rows.OfType("llm").Where(row => row["output"] is not null).ToList();
        Assert.Equal(activities ? 16 : 12, rows.Count); // the request, the call as a whole, with activities its loop, the call of the model
        Assert.Equal((4 * 3, 4 * Pieces), (rows.Sum("prompt_tokens"), rows.Sum("completion_tokens")));
        Assert.All("abcd", letter => Assert.Contains(calls, row =>
            (string?)row["output"]![0]!["message"]!["content"] == new string(letter, Pieces) && Above(rows, row).Exists(above => above.Name() == $"request {letter}")));

        async IAsyncEnumerable<ChatResponseUpdate> Spells(List<ChatMessage> messages, ChatOptions? options, [EnumeratorCancellation] CancellationToken token)
        {
            for (var i = 0; i < Pieces; i++)
            {
                if (i % 100 == 0)
                {
                    await Task.Yield();
                }
                yield return new(ChatRole.Assistant, options!.ModelId) { ResponseId = hasIds ? "r-" + options.ModelId : null, ModelId = "m" };
            }
            yield return new(ChatRole.Assistant, [new UsageContent(new() { InputTokenCount = 3, OutputTokenCount = Pieces })]) { FinishReason = ChatFinishReason.Stop, ResponseId = hasIds ? "r-" + options!.ModelId : null };
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AnswersOfPartsThatAreEmptyNamelessOrUnknownAreValidRows(bool activities)
    {
        await using var world = World.Start(activities);
        using var client = Built(world, activities, new Model((_, _, _) => Answer(null, null,
        [
            new TextContent(null), new TextReasoningContent("hm"), new FunctionCallContent("", "", null), new FunctionResultContent("", null), new ErrorContent("odd"),
            new HostedFileContent("file-1"), new DataContent(ReadOnlyMemory<byte>.Empty, "application/octet-stream"), new AIContent(), new TextContent("lone \ud800 half"),
        ], (1, 1))));

        await client.GetResponseAsync(
        [
            new ChatMessage(new ChatRole("narrator"), "") { AuthorName = "" },
            new ChatMessage(ChatRole.User, [new FunctionResultContent("9", new InvalidOperationException("broken")), new TextContent("and \0 more"), new UriContent("urn:isbn:1", "text/plain")]),
            new ChatMessage { Contents = [] },
        ], new() { AdditionalProperties = new() { ["odd"] = new object() } });

        var rows = await world.FlushAsync();
        var call = rows.Last(row => row["output"] is not null);
        Assert.Equal(activities ? "user" : "narrator", (string?)call["input"]![0]!["role"]); // OpenTelemetry's client knows four roles
        Assert.Contains("lone \ufffd half", call["output"]!.AsArray().SelectMany(choice => choice!["message"]!["content"] as JsonArray ?? []).Select(part => (string?)part!["text"]));
        Assert.Contains("hm", call["output"]!.ToJsonString());
        Assert.Equal(1, rows.Sum("prompt_tokens"));
        Assert.All(rows, row => Assert.NotNull(row.Metric("end")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CallsGoToTheProjectThatASelectorNamesAsOneTree(bool streams)
    {
        await using var world = World.Start(configure: options => options.ProjectSelector = properties => properties.GetValueOrDefault("Tenant") as string);
        using var client = Built(world, activities: false, new ScriptedModel());

        using (world.Logging.CreateLogger("Test").BeginScope(new Dictionary<string, object> { ["Tenant"] = "acme" }))
        {
            if (streams)
            {
                await ReadAsync(client, new() { Tools = [ScriptedModel.Weather] });
            }
            else
            {
                await client.GetResponseAsync("hi", new() { Tools = [ScriptedModel.Weather] });
            }
        }

        Assert.Empty(await world.FlushAsync());
        var rows = await world.FlushAsync("acme");
        Assert.Equal("Tenant:acme [chat scripted-1 [chat scripted-1, execute_tool weather, chat scripted-1]]", rows.Tree());
        Assert.Equal(42, rows.Sum("prompt_tokens"));
    }

    /// <summary>All that is above a row.</summary>
    static List<JsonObject> Above(List<JsonObject> rows, JsonObject row)
    {
        var above = new List<JsonObject>();
        for (var parent = Parent(row); parent is not null; parent = Parent(parent))
        {
            above.Add(parent);
        }
        return above;

        JsonObject? Parent(JsonObject of) => (string?)of["span_parents"]?[0] is { } id ? rows.Single(other => (string?)other["span_id"] == id) : null;
    }

    /// <summary>As an application would have it: the tool loop inside, each call of the model shown and the loop as well.</summary>
    static IChatClient Built(World world, bool activities, IChatClient model, bool concurrentTools = false)
    {
        var builder = model.AsBuilder();
        return Shown(Shown(builder, world, activities).UseFunctionInvocation(world.Logging, it => it.AllowConcurrentInvocation = concurrentTools), world, activities).Build();
    }

    static ChatClientBuilder Shown(ChatClientBuilder builder, World world, bool activities) =>
        activities ? builder.UseOpenTelemetry(configure: it => it.EnableSensitiveData = true) : builder.UseLogging(world.Logging);

    static AIAgent Agent(World world, bool activities, string name, AITool[] tools, Func<List<ChatMessage>, ChatOptions?, CancellationToken, IAsyncEnumerable<ChatResponseUpdate>> answer)
    {
        var model = Shown(new Model(answer).AsBuilder().UseFunctionInvocation(world.Logging), world, activities).Build();
        var builder = new ChatClientAgent(model, new ChatClientAgentOptions { Name = name, ChatOptions = new() { Tools = tools } }, world.Logging).AsBuilder();
        return (activities ? builder.UseOpenTelemetry(configure: it => it.EnableSensitiveData = true) : builder.UseLogging(world.Logging)).Build();
    }

    static async Task ReadAsync(IChatClient client, ChatOptions options, CancellationToken cancel = default)
    {
        await foreach (var _ in client.GetStreamingResponseAsync("hi", options, cancel))
        {
        }
    }

    static FunctionCallContent Call(string id, string tool, string city) => new(id, tool, new Dictionary<string, object?> { ["city"] = city });

    static async IAsyncEnumerable<ChatResponseUpdate> Answer(string? id, string? model, AIContent[] contents, (int In, int Out) tokens)
    {
        await Task.Yield();
        foreach (var content in contents)
        {
            yield return new(ChatRole.Assistant, [content]) { ResponseId = id, ModelId = model };
        }
        yield return new(ChatRole.Assistant, [new UsageContent(new() { InputTokenCount = tokens.In, OutputTokenCount = tokens.Out })]) { ResponseId = id, ModelId = model, FinishReason = ChatFinishReason.Stop };
    }

    sealed class Model(Func<List<ChatMessage>, ChatOptions?, CancellationToken, IAsyncEnumerable<ChatResponseUpdate>> answer) : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            answer([.. messages], options, cancellationToken);

        public object? GetService(Type serviceType, object? serviceKey = null) =>
            serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("scripted", null, "m") : null;

        public void Dispose()
        {
        }
    }
}
