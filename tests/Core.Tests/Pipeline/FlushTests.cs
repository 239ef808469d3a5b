using Braintrust.Logging.Tests.Clients;

namespace Braintrust.Logging.Tests.Pipeline;

/// <summary>How long a flush waits, and how its caller gives up before.</summary>
public sealed class FlushTests
{
    [Fact]
    public async Task AFlushWithoutAnEndOutlastsTheDefaultTimeout()
    {
        await using var world = await World.StartAsync();
        var hang = Hang(world);
        var logger = world.Logger();
        logger.Log(name: "row");

        var flush = logger.Client.FlushAsync(Timeout.InfiniteTimeSpan);
        await world.Server.WaitForLoginAsync(1);
        var patient = logger.Client.FlushAsync();
        world.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.False((await patient.WaitAsync(Patience.Limit)).Completed);
        Assert.False(flush.IsCompleted);
        hang.SetResult();
        await world.AdvanceUntil(flush);

        Assert.True((await flush).Completed);
        Assert.Single(world.Rows);
    }

    [Fact]
    public async Task WhoGivesUpIsToldNothingAndTheNextFlushTellsItAll()
    {
        await using var world = await World.StartAsync();
        var hang = Hang(world);
        var logger = world.Logger();
        using var patience = new CancellationTokenSource();
        logger.Log(name: "one");

        var flush = logger.Client.FlushAsync(Timeout.InfiniteTimeSpan, patience.Token);
        await world.Server.WaitForLoginAsync(1); // on its way
        logger.Log(name: "two");
        await patience.CancelAsync();
        Assert.Equal(patience.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => flush)).CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => logger.Client.FlushAsync(cancellationToken: patience.Token)); // and who has given up before

        hang.SetResult();
        Assert.Equal(new FlushResult { Completed = true, Delivered = 2 }, await logger.Client.FlushAsync());
        Assert.Equal(2, world.Rows.Count);
    }

    [Fact]
    public async Task ATimeoutBelowZeroIsRefused()
    {
        await using var world = await World.StartAsync();
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>("timeout", () => world.Client().FlushAsync(TimeSpan.FromMilliseconds(-2)));
    }

    static TaskCompletionSource Hang(World world)
    {
        var hang = new TaskCompletionSource();
        world.Server.OnLogin = async _ =>
        {
            await hang.Task;
            return null;
        };
        return hang;
    }
}
