namespace Braintrust.Logging.Tests.Captures;

/// <summary>Captures 06 and 06b: several projects through one client, by name, by id, by neither.</summary>
public sealed class ProjectTests
{
    [Fact]
    public async Task RowsOfTwoProjectsShareALoginAQueueAndABody()
    {
        await using var run = await CaptureRun.StartAsync("06");
        var client = run.Client();
        var a = client.GetLogger("capture-project-a", setCurrent: false);
        var b = client.GetLogger("capture-project-b", setCurrent: false);

        LogInTurns(a, b, from: 0, to: 3);
        var first = await client.FlushOrFail();
        LogInTurns(a, b, from: 3, to: 5);
        var second = await client.FlushOrFail();

        Assert.False((bool)run.Capture.Observations[0]!["current_logger_is_set"]!);
        Assert.NotSame(client, BraintrustLogger.Current?.Client);
        Assert.Same(a, client.GetLogger("capture-project-a", setCurrent: false)); // JS makes a new one, and registers again
        Assert.Equal((6, 4), (first.Delivered, second.Delivered));
        Assert.Equal(2, run.Logs3.Count);
        Assert.All(run.Logs3, body => Assert.Equal(2, body.Rows.Select(row => (string?)row["project_id"]).Distinct().Count()));
        new CaptureComparison(run).AssertSame();
        run.AssertSameExchange();
        run.AssertSpanRowsMerge();
    }

    [Fact]
    public async Task AProjectIsFoundByIdTakenAsGivenOrCalledGlobal()
    {
        await using var run = await CaptureRun.StartAsync("06b");
        var client = run.Client();

        await LogAndFlush(client.GetLogger(projectId: "0b000000-0000-4000-8000-00000000000a", setCurrent: false), "by id");
        await LogAndFlush(client.GetLogger("capture-project-b", setCurrent: false, "0b000000-0000-4000-8000-00000000000b"), "id and name");
        await LogAndFlush(client.GetLogger(setCurrent: false), "neither");

        new CaptureComparison(run).AssertSame();
        run.AssertSameExchange();
        run.AssertSpanRowsMerge();
    }

    static void LogInTurns(BraintrustLogger a, BraintrustLogger b, int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            a.Log(input: $"a{i}");
            b.Log(input: $"b{i}");
        }
    }

    static async Task LogAndFlush(BraintrustLogger logger, string input)
    {
        logger.Log(input: input);
        Assert.Equal(new FlushResult(true, 1, 0, 0, 0, null), await logger.Client.FlushOrFail());
    }
}
