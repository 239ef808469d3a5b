using Braintrust.Logging.Tests.Clients;

namespace Braintrust.Logging.Tests.Pipeline;

/// <summary>OnLoss is the user's code: whatever it does, nothing breaks.</summary>
public sealed class LossTests
{
    static Task<Reply?> RefuseLost(RecordedRequest request) => Task.FromResult(request.Body.Contains("to be lost") ? new Reply(400, "{}") : null);

    [Fact]
    public async Task EveryLossIsToldBeforeTheFlushReturns()
    {
        await using var world = await World.StartAsync();
        world.Server.OnLogs3 = RefuseLost;
        var logger = world.Logger();
        logger.Log(name: "to be lost");
        logger.Log(name: "fine");

        await logger.Client.FlushAsync();

        var loss = Assert.Single(world.Losses);
        Assert.Equal((1L, "rejected"), (loss.Count, loss.Reason));
        Assert.Contains("400", loss.Message);
    }

    [Theory]
    [InlineData("throws")]
    [InlineData("logs")]
    [InlineData("flushes")]
    [InlineData("disposes")]
    public async Task WhateverTheCallbackDoesTheOthersArrive(string what)
    {
        await using var world = await World.StartAsync();
        world.Server.OnLogs3 = RefuseLost;
        var told = new TaskCompletionSource();
        BraintrustLogger? logger = null;
        logger = world.Logger(options => options.OnLoss = _ =>
        {
            told.TrySetResult();
            switch (what)
            {
                case "throws":
                    throw new InvalidOperationException("hostile");
                case "logs":
                    logger!.Log(name: "from the callback");
                    break;
                case "flushes":
                    logger!.Client.FlushAsync().Wait();
                    break;
                default:
                    logger!.Client.Dispose();
                    break;
            }
        });

        logger.Log(name: "to be lost");
        logger.Log(name: "fine");
        await logger.Client.FlushAsync();
        await told.Task;
        await logger.Client.FlushAsync();

        Assert.Contains(world.Rows, row => (string?)row["span_attributes"]!["name"] == "fine");
        Assert.Equal(what == "logs", world.Rows.Any(row => (string?)row["span_attributes"]!["name"] == "from the callback"));
    }

    [Fact]
    public async Task ACallbackThatBlocksHoldsUpNoRow()
    {
        await using var world = await World.StartAsync();
        world.Server.OnLogs3 = RefuseLost;
        var release = new ManualResetEventSlim();
        var entered = new TaskCompletionSource();
        var logger = world.Logger(options => options.OnLoss = _ =>
        {
            entered.TrySetResult();
            release.Wait();
        });

        logger.Log(name: "to be lost");
        var first = logger.Client.FlushAsync();
        await entered.Task;
        logger.Log(name: "fine");
        var second = logger.Client.FlushAsync();
        await world.Server.WaitForRowsAsync(1);
        Assert.False(first.IsCompleted); // it promised to have told all losses

        release.Set();
        await Task.WhenAll(first, second);
    }

    [Fact]
    public async Task WhatIsLoggedAfterTheEndIsCountedAsClosed()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        await logger.Client.DisposeAsync();

        logger.Log(name: "late");
        using (logger.StartSpan("late too"))
        {
        }

        logger.Client.AssertBalanced();
        Assert.Equal(2, logger.Client.Ledger.Dropped["closed"]);
        Assert.Equal(0, world.Server.Requests.Count);
        Assert.True((await logger.Client.FlushAsync()).Completed);
    }
}
