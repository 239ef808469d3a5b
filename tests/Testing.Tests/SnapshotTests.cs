using Microsoft.Extensions.Logging;

namespace Braintrust.Logging.Testing.Tests;

public sealed class SnapshotTests
{
    [Fact]
    public async Task ATraceIsTheSameTextInEveryRun()
    {
        foreach (var _ in Enumerable.Range(0, 2))
        {
            await using var braintrust = new InMemoryBraintrust();
            Help.Answer(braintrust.Logger);

            Assert.Equal(
                """
                GET /answer [task]
                    input: {"question":"When is tea?"}
                    output: "At four."
                    expected: "At four."
                    tags: tea, b
                    score brief: 1
                    score helpful: 0.9
                  search [tool]
                      output: ["Tea is served at four."]
                      metadata index: "handbook"
                      metadata trace: "<trace>"
                  ask [llm]
                      input: "When?"
                      output: "At \"four\"."
                      metric prompt_tokens: 42
                      metadata model: "gpt-4o"
                  ask [llm]
                      input: "When?"
                      output: "At \"four\"."
                      metric prompt_tokens: 42
                      metadata model: "gpt-4o-mini"
                  polish
                      error: "System.InvalidOperationException: out of polish"
                """,
                (await braintrust.TraceAsync()).ToSnapshot());
        }
    }

    [Fact]
    public async Task DurationsAreShownToThoseWhoMoveTheClock()
    {
        var clock = Help.Clock();
        await using var braintrust = new InMemoryBraintrust(options => options.TimeProvider = clock);
        Help.Answer(braintrust.Logger, clock);

        var lines = (await braintrust.TraceAsync()).ToSnapshot(new() { Durations = true }).Split('\n').Select(line => line.Trim());

        Assert.Equal(
            ["duration: 2.25 s", "duration: 0.25 s", "duration: 1 s", "metric time_to_first_token: 0.5", "duration: 1 s", "metric time_to_first_token: 0.5"],
            lines.Where(line => line.Contains("duration", StringComparison.Ordinal) || line.Contains("time", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task ChildrenAreSortedIfAsked()
    {
        await using var braintrust = new InMemoryBraintrust();
        using (var root = braintrust.Logger.StartSpan("all"))
        {
            foreach (var name in new[] { "c", "a", "b", "a" })
            {
                using var child = root.StartSpan(name);
                child.Log(output: name == "a" ? root.Id.Length - (await braintrust.RowsAsync()).Count : 0);
                child.StartSpan("below").Dispose();
            }
        }
        var trace = await braintrust.TraceAsync();

        Assert.Equal(["c", "a", "b", "a"], trace.Root.Children.Select(child => child.Name));
        Assert.Equal(
            """
            all [task]
              a
                below
              a
                below
              b
                below
              c
                below
            """,
            trace.ToSnapshot(new() { Sorted = true, Omit = ["output"] }));
    }

    [Fact]
    public async Task LinesAreLeftOutByTheirName()
    {
        await using var braintrust = new InMemoryBraintrust();
        braintrust.Logger.Log(name: "row", input: 1, output: 2, metadata: new { thread = 3, kept = 4 }, scores: new Dictionary<string, double> { ["x"] = 1 });

        Assert.Equal(
            """
            row [task]
                input: 1
                metadata kept: 4
            """,
            (await braintrust.TraceAsync()).ToSnapshot(new() { Omit = ["output", "metadata thread", "score x"] }));
    }

    [Fact]
    public async Task NestedExceptionsLoseTheirStacksAndValuesTheirLineBreaks()
    {
        await using var braintrust = new InMemoryBraintrust();
        var error = "Outer: failed\n ---> Inner: broken\r\n   at A.B() in /src/a.cs:line 1\n   --- End of inner exception stack trace ---\n   at C.D()\nand more";
        braintrust.Logger.Log(name: "two\nlines", output: "ü\n\u001b[2J", error: error);

        Assert.Equal(
            """
            two\nlines [task]
                output: "ü\n\u001B[2J"
                error: "Outer: failed\n ---> Inner: broken\nand more"
            """,
            (await braintrust.TraceAsync()).ToSnapshot());
    }

    [Fact]
    public async Task IdsOfTheTraceAreNumberedWhereverTheyStand()
    {
        await using var braintrust = new InMemoryBraintrust();
        using (var root = braintrust.Logger.StartSpan("root"))
        {
            using var child = root.StartSpan("child");
            child.Log(input: new { parent = root.SpanId, row = $"see {root.Id}", own = child.SpanId, foreign = Guid.Empty });
        }

        Assert.Contains(
            """input: {"parent":"<span 1>","row":"see <span 1>","own":"<span 2>","foreign":"00000000-0000-0000-0000-000000000000"}""",
            (await braintrust.TraceAsync()).ToSnapshot(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task EventsOpenSpansAndCommentsAreShown()
    {
        await using var braintrust = new InMemoryBraintrust();
        using var logging = LoggerFactory.Create(logging => logging.AddBraintrust(options => (options.Client, options.EventsAs) = (braintrust.Client, EventsAs.ApplicationLogs)));
        using var span = braintrust.Logger.StartSpan("open");
        logging.CreateLogger("Shop").LogWarning("Sold out");
        braintrust.Logger.LogFeedback(span.Id, comment: "late");

        Assert.Equal(
            """
            open (open)
                comment: "late"
              Sold out [log warn]
                  metadata logger.name: "Shop"
            """,
            (await braintrust.TraceAsync()).ToSnapshot());
    }

    [Fact]
    public async Task ASpanAloneShowsWhatIsDirectlySaidOfIt()
    {
        await using var braintrust = new InMemoryBraintrust();
        Help.Answer(braintrust.Logger);

        Assert.Equal("search [tool]\n    output: [\"Tea is served at four.\"]", $"{(await braintrust.TraceAsync()).Single("search")}".Split("\n    metadata", 2)[0]);
    }
}
