using Braintrust.Logging.Tests.Clients;

namespace Braintrust.Logging.Tests.Faults;

/// <summary>What the library says about itself must not become work for it.</summary>
[Collection("process-wide state")]
public sealed class FeedbackFaultTests
{
    [Fact, Trait("Row", "F02"), Trait("Row", "F05")]
    public async Task DiagnosticsThatAreLoggedAsRowsDoNotGoRound()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(static options => options.BatchSizeLimit = 1);
        var lines = new Journal<string>();
        world.Server.OnLogs3 = static _ => Task.FromResult<Reply?>(new Reply(451, "{}")); // a status of this test's own: lines are limited by cause
        BraintrustDiagnostics.Enable(line =>
        {
            if (line.Contains("answered 451"))
            {
                lines.Add(line);
                logger.Log(output: line);
            }
        });
        try
        {
            for (var i = 0; i < 200; i++)
            {
                logger.Log(name: "row");
            }
            await logger.Client.FlushAsync();
            await lines.WaitForAsync(1);
            for (var i = 0; i < 10; i++)
            {
                world.Clock.Advance(TimeSpan.FromSeconds(31));
                await world.Settled(logger.Client);
            }

            Assert.True(world.Server.Logs3Count > 4); // the fault happened, and went on
            Assert.InRange(lines.Count, 1, 4); // one a minute and cause: the loss, and the pause
            await Patience.UntilAsync(() => logger.Client.Ledger.Accepted == 200 + lines.Count); // a line is noted, and then logged
        }
        finally
        {
            BraintrustDiagnostics.Disable();
        }
    }

    [Theory, InlineData(true), InlineData(false), Trait("Row", "F03")]
    public async Task AnOutputThatThrowsOrBlocksHoldsUpNobody(bool isBlocking)
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var release = new ManualResetEventSlim();
        var status = isBlocking ? 416 : 417;
        BraintrustDiagnostics.Enable(line =>
        {
            if (line.Contains($"answered {status}"))
            {
                entered.TrySetResult();
                if (!isBlocking)
                {
                    throw new InvalidOperationException("hostile");
                }
                release.Wait(Patience.Limit);
            }
        });
        try
        {
            world.Server.OnLogs3 = request => Task.FromResult(request.Body.Contains("refused") ? new Reply(status, "{}") : null);
            logger.Log(name: "refused");
            Assert.Equal(1, (await logger.Client.FlushAsync()).Dropped);
            await entered.Task.WaitAsync(Patience.Limit); // and there it stands

            logger.Log(name: "row");
            Assert.Equal(1, (await logger.Client.FlushAsync()).Delivered);
            await logger.Client.DisposeAsync();
        }
        finally
        {
            BraintrustDiagnostics.Disable();
            release.Set();
        }
    }

    [Fact, Trait("Row", "S07")]
    public async Task AMaskThatGivesACycleOrTakesLongSendsNothingRaw()
    {
        await using var world = await World.StartAsync();
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var slow = new ManualResetEventSlim();
        var logger = world.Logger(options => options.Mask = (field, value) =>
        {
            if (field == "input")
            {
                var cycle = new Dictionary<string, object?>();
                cycle["again"] = cycle;
                return cycle;
            }
            if (field == "output")
            {
                entered.TrySetResult();
                slow.Wait(Patience.Limit);
                return "masked";
            }
            return value;
        });

        var logging = Task.Run(() => logger.Log(input: "a secret", output: "another secret", name: "row"));
        await entered.Task.WaitAsync(Patience.Limit); // there it stands
        Assert.Equal(0, (await logger.Client.FlushAsync()).Delivered); // still within the call, on its own thread
        slow.Set();
        await logging;
        Assert.Equal(1, (await logger.Client.FlushAsync()).Delivered);

        Assert.Equal("masked", (string?)world.Row("row")["output"]);
        Assert.Contains("circular", world.Row("row")["input"]!.ToJsonString());
        Assert.DoesNotContain(world.Server.Requests.Entries, request => request.Body.Contains("secret"));
    }
}
