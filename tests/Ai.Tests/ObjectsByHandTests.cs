using System.Text.Json;
using System.Text.Json.Nodes;
using Braintrust.Extensions.Logging;
using Braintrust.Logging.Testing;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using OpenAI.Chat;
using Serilog;
using ChatMessage = Microsoft.Extensions.AI.ChatMessage;
using ChatMessageContent = Microsoft.SemanticKernel.ChatMessageContent;
using FunctionCallContent = Microsoft.Extensions.AI.FunctionCallContent;
using FunctionResultContent = Microsoft.Extensions.AI.FunctionResultContent;
using Kernels = Microsoft.SemanticKernel;
using TextContent = Microsoft.Extensions.AI.TextContent;

namespace Braintrust.Logging.Tests.Ai;

/// <summary>Who calls a model by hand logs what the libraries give and take: their messages and answers show as those of captured calls do.</summary>
[Collection("activities")]
public sealed class ObjectsByHandTests
{
    public enum Way
    {
        ByCode,
        Scope,
        MEL,
        Serilog,
        SerilogWithDestructuring,
    }

    static readonly ChatMessage[] Question =
    [
        new(ChatRole.System, "Be brief."),
        new(ChatRole.User, [new TextContent("Weather "), new TextContent("in Paris?")]) { AuthorName = "Ada", MessageId = "m1" },
        new(ChatRole.User, [new TextContent("Like this?"), new DataContent(new byte[] { 1, 2, 3 }, "image/png"), new UriContent("http://localhost/cat.png", "image/png"), new DataContent(new byte[] { 4 }, "application/pdf")]),
        new(ChatRole.Assistant, [new TextReasoningContent("Ask."), new FunctionCallContent("c1", "weather", new Dictionary<string, object?> { ["city"] = "Paris", ["days"] = 2 }), new FunctionCallContent("c2", "time", null)]),
        new(ChatRole.Tool, [new FunctionResultContent("c1", "sunny"), new FunctionResultContent("c2", null)]),
        new(ChatRole.Tool, [new FunctionResultContent("c3", new Dictionary<string, object?> { ["hour"] = 12 })]),
        new(ChatRole.User, [new ErrorContent("Broken.") { ErrorCode = "e1" }]),
        new(ChatRole.User, []),
    ];

    public static TheoryData<Way> Ways => [.. Enum.GetValues<Way>()];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task MessagesAndAnswerReadAsThoseOfTheSameCallCaptured(Way way)
    {
        var model = new ScriptedModel { Answer = [new TextReasoningContent("Look."), new TextContent("It is sunny."), new FunctionCallContent("c4", "pack", new Dictionary<string, object?> { ["hat"] = true })] };
        await using var world = World.Start();
        using var client = model.AsBuilder().UseLogging(world.Logging).Build();
        var response = await client.GetResponseAsync(Question);
        response.RawRepresentation = response.Messages[0].RawRepresentation = new { Provider = "own object" };
        var captured = Assert.Single(await world.FlushAsync());

        var row = await LogAsync(way, Question, response);

        Assert.Equal(Plain(captured["input"]), Plain(row["input"]));
        Assert.Equal(Plain(captured["output"]), Plain(row["output"]));
        Assert.Equal("""["system","user","user","assistant","tool","tool","tool","user","user"]""", new JsonArray([.. row["input"]!.AsArray().Select(message => message!["role"]!.DeepClone())]).ToJsonString());
        foreach (var name in new[] { "model", "gen_ai.response.id", "finish_reason" })
        {
            Assert.Equal((string?)captured.Meta(name), (string?)row.Meta(name));
        }
        foreach (var name in new[] { "prompt_tokens", "completion_tokens", "tokens", "prompt_cached_tokens", "completion_reasoning_tokens" })
        {
            Assert.Equal(captured.Metric(name), row.Metric(name));
        }
        Assert.Equal("llm", row.Type());
        Assert.DoesNotContain("own object", row.ToJsonString());
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task WhatElseSaysModelAndTokensWins(Way way)
    {
        var response = await new ScriptedModel().GetResponseAsync(Question);

        var row = await LogAsync(way, "hi", response, ("Model", "mine"), ("PromptTokens", 7));

        Assert.Equal(("mine", 7.0, null, "stop"), ((string?)row.Meta("model"), row.Metric("prompt_tokens"), row.Metric("completion_tokens"), (string?)row.Meta("finish_reason")));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task AnAnswerThatIsNoOutputSaysNothingOfItsRow(Way way)
    {
        var response = await new ScriptedModel().GetResponseAsync(Question);

        var row = await LogAsync(way, response, "said");

        Assert.Equal("""[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"It is sunny."}}]""", row["input"]!.ToJsonString());
        Assert.Equal((null, null), (row.Meta("model"), row.Metric("prompt_tokens")));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task MessagesInsideOfOtherValuesAreMessagesToo(Way way)
    {
        var row = await LogAsync(way, new Turn(new ChatMessage(ChatRole.User, "hi"), [.. Question[4..6]]), Question[3].Contents[1]);

        Assert.Equal(
            """{"Asked":{"role":"user","content":"hi"},"Before":[{"role":"tool","tool_call_id":"c1","content":"sunny"},{"role":"tool","tool_call_id":"c2","content":null},{"role":"tool","tool_call_id":"c3","content":"{\"hour\":12}"}]}""",
            row["input"]!.ToJsonString(Relaxed));
        Assert.Equal("""{"id":"c1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Paris\",\"days\":2}"}}""", row["output"]!.ToJsonString(Relaxed));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task AMessageOfSeveralResultsByItselfIsAListOfThem(Way way)
    {
        var row = await LogAsync(way, Question[4], Question[0]);

        Assert.Equal("""[{"role":"tool","tool_call_id":"c1","content":"sunny"},{"role":"tool","tool_call_id":"c2","content":null}]""", row["input"]!.ToJsonString());
        Assert.Equal("""{"role":"system","content":"Be brief."}""", row["output"]!.ToJsonString());
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task OptionsHaveTheNamesOfARequest(Way way)
    {
        var options = new ChatOptions
        {
            ModelId = "asked", Temperature = 0.5f, MaxOutputTokens = 70, StopSequences = ["END"], ToolMode = ChatToolMode.RequireAny,
            Tools = way == Way.Serilog ? null : [ScriptedModel.Weather], // by itself Serilog walks through the function's code
            RawRepresentationFactory = _ => new object(),
        };

        var row = await LogAsync(way, options, "said");

        var said = row["input"]!.AsObject();
        Assert.Equal(["max_tokens", "model", "stop", "temperature", "tool_choice"], said.Select(member => member.Key).Order());
        Assert.Equal(("asked", 70, "END"), ((string?)said["model"], (int)said["max_tokens"]!, (string?)said["stop"]![0]));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task SemanticKernelsHistoryIsAChat(Way way)
    {
        var history = new ChatHistory("Be brief.");
        history.AddUserMessage([new Kernels.TextContent("Like this?"), new ImageContent(new Uri("http://localhost/cat.png"))]);
        history.Add(new ChatMessageContent(AuthorRole.Assistant, [new Kernels.FunctionCallContent("get", "weather", "c1", new() { ["city"] = "Paris" })]) { InnerContent = new { Secret = "own object" } });
        history.Add(new ChatMessageContent(AuthorRole.Tool, [new Kernels.FunctionResultContent("get", "weather", "c1", "sunny")]));

        var row = await LogAsync(way, history, history[1]);

        Assert.Equal(
            """[{"role":"system","content":"Be brief."},{"role":"user","content":[{"type":"text","text":"Like this?"},{"type":"image_url","image_url":{"url":"http://localhost/cat.png"}}]},"""
            + """{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"weather-get","arguments":"{\"city\":\"Paris\"}"}}]},{"role":"tool","tool_call_id":"c1","content":"sunny"}]""",
            row["input"]!.ToJsonString(Relaxed));
        Assert.Equal("user", (string?)row["output"]!["role"]);
    }

    [Theory]
    [InlineData(Way.ByCode)]
    [InlineData(Way.Scope)]
    [InlineData(Way.MEL)]
    [InlineData(Way.SerilogWithDestructuring)] // by itself Serilog captures no bytes, and arguments are bytes
    public async Task OpenAIsMessagesAndCompletionAreAChat(Way way)
    {
        OpenAI.Chat.ChatMessage[] messages =
        [
            new SystemChatMessage("Be brief."),
            new UserChatMessage(ChatMessageContentPart.CreateTextPart("Like this?"), ChatMessageContentPart.CreateImagePart(new Uri("http://localhost/cat.png"))) { ParticipantName = "Ada" },
            new AssistantChatMessage([ChatToolCall.CreateFunctionToolCall("c1", "weather", BinaryData.FromString("""{"city":"Paris"}"""))]),
            new ToolChatMessage("c1", "sunny"),
        ];
        var usage = OpenAIChatModelFactory.ChatTokenUsage(5, 32, 37, inputTokenDetails: OpenAIChatModelFactory.ChatInputTokenUsageDetails(cachedTokenCount: 8));
        var completion = OpenAIChatModelFactory.ChatCompletion(
            "answer-1", OpenAI.Chat.ChatFinishReason.ToolCalls, [ChatMessageContentPart.CreateTextPart("It is sunny.")], role: ChatMessageRole.Assistant, model: "gpt-4o", usage: usage);

        var row = await LogAsync(way, messages, completion);

        Assert.Equal(
            """[{"role":"system","content":"Be brief."},{"role":"user","name":"Ada","content":[{"type":"text","text":"Like this?"},{"type":"image_url","image_url":{"url":"http://localhost/cat.png"}}]},"""
            + """{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Paris\"}"}}]},{"role":"tool","tool_call_id":"c1","content":"sunny"}]""",
            row["input"]!.ToJsonString(Relaxed));
        Assert.Equal("""[{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","content":"It is sunny."}}]""", row["output"]!.ToJsonString());
        Assert.Equal(("gpt-4o", "answer-1", 32.0, 5.0, 37.0, 8.0),
            ((string?)row.Meta("model"), (string?)row.Meta("gen_ai.response.id"), row.Metric("prompt_tokens"), row.Metric("completion_tokens"), row.Metric("tokens"), row.Metric("prompt_cached_tokens")));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task AnAgentsAnswerIsAnAnswer(Way way)
    {
        var response = new AgentResponse(await new ScriptedModel().GetResponseAsync(Question));

        var row = await LogAsync(way, "hi", response);

        Assert.Equal("""[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"It is sunny."}}]""", row["output"]!.ToJsonString());
        Assert.Equal((32.0, "answer-1"), (row.Metric("prompt_tokens"), (string?)row.Meta("gen_ai.response.id")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TokensOfACallThatIsCapturedCountOnce(bool inEvent)
    {
        await using var world = World.Start();
        using var client = new ScriptedModel().AsBuilder().UseLogging(world.Logging).Build();

        using (var span = world.Logger.StartSpan("ask"))
        {
            var response = await client.GetResponseAsync(Question);
            if (inEvent)
            {
                world.Logging.CreateLogger("Test").LogInformation("Answered {Output}", response);
            }
            else
            {
                span.Log(Question, response);
            }
        }

        var rows = await world.FlushAsync();
        Assert.Equal((32, 5), (rows.Sum("prompt_tokens"), rows.Sum("completion_tokens")));
        var said = rows.Named(inEvent ? "Answered {Output}" : "ask");
        Assert.Equal(("scripted-1-0", 32), ((string?)said.Meta("model"), (int?)said.Meta("gen_ai.usage.input_tokens")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AnAnswerThatSpansHandOnCountsInTheInnermost(bool hasIds)
    {
        await using var world = World.Start();
        var response = await new ScriptedModel { HasIds = hasIds }.GetResponseAsync(Question);

        using (var outer = world.Logger.StartSpan("outer"))
        {
            using (var inner = world.Logger.StartSpan("inner"))
            {
                inner.Log(Question, response);
            }
            outer.Log(output: response);
        }

        var rows = await world.FlushAsync();
        Assert.Equal((32.0, null), (rows.Named("inner").Metric("prompt_tokens"), rows.Named("outer").Metric("prompt_tokens")));
        Assert.Equal(("task", 32), (rows.Named("outer").Type(), (int?)rows.Named("outer").Meta("gen_ai.usage.input_tokens")));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task WithoutContentTokensAndModelStay(Way way)
    {
        var response = await new ScriptedModel().GetResponseAsync(Question);

        var row = await LogAsync(way, Question, response, withContent: false);

        Assert.Equal(("scripted-1-0", 32.0), ((string?)row.Meta("model"), row.Metric("prompt_tokens")));
        Assert.DoesNotContain("sunny", row.ToJsonString());
        Assert.DoesNotContain("Paris", row.ToJsonString());
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task SecretsInArgumentsAreLeftOutAndHugeMessagesAreCut(Way way)
    {
        ChatMessage[] messages =
        [
            new(ChatRole.Assistant, [new FunctionCallContent("c1", "login", new Dictionary<string, object?> { ["password"] = "hunter2-hunter2" })]),
            new(ChatRole.User, [new DataContent(new byte[2_000_000], "application/pdf")]),
            .. Enumerable.Range(0, 10).Select(_ => new ChatMessage(ChatRole.User, new string('x', 300_000))),
        ];

        var row = await LogAsync(way, messages, "said");

        Assert.DoesNotContain("hunter2", row.ToJsonString());
        Assert.StartsWith("data:application/pdf;base64,…[truncated, 26", (string?)row["input"]![1]!["content"]![0]!["file"]!["file_data"]);
        Assert.InRange(row["input"]!.ToJsonString().Length, 1_000_000, 1_100_000);
        Assert.Equal("<truncated: larger than 1 MiB>", (string?)row["input"]!.AsArray()[^1]);
        Assert.Single(row["input"]!.AsArray(), static message => message is JsonValue);
    }

    [Theory]
    [InlineData(Way.ByCode)]
    [InlineData(Way.Scope)]
    [InlineData(Way.MEL)]
    public async Task CyclesAndWhatThrowsLeaveMarks(Way way)
    {
        var arguments = new Dictionary<string, object?>();
        var message = new ChatMessage(ChatRole.Assistant, [new FunctionCallContent("c1", "loop", arguments)]);
        arguments["message"] = message;
        arguments["throws"] = new Throwing();

        var row = await LogAsync(way, new[] { message, new ChatMessage(ChatRole.User, [new TextContent("hi"), null!]) }, "said");

        Assert.Equal("""{"message":"<circular reference>","throws":{"Text":"<error: InvalidOperationException>"}}""", (string?)row["input"]![0]!["tool_calls"]![0]!["function"]!["arguments"]);
        Assert.Equal("hi", (string?)row["input"]![1]!["content"]);
    }

    static readonly JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The libraries indent the arguments of tools.</summary>
    static string Plain(JsonNode? value) => value!.ToJsonString(Relaxed).Replace("\\r", "").Replace("\\n", "").Replace(" ", "");

    static async Task<JsonObject> LogAsync(Way way, object input, object output, params (string Name, object Value)[] more) => await LogAsync(way, input, output, true, more);

    static async Task<JsonObject> LogAsync(Way way, object input, object output, bool withContent, params (string Name, object Value)[] more)
    {
        await using var braintrust = new InMemoryBraintrust(options => (options.Project, options.CaptureContent) = (World.Project, withContent));
        using var logging = LoggerFactory.Create(logging => logging.AddBraintrust(options => (options.Client, options.Project) = (braintrust.Client, World.Project)));
        var holes = string.Concat(more.Select(it => $" {{{it.Name}}}"));
        switch (way)
        {
            case Way.ByCode:
                using (var span = braintrust.Logger.StartSpan("ask"))
                {
                    span.Log(
                        input, output, metadata: more.Where(it => it.Name == "Model").ToDictionary(_ => "model", it => it.Value),
                        metrics: more.Where(it => it.Name == "PromptTokens").ToDictionary(_ => "prompt_tokens", it => (double)(int)it.Value));
                }
                break;
            case Way.Scope:
                using (logging.CreateLogger("Test").BeginScope(new Dictionary<string, object>([new("Input", input), new("Output", output), .. more.Select(it => KeyValuePair.Create(it.Name, it.Value))])))
                {
                }
                break;
            case Way.MEL:
                logging.CreateLogger("Test").Log(LogLevel.Information, "asked {Input} {Output}" + holes, [input, output, .. more.Select(it => it.Value)]);
                break;
            default:
                var configuration = new LoggerConfiguration().WriteTo.Braintrust(braintrust.Client, World.Project);
                using (var log = (way == Way.SerilogWithDestructuring ? configuration.Destructure.Braintrust() : configuration).CreateLogger())
                {
                    log.Information("asked {@Input} {@Output}" + holes, [input, output, .. more.Select(it => it.Value)]);
                }
                break;
        }
        var row = Assert.Single(await braintrust.RowsAsync(World.Project));
        await braintrust.ShouldHaveLostNothingAsync();
        return row;
    }

    sealed record Turn(ChatMessage Asked, ChatMessage[] Before);

    sealed class Throwing
    {
        public string Text => throw new InvalidOperationException();
    }
}
