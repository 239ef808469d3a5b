namespace Braintrust.Logging.Tests.Captures;

/// <summary>Captures 10, 10b and 10c: what is done when /logs3 does not take the rows.</summary>
public sealed class RetryTests
{
    static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    [Fact]
    public async Task AServerErrorIsTriedAgainWithTheSameBytes()
    {
        await using var run = await CaptureRun.StartAsync("10");
        var logger = run.Logger(options => options.EagerlyEmitFirstEvent = true);

        logger.Log(input: "x");
        // JS waits a second. We wait up to half of one at first, at random, so that many clients do not come back together.
        var wait = await run.Clock.WaitForWaitAsync(Tick, TimeSpan.FromSeconds(0.5));
        Assert.Equal(0, run.Server.Rows.Count); // answered with 500: nothing was taken
        Assert.Equal(500, run.Capture.Logs3[0].Response.Status);
        run.Clock.Advance(wait - Tick);
        Assert.Single(run.Logs3);
        run.Clock.Advance(Tick);
        var tries = await run.WaitForLogs3Async(2);
        var flush = await logger.Client.FlushOrFail();

        Assert.Equal(new FlushResult(true, 1, 0, 0, 0, null), flush);
        Assert.Equal(2, run.Logs3.Count);
        Assert.Equal(tries[0].Bytes, tries[1].Bytes); // as in the capture: ids and all
        Assert.Equal(run.Capture.Logs3[0].Raw, run.Capture.Logs3[1].Raw);
        Assert.Equal((1, 1, 0), (logger.Client.Ledger.Retried, logger.Client.Ledger.Delivered, logger.Client.Ledger.DroppedRows));
        Assert.Empty(run.Losses);
        new CaptureComparison(run).AssertSame();
        run.AssertSameExchange();
        run.AssertSpanRowsMerge();
    }

    [Fact]
    public async Task ARowThatIsRefusedIsNotTriedAgainButReported()
    {
        await using var run = await CaptureRun.StartAsync("10b");
        var logger = run.Logger(options => options.EagerlyEmitFirstEvent = true);

        logger.Log(input: "x");
        await run.WaitForLogs3Async(1);
        var flush = await logger.Client.FlushOrFail();

        // JS: three tries for the beginning, three for the end, and a flush that says nothing.
        Assert.Equal((6, 1), (run.Capture.Logs3.Count, run.Logs3.Count));
        Assert.Equal((true, 0, 1, 0), (flush.Completed, flush.Delivered, flush.Dropped, flush.Pending));
        Assert.Contains("400", flush.LastError);
        AssertRejected(run, logger.Client, rows: 1);
        Assert.Empty(run.StoredRows());
        Assert.Empty(run.Capture.StoredRows());
        run.AssertSameExchange();
        run.AssertSpanRowsMerge();
    }

    [Fact]
    public async Task ABatchThatIsRefusedIsHalvedUntilEachRowHasHadItsOwnTry()
    {
        await using var run = await CaptureRun.StartAsync("10b");
        var logger = run.Logger();

        string[] ids = [logger.Log(input: "x"), logger.Log(input: "y"), logger.Log(input: "z")];
        var flush = await logger.Client.FlushOrFail();

        Assert.Equal((true, 0, 3, 0), (flush.Completed, flush.Delivered, flush.Dropped, flush.Pending));
        Assert.Equal([1, 1, 1, 2, 3], run.Logs3.Select(body => body.Rows.Count).Order());
        Assert.Distinct(run.Logs3.Select(body => body.Body)); // never the same again
        Assert.Equal(ids.Order(StringComparer.Ordinal), run.Logs3.Where(body => body.Rows.Count == 1).Select(body => (string)body.Rows[0]["id"]!).Order(StringComparer.Ordinal));
        AssertRejected(run, logger.Client, rows: 3);
    }

    [Fact]
    public async Task NothingIsSentBeforeRetryAfterHasPassed()
    {
        await using var run = await CaptureRun.StartAsync("10c");
        var logger = run.Logger(options => options.EagerlyEmitFirstEvent = true);

        logger.Log(input: "x");
        await RefuseUntil(run, TimeSpan.FromSeconds(5));
        run.Clock.Advance(TimeSpan.FromSeconds(4.9));
        var early = await logger.Client.FlushOrFail(TimeSpan.FromMilliseconds(50)); // it has looked, and does not insist
        Assert.Equal((false, 0, 1), (early.Completed, early.Delivered, early.Pending));
        Assert.Contains("429", early.LastError);
        Assert.Single(run.Logs3);

        await run.Clock.WaitForWaitAsync(TimeSpan.FromSeconds(0.1));
        run.Clock.Advance(TimeSpan.FromSeconds(0.1));
        var tries = await run.WaitForLogs3Async(2);
        var flush = await logger.Client.FlushOrFail();

        Assert.True(flush is { Completed: true, Dropped: 0, Pending: 0, LastError: null }, flush.ToString());
        Assert.Equal(2, run.Logs3.Count);
        Assert.Equal(tries[0].Bytes, tries[1].Bytes);
        Assert.Equal((1, 1, 0), (logger.Client.Ledger.Retried, logger.Client.Ledger.Delivered, logger.Client.Ledger.DroppedRows));
        Assert.Empty(run.Losses);
        new CaptureComparison(run).AssertSame();
        run.AssertSameExchange();
        run.AssertSpanRowsMerge();
    }

    [Fact]
    public async Task AFlushTellsOfTheRowsThatAnEarlierOneLeftPending()
    {
        await using var run = await CaptureRun.StartAsync("10c");
        var logger = run.Logger(options => options.EagerlyEmitFirstEvent = true);

        logger.Log(input: "x");
        await RefuseUntil(run, TimeSpan.FromSeconds(5));
        run.Clock.Advance(TimeSpan.FromSeconds(1));
        var early = await logger.Client.FlushOrFail(TimeSpan.FromSeconds(1));
        await run.Clock.WaitForWaitAsync(TimeSpan.FromSeconds(4));
        run.Clock.Advance(TimeSpan.FromSeconds(4));
        await run.WaitForLogs3Async(2);
        var flush = await logger.Client.FlushOrFail();

        Assert.Equal((0, 1), (early.Delivered, early.Pending));
        Assert.Equal(new FlushResult(true, 1, 0, 0, 0, null), flush); // acknowledged since the last flush
    }

    /// <summary>Completes once the rows were refused and wait for exactly so long.</summary>
    static async Task RefuseUntil(CaptureRun run, TimeSpan retryAfter)
    {
        var refusal = run.Capture.Logs3[0].Response;
        Assert.Equal((429, $"{retryAfter.TotalSeconds}"), (refusal.Status, refusal.Headers["retry-after"]));
        Assert.Equal(retryAfter, await run.Clock.WaitForWaitAsync(retryAfter - TimeSpan.FromSeconds(1), retryAfter + TimeSpan.FromSeconds(1)));
        Assert.Single(run.Logs3);
        Assert.Equal(0, run.Server.Rows.Count);
    }

    static void AssertRejected(CaptureRun run, BraintrustClient client, int rows)
    {
        Assert.Equal(rows, run.Losses.Sum(loss => loss.Count));
        Assert.All(run.Losses, loss => Assert.Equal(LossReasons.Rejected, loss.Reason));
        Assert.All(run.Losses, loss => Assert.Contains("400", loss.Message));
        Assert.All(run.Losses, loss => Assert.DoesNotContain(run.Server.ApiKey, loss.Message));
        Assert.Equal([new(LossReasons.Rejected, rows)], client.Ledger.Dropped);
        Assert.Equal((rows, 0, 0), (client.Ledger.Accepted, client.Ledger.Delivered, client.Ledger.Retried));
    }
}
