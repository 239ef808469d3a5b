using Microsoft.Extensions.Time.Testing;

namespace Braintrust.Logging.Testing.Tests;

/// <summary>What the tests log: an answer that needs a search, a model that is asked twice, and a failure.</summary>
static class Help
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    public static FakeTimeProvider Clock() => new(Noon);

    public static void Answer(BraintrustLogger logger, FakeTimeProvider? clock = null)
    {
        using var answer = logger.StartSpan("GET /answer", input: new { question = "When is tea?" });
        using (var search = answer.StartSpan("search", SpanTypes.Tool))
        {
            search.Log(output: new[] { "Tea is served at four." }, metadata: new { trace = search.RootSpanId, index = "handbook" });
            clock?.Advance(TimeSpan.FromMilliseconds(250));
        }
        foreach (var model in new[] { "gpt-4o", "gpt-4o-mini" })
        {
            using var call = answer.StartSpan("ask", SpanTypes.Llm, input: "When?");
            clock?.Advance(TimeSpan.FromSeconds(1));
            call.Log(output: "At \"four\".", metadata: new { model }, metrics: new Dictionary<string, double> { ["prompt_tokens"] = 42, ["time_to_first_token"] = 0.5 });
        }
        using (var failing = answer.StartSpan("polish"))
        {
            failing.Log(error: Thrown());
        }
        answer.Log(output: "At four.", expected: "At four.", tags: ["tea", "b"], scores: new Dictionary<string, double> { ["helpful"] = 0.9, ["brief"] = 1 });
    }

    static InvalidOperationException Thrown()
    {
        try
        {
            throw new InvalidOperationException("out of polish");
        }
        catch (InvalidOperationException exception)
        {
            return exception;
        }
    }
}
