namespace Braintrust.Logging.Tests.Captures;

/// <summary>Capture 04: a model call and a scorer below a task.</summary>
public sealed class LlmSpanTests
{
    [Fact]
    public async Task AModelCallHasItsMessagesParametersAndTokens()
    {
        await using var run = await CaptureRun.StartAsync("04");
        var logger = run.Logger(options => options.EagerlyEmitFirstEvent = true);

        using (var agent = logger.StartSpan("agent run", SpanTypes.Task))
        {
            agent.Log(input: "What is the capital of France?");
            CallModel(run, logger);
            using (var score = logger.StartSpan("exact_match", SpanTypes.Score, input: new { output = "Paris." }))
                score.Log(output: new { score = 1 }, scores: new Dictionary<string, double> { ["exact_match"] = 1 });
            agent.Log(output: "Paris.");
        }
        Assert.True((await logger.Client.FlushOrFail()).Completed);

        new CaptureComparison(run)
            .WeLack("exact_match", "span_attributes.purpose", "SetAttributes takes name and type alone")
            .AssertSame();
        run.AssertSameExchange();
        run.AssertSpanRowsMerge();
    }

    static void CallModel(CaptureRun run, BraintrustLogger logger)
    {
        object[] messages = [new { role = "system", content = "you are a helpful assistant" }, new { role = "user", content = "What is the capital of France?" }];
        var location = new { type = "object", properties = new { location = new { type = "string" } } };
        using var call = logger.StartSpan("Chat Completion", SpanTypes.Llm, messages, metadata: new
        {
            model = "gpt-4o-mini-2024-07-18",
            provider = "openai",
            temperature = 0,
            max_tokens = 64,
            tools = new[] { new { type = "function", function = new { name = "get_weather", description = "weather", parameters = location } } },
            tool_choice = "auto",
        });
        run.Clock.Advance(TimeSpan.FromMilliseconds(123));
        call.Log(
            output: new[] { new { index = 0, finish_reason = "stop", message = new { role = "assistant", content = "Paris." } } },
            metrics: new Dictionary<string, double>
            {
                ["prompt_tokens"] = 23,
                ["completion_tokens"] = 7,
                ["tokens"] = 30,
                ["prompt_cached_tokens"] = 8,
                ["prompt_cache_creation_tokens"] = 0,
                ["completion_reasoning_tokens"] = 0,
                ["time_to_first_token"] = 0.123,
            });
    }
}
