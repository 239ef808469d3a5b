using Braintrust.Logging.Tests.Clients;

namespace Braintrust.Logging.Tests.Pipeline;

public sealed class ShutdownTests
{
    [Fact]
    public async Task DisposeDeliversWhatIsQueued()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        for (var i = 0; i < 2500; i++)
        {
            logger.Log(name: $"row {i}");
        }
        var open = logger.StartSpan("open");

        await logger.Client.DisposeAsync();

        Assert.Equal(2501, world.Rows.Count);
        Assert.Null(world.Row("open")["metrics"]!["end"]);
        open.End(); // too late, and harmless
        Assert.Equal(1, logger.Client.Ledger.Dropped["closed"]);
    }

    [Fact]
    public async Task ADeadServerGetsOneMoreTryAndTheRestIsReported()
    {
        await using var world = await World.StartAsync();
        world.Server.OnLogs3 = _ => Task.FromResult<Reply?>(Reply.Reset);
        var logger = world.Logger(options => options.BatchSizeLimit = 10);
        for (var i = 0; i < 95; i++)
        {
            logger.Log(name: $"row {i}");
        }
        Assert.False((await logger.Client.FlushAsync(TimeSpan.FromMilliseconds(1))).Completed);

        await logger.Client.DisposeAsync(); // the clock stands still: it must not wait for any back-off

        Assert.Equal(95, world.Losses.Where(loss => loss.Reason == "shutdown").Sum(loss => loss.Count));
        Assert.InRange(world.Server.Logs3Count, 11, 4 + 10); // four were under way before
        Assert.Equal(95, logger.Client.Ledger.Dropped["shutdown"]);
    }

    [Fact]
    public async Task ABatchThatWaitsForItsRetryIsTriedOnceMore()
    {
        await using var world = await World.StartAsync();
        world.Server.OnLogs3 = _ => Task.FromResult(world.Server.Logs3Count == 1 ? Reply.ServerError : null);
        var logger = world.Logger();
        logger.Log(name: "row");
        Assert.False((await logger.Client.FlushAsync(TimeSpan.FromMilliseconds(1))).Completed);

        await logger.Client.DisposeAsync();

        Assert.Single(world.Rows);
        Assert.Equal(2, world.Server.Logs3Count);
    }

    [Fact]
    public async Task NotBeforeRetryAfterThough()
    {
        await using var world = await World.StartAsync();
        world.Server.OnLogs3 = _ => Task.FromResult(world.Server.Logs3Count == 1 ? Reply.Unavailable("60") : null);
        var logger = world.Logger();
        logger.Log(name: "row");
        await logger.Client.FlushAsync(TimeSpan.FromMilliseconds(1));

        await logger.Client.DisposeAsync();

        Assert.Equal(1, world.Server.Logs3Count);
        Assert.Equal("shutdown", Assert.Single(world.Losses).Reason);
    }

    [Fact]
    public async Task AServerThatHangsCostsTheBudgetAndNoMore()
    {
        await using var world = await World.StartAsync();
        var hanging = new TaskCompletionSource();
        world.Server.OnLogs3 = async _ =>
        {
            await hanging.Task;
            return null;
        };
        var logger = world.Logger(options => options.ShutdownTimeout = TimeSpan.FromSeconds(3));
        logger.Log(name: "row");
        var disposal = logger.Client.DisposeAsync().AsTask();
        await world.Server.WaitForLogs3Async(1); // it hangs

        world.Clock.Advance(TimeSpan.FromSeconds(2.9));
        Assert.False(disposal.IsCompleted);
        world.Clock.Advance(TimeSpan.FromSeconds(0.1));
        await disposal.WaitAsync(Patience.Limit);

        Assert.Equal("shutdown", Assert.Single(world.Losses).Reason);
        hanging.SetResult();
    }

    [Fact]
    public async Task DisposeMayBeCalledTwiceAndAtTheSameTimeAndWhileOthersLog()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        using var stop = new CancellationTokenSource();
        var noise = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                logger.Log(name: "noise");
            }
        });
        await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(async () =>
        {
            await logger.Client.DisposeAsync();
            logger.Client.Dispose();
        })));
        stop.Cancel();
        await noise;

        logger.Client.AssertBalanced();
        Assert.Equal(0, logger.Client.Ledger.ResidentRows);
    }

    [Fact]
    public async Task UnderASynchronizationContextDisposeDoesNotDeadlock()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.AsyncFlush = false);
        var thread = new Thread(() =>
        {
            SynchronizationContext.SetSynchronizationContext(new DeafContext());
            logger.Log(name: "row"); // waits for delivery
            logger.Client.Dispose();
        });
        thread.Start();
        Assert.True(thread.Join(Patience.Limit));
        Assert.Single(world.Rows);
    }

    /// <summary>A UI thread that is busy: whatever is posted to it never runs.</summary>
    sealed class DeafContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
        }
    }
}
