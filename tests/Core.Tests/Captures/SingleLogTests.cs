namespace Braintrust.Logging.Tests.Captures;

/// <summary>Captures 01 and 01b: one event, logged at once and finished.</summary>
public sealed class SingleLogTests
{
    [Fact]
    public async Task OneEventIsOneRowWithoutAnyFlush()
    {
        await using var run = await CaptureRun.StartAsync("01");
        var logger = run.Logger(options => options.EagerlyEmitFirstEvent = true);

        var id = LogOne(logger);
        await run.WaitForLogs3Async(1); // the first event is eager, as in the capture; the clock stands still
        var flush = await logger.Client.FlushOrFail();

        // The capture takes two writes, a beginning and an end; a finished event needs one.
        Assert.Equal((2, 1), (run.Capture.Logs3.Count, run.Logs3.Count));
        Assert.Equal(new FlushResult(true, 1, 0, 0, 0, null), flush);
        AssertSame(run, id);
    }

    [Fact]
    public async Task OneEventIsOneRowOfOneFlush()
    {
        await using var run = await CaptureRun.StartAsync("01b");
        var logger = run.Logger();

        var id = LogOne(logger);
        Assert.Equal(0, run.Server.Requests.Count); // logging alone never touches the network
        var flush = await logger.Client.FlushOrFail();

        Assert.Equal((1, 1), (run.Capture.Logs3.Count, run.Logs3.Count));
        Assert.Equal(new FlushResult(true, 1, 0, 0, 0, null), flush);
        AssertSame(run, id);
    }

    static string LogOne(BraintrustLogger logger) => logger.Log(
        input: new { question = "What is 1+1?" }, output: "2", expected: "2",
        scores: new Dictionary<string, double> { ["correct"] = 1, ["style"] = 0.5, ["flag"] = 1 },
        metadata: new { model = "gpt-4o-mini", user_id = "user-1" },
        metrics: new Dictionary<string, double> { ["latency"] = 0.25, ["attempts"] = 1 }, tags: ["prod", "math"]);

    static void AssertSame(CaptureRun run, string id)
    {
        var comparison = new CaptureComparison(run);
        comparison.AssertSame();
        Assert.Equal(comparison.Theirs.RoleOf((string)run.Capture.Observations[0]!["returned_id"]!), comparison.Ours.RoleOf(id));

        // Ours began when it was logged; JS says the end of the log call before, or when the logger was made.
        var metrics = comparison.Ours.Row("root")["metrics"]!;
        Assert.Equal((double)metrics["start"]!, (double)metrics["end"]!);
        run.AssertSameExchange();
        run.AssertSpanRowsMerge();
    }
}
