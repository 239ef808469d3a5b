using Braintrust.Logging.Pipeline;
using Braintrust.Logging.Tests.Clients;

namespace Braintrust.Logging.Tests.Pipeline;

/// <summary>For functions whose process is frozen between calls: nothing happens unless asked for, and what is asked for is done by its deadline.</summary>
public sealed class OnDemandTests
{
    static void OnDemand(BraintrustOptions options) => (options.FlushMode, options.EagerlyEmitFirstEvent) = (FlushMode.OnDemand, true);

    [Fact]
    public async Task NoTimeMakesARowLeave()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(OnDemand);

        logger.Log(name: "first");
        for (var i = 0; i < 100; i++)
        {
            world.Clock.Advance(TimeSpan.FromMinutes(1));
        }
        Assert.Empty(world.Server.Requests.Entries);

        Assert.Equal((true, 1), await logger.Client.FlushAsync() is var result ? (result.Completed, result.Delivered) : default);
        Assert.Single(world.Rows);
    }

    [Fact]
    public async Task TheBeginningOfATraceIsSentAtOnceAndItsEndWithTheFlush()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(OnDemand);

        using (var invocation = logger.StartSpan("invocation", input: "an event"))
        {
            await world.Server.WaitForRowsAsync(1); // seen even if the sandbox is killed now
            Assert.Equal(("invocation", null), ((string?)world.Rows[0]["span_attributes"]!["name"], (double?)world.Rows[0]["metrics"]!["end"]));
            using (logger.StartSpan("step"))
            {
                logger.Log(name: "event");
            }
        }
        Assert.Single(world.Server.Arrivals.Entries);

        await logger.Client.FlushAsync();
        Assert.Equal(["event", "invocation", "step"], world.Rows.Select(row => (string)row["span_attributes"]!["name"]!).Order());
        Assert.NotNull(world.Row("invocation")["metrics"]!["end"]);
    }

    [Fact]
    public async Task AFullQueueLeavesWithoutBeingAsked()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options =>
        {
            OnDemand(options);
            options.QueueLimit = 400;
        });

        for (var i = 0; i < 100; i++)
        {
            logger.Log(name: $"row {i}");
        }
        await world.Server.WaitForRowsAsync(100);
        Assert.Equal(100, world.Rows.Count);
    }

    [Fact]
    public async Task AfterAFailureAQueueThatFillsStillLeavesBeforeItIsFull()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options =>
        {
            OnDemand(options);
            options.QueueLimit = 400;
        });
        world.Server.OnLogs3 = _ => Task.FromResult<Reply?>(new Reply(503, "{}"));
        logger.Log(name: "first");
        await logger.Client.FlushAsync(TimeSpan.FromTicks(1));
        Assert.True(world.Server.Logs3Count > 0); // it failed
        world.Server.OnLogs3 = null;
        world.Clock.Advance(TimeSpan.FromHours(1));

        for (var i = 0; i < 100; i++)
        {
            logger.Log(name: $"row {i}");
        }
        await world.AdvanceUntil(world.Server.WaitForRowsAsync(101));

        Assert.Equal(101, world.Rows.Count);
        Assert.Empty(world.Losses);
    }

    [Fact]
    public async Task AFlushGivesUpAtItsDeadlineAndTheNextTriesAgain()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(OnDemand);
        world.Server.OnLogs3 = _ => Task.FromResult<Reply?>(new Reply(503, "{}"));

        logger.Log(name: "row");
        var first = logger.Client.FlushAsync(TimeSpan.FromTicks(1)); // less than the pause after a failure
        await world.Server.WaitForLogs3Async(1);
        Assert.Equal((false, 1), await first is var failed ? (failed.Completed, failed.Pending) : default);

        world.Clock.Advance(TimeSpan.FromHours(1)); // frozen; nobody waits, so nothing is tried
        await world.Settled(world.Client());
        Assert.Equal(1, world.Server.Logs3Count);

        world.Server.OnLogs3 = null;
        Assert.Equal((true, 1), await logger.Client.FlushAsync() is var second ? (second.Completed, second.Delivered) : default);
    }

    [Fact]
    public async Task ATracedInvocationWaitsForItsDeliveryWithinTheDeadline()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options =>
        {
            OnDemand(options);
            (options.AsyncFlush, options.FlushTimeout) = (false, TimeSpan.FromSeconds(3));
        });

        var answer = await logger.TracedAsync("invocation", async span =>
        {
            await Task.Yield();
            return 42;
        });

        Assert.Equal(42, answer);
        Assert.Single(world.Rows); // by now
    }

    [Fact]
    public async Task DisposeDeliversTheRest()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(OnDemand);

        logger.Log(name: "row");
        await logger.Client.DisposeAsync();

        Assert.Single(world.Rows);
    }
}
