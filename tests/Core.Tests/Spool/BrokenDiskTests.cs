using Braintrust.Logging.Tests.Clients;

namespace Braintrust.Logging.Tests.Spool;

/// <summary>Rows when the disk between the queue and the loop is no good.</summary>
[Collection("process-wide state")]
public sealed class BrokenDiskTests
{
    [Fact, Trait("Row", "D05")]
    public async Task RowsThatCannotGoToDiskAreDeliveredFromMemory()
    {
        await using var world = await DiskWorld.StartAsync();
        var disk = new BrokenDisk { IsFull = true };
        var client = world.Client(disk);
        for (var i = 0; i < 100; i++)
        {
            client.GetLogger(setCurrent: false).Log(name: "row");
        }

        Assert.Equal((true, 100, 0), await client.FlushAsync() is var result ? (result.Completed, result.Delivered, result.Spooled) : default);
        Assert.True(disk.Failures > 0);
        Assert.Equal(100, world.Rows.Count);
        Assert.Empty(world.World.Losses);
    }

    [Fact, Trait("Row", "D05")]
    public async Task WhenTheDiskHealsRowsGoThereAgainAndOrderHolds()
    {
        await using var world = await DiskWorld.StartAsync();
        world.Fail();
        var disk = new BrokenDisk();
        var client = world.Client(disk);
        var logger = client.GetLogger(setCurrent: false);
        var early = logger.StartSpan("begun on disk", input: 1);
        Assert.Equal(1, (await client.FlushAsync(TimeSpan.FromTicks(1))).Spooled);
        disk.IsFull = true;
        var late = logger.StartSpan("begun in memory", input: 2);
        early.Log(output: "done");
        early.End();
        var failed = await client.FlushAsync(TimeSpan.FromTicks(1));
        Assert.Equal((false, 1, 2), (failed.Completed, failed.Spooled, failed.Pending));
        disk.IsFull = false;
        world.World.Clock.Advance(TimeSpan.FromSeconds(2)); // the disk is asked again
        late.Log(output: "done too");
        late.End();
        logger.UpdateSpan(early.Id, metadata: new { reviewed = true });
        var healed = await client.FlushAsync(TimeSpan.FromTicks(1));
        Assert.Equal((false, 3, 2), (healed.Completed, healed.Spooled, healed.Pending));
        client.AssertBalanced();

        world.Heal();
        Assert.True((await world.DeliverAsync(client)).Completed);
        Assert.Equal(("done", true), ((string?)world.World.Row("begun on disk")["output"], (bool?)world.World.Row("begun on disk")["metadata"]!["reviewed"]));
        Assert.Equal("done too", (string?)world.World.Row("begun in memory")["output"]);
        Assert.True(disk.Failures > 0);
    }

    [Fact, Trait("Row", "D09")]
    public async Task ADiskThatStandsStillHoldsUpNoLogCallAndMemoryIsTheBuffer()
    {
        await using var world = await DiskWorld.StartAsync();
        var disk = new BrokenDisk();
        var client = world.Client(disk, static options => options.QueueLimit = 100);
        var logger = client.GetLogger(setCurrent: false);
        logger.Log(name: "first");
        await client.FlushAsync();
        disk.Stall();
        logger.Log(name: "stalled");
        await DiskWorld.UntilAsync(() => disk.Stalled > 0);
        for (var i = 0; i < 200; i++)
        {
            logger.Log(name: "row"); // returns
        }
        Assert.Equal(100, client.Ledger.ResidentRows);
        Assert.Equal(101, client.Ledger.Dropped["queue_full"]);
        var flush = client.FlushAsync(TimeSpan.FromSeconds(5));
        await world.World.AdvanceUntil(flush);
        var result = await flush;
        Assert.Equal((false, 0, 100), (result.Completed, result.Spooled, result.Pending));
        Assert.Contains("disk", result.LastError);

        disk.Move();
        Assert.True((await world.DeliverAsync(client)).Completed);
        Assert.Equal(101, world.Rows.Count);
    }

    [Fact, Trait("Row", "L01")]
    public async Task ADiskThatStandsStillHoldsUpNoEnd()
    {
        await using var world = await DiskWorld.StartAsync();
        var disk = new BrokenDisk();
        var client = world.Client(disk);
        var logger = client.GetLogger(setCurrent: false);
        logger.Log(name: "first");
        await client.FlushAsync();
        disk.Stall();
        logger.Log(name: "stalled");
        await DiskWorld.UntilAsync(() => disk.Stalled > 0);
        logger.Log(name: "queued");

        await world.EndAsync(client);

        Assert.Equal((2, 0, 0), (client.Ledger.Dropped["shutdown"], client.Ledger.ResidentRows, client.Ledger.ResidentBytes));
        disk.Move();
        await Released(client);
    }

    static Task Released(BraintrustClient client) => ((Braintrust.Logging.Pipeline.DeliveryLoop)Faults.Inside.Field(client, "_loop")).Released.WaitAsync(Patience.Limit);
}
