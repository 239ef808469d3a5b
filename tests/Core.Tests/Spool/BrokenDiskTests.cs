using System.Diagnostics.Metrics;
using Braintrust.Logging.Tests.Clients;

namespace Braintrust.Logging.Tests.Spool;

/// <summary>Rows when the disk between the queue and the loop is no good.</summary>
[Collection("process-wide state")]
public sealed class BrokenDiskTests
{
    [Theory, InlineData("No space left on device"), InlineData("Disk quota exceeded"), InlineData("Too many open files"), InlineData("Read-only file system"), Trait("Row", "D05")]
    public async Task RowsThatCannotGoToDiskAreDeliveredFromMemory(string error)
    {
        await using var world = await DiskWorld.StartAsync();
        var disk = new BrokenDisk { IsFull = true, Error = error };
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
    public async Task AFolderThatVanishesUnderALiveClientCostsNoLaterRow()
    {
        await using var world = await DiskWorld.StartAsync();
        world.Fail();
        var client = world.Client();
        var logger = client.GetLogger(setCurrent: false);
        logger.Log(name: "held");
        Assert.Equal(1, (await client.FlushAsync(TimeSpan.FromTicks(1))).Spooled);

        Directory.Delete(world.Folder, recursive: true);
        logger.Log(name: "after");
        await Patience.UntilAsync(() => client.Ledger.ResidentRows == 0);
        world.Heal();
        Assert.True((await world.DeliverAsync(client)).Completed);

        Assert.Contains("after", world.Rows.Select(static row => (string?)row["span_attributes"]!["name"]));
        client.AssertBalanced();
        Assert.Equal(2, client.Ledger.Delivered + client.Ledger.DroppedRows);
    }

    [Fact, Trait("Row", "F04")]
    public async Task TheMeterShowsWhatIsOnDisk()
    {
        await using var world = await DiskWorld.StartAsync();
        world.Fail();
        var seen = new Dictionary<string, double>();
        using var meter = new MeterListener
        {
            InstrumentPublished = static (instrument, it) =>
            {
                if (instrument.Meter.Name == "Braintrust.Logging")
                {
                    it.EnableMeasurementEvents(instrument);
                }
            },
        };
        meter.SetMeasurementEventCallback<long>((instrument, value, _, _) => seen[instrument.Name] = seen.GetValueOrDefault(instrument.Name) + value);
        meter.SetMeasurementEventCallback<double>((instrument, value, _, _) => seen[instrument.Name] = value);
        meter.Start();
        var client = world.Client();
        for (var i = 0; i < 10; i++)
        {
            client.GetLogger(setCurrent: false).Log(name: "row");
        }
        Assert.Equal(10, (await client.FlushAsync(TimeSpan.FromTicks(1))).Spooled);
        world.World.Clock.Advance(TimeSpan.FromMinutes(5));
        await client.FlushAsync(TimeSpan.FromTicks(1));

        meter.RecordObservableInstruments();
        Assert.True(seen["braintrust.rows.spooled"] >= 10); // other clients of this process may have some
        Assert.True(seen["braintrust.bytes.spooled"] >= 10 * 300);
        Assert.True(seen["braintrust.oldest.age"] >= 300);
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
        await disk.WaitForAsync(BrokenCall.Stall);
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
        await disk.WaitForAsync(BrokenCall.Stall);
        logger.Log(name: "queued");

        await world.EndAsync(client);

        Assert.Equal((2, 0, 0), (client.Ledger.Dropped["shutdown"], client.Ledger.ResidentRows, client.Ledger.ResidentBytes));
        Assert.Equal(1, world.World.Losses.Where(static loss => loss.Message.Contains("may be on it, and arrive later", StringComparison.Ordinal)).Sum(static loss => loss.Count)); // the one under way
        disk.Move();
        await Released(client);
    }

    [Fact]
    public async Task WithoutAnyTimeToDeliverADiskThatTakesRowsGetsAllOfThem()
    {
        await using var world = await DiskWorld.StartAsync();
        world.Fail();
        var clock = new DiskClock { WriteTime = TimeSpan.FromMilliseconds(40) };
        var disk = new BrokenDisk { Clock = clock };
        var client = world.Client(disk, static options => (options.ShutdownTimeout, options.QueueLimitBytes) = (TimeSpan.Zero, 1 << 20)); // groups of 16 KiB
        var logger = client.GetLogger(setCurrent: false);
        disk.Stall(); // until all is queued, and its end waits
        for (var i = 0; i < 600; i++)
        {
            logger.Log(name: "row");
        }

        var end = world.EndAsync(client);
        await clock.Waits.WaitForAsync(1);
        var before = clock.GetUtcNow();
        disk.Move();
        await end;

        Assert.Equal((600, 0), (client.Ledger.SpooledRows, client.Ledger.DroppedRows));
        Assert.InRange(clock.GetUtcNow() - before, TimeSpan.FromMilliseconds(400), TimeSpan.FromSeconds(4)); // longer than a disk that stands still is waited for
    }

    [Fact, Trait("Row", "L01")]
    public async Task ADiskIsLeftAfterTwoTenthsOfASecondInOneCallAndNotBefore()
    {
        await using var world = await DiskWorld.StartAsync();
        world.Fail();
        var clock = new DiskClock();
        var disk = new BrokenDisk { Clock = clock };
        var client = world.Client(disk, static options => options.ShutdownTimeout = TimeSpan.Zero);
        disk.Stall();
        client.GetLogger(setCurrent: false).Log(name: "row");
        await disk.WaitForAsync(BrokenCall.Stall);
        clock.Advance(TimeSpan.FromMilliseconds(150));

        var end = world.EndAsync(client);
        await clock.Waits.WaitForAsync(1);
        Assert.Equal([TimeSpan.FromMilliseconds(50)], clock.Waits.Entries); // what is left of it
        clock.Advance(TimeSpan.FromMilliseconds(50));
        await end;

        Assert.Equal(1, client.Ledger.Dropped["shutdown"]);
        disk.Move();
        await Released(client);
    }

    [Fact]
    public async Task AThreadThatHasToWaitForAProcessorStillGetsItsRowsToTheDisk()
    {
        await using var world = await DiskWorld.StartAsync();
        world.Fail();
        var clock = new SlowClock(world.World.Clock);
        var client = world.Client(options => (options.ShutdownTimeout, options.TimeProvider) = (TimeSpan.Zero, clock));
        var logger = client.GetLogger(setCurrent: false);
        clock.IsSlow = true;
        logger.Log(name: "row");
        await clock.Entered.Task.WaitAsync(Patience.Limit);
        for (var i = 0; i < 100; i++)
        {
            logger.Log(name: "queued");
        }

        await world.EndAsync(client);

        Assert.Equal((101, 0), (client.Ledger.SpooledRows, client.Ledger.DroppedRows));
    }

    /// <summary>Keeps the thread of the spool, not at the disk, for longer than a disk that stands still is waited for.</summary>
    sealed class SlowClock(TimeProvider inner) : TimeProvider
    {
        int _calls;

        public volatile bool IsSlow;

        public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override long TimestampFrequency => inner.TimestampFrequency;

        public override long GetTimestamp() => inner.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => inner.CreateTimer(callback, state, dueTime, period);

        public override DateTimeOffset GetUtcNow()
        {
            if (IsSlow && Thread.CurrentThread.Name == "Braintrust spool" && Interlocked.Increment(ref _calls) == 1)
            {
                Entered.SetResult();
                Thread.Sleep(1000); // that long it gets no processor
            }
            return inner.GetUtcNow();
        }
    }

    [Theory, InlineData("Too many open files"), InlineData("Input/output error"), Trait("Row", "D05")]
    public async Task WhatCannotBeReadNowIsTriedAgainAndHoldsUpNoRowOfAnotherId(string error)
    {
        await using var world = await DiskWorld.StartAsync();
        var disk = new BrokenDisk { IsUnreadable = true, Error = error };
        var client = world.Client(disk);
        var logger = client.GetLogger(setCurrent: false);
        var onDisk = logger.Log(name: "on disk", output: "first");
        await Patience.UntilAsync(() => client.Ledger.SpooledRows == 1);
        disk.IsFull = true;
        logger.UpdateSpan(onDisk, output: "second");
        logger.Log(name: "in memory");
        using (logger.StartSpan("begun and ended in memory"))
        {
        }
        var span = logger.StartSpan("begun in memory");
        var flush = client.FlushAsync(TimeSpan.FromMinutes(5));
        await world.World.AdvanceUntil(world.Server.WaitForRowsAsync(3));
        await disk.WaitForAsync(BrokenCall.Read);
        await disk.WaitForAsync(BrokenCall.Write);
        await world.World.AdvanceUntil(flush);

        var result = await flush;
        Assert.Equal((false, 3, 1, 1), (result.Completed, result.Delivered, result.Spooled, result.Pending));
        span.Log(output: "done");
        span.End();
        await world.World.AdvanceUntil(world.Server.WaitForRowsAsync(4));
        Assert.Equal("done", (string?)world.World.Row("begun in memory")["output"]);
        Assert.DoesNotContain(world.Rows, row => (string?)row["id"] == onDisk); // nothing said of a row overtakes it
        Assert.Empty(world.World.Losses);
        client.AssertBalanced();

        disk.IsFull = false;
        world.World.Clock.Advance(TimeSpan.FromSeconds(2)); // the disk is asked again
        logger.UpdateSpan(onDisk, output: "third");
        await Patience.UntilAsync(() => client.Ledger.SpooledRows == 2); // behind what came in memory
        disk.IsUnreadable = false;
        Assert.True((await world.DeliverAsync(client)).Completed);
        Assert.Equal(["first", "second", "third"], world.Server.Arrivals.Entries.Where(row => (string?)row["id"] == onDisk).Select(static row => (string?)row["output"]));
        Assert.Equal("third", (string?)world.World.Row("on disk")["output"]);
    }

    [Fact, Trait("Row", "D05")]
    public async Task WhoWaitsForARowThatCannotBeReadNowIsNotToldThatItIsLost()
    {
        await using var world = await DiskWorld.StartAsync();
        var disk = new BrokenDisk { IsUnreadable = true };
        var client = world.Client(disk, static options => options.SpoolLimitBytes = 1 << 18);
        var logger = client.GetLogger(setCurrent: false);
        var text = new string('x', 10_000);
        for (var i = 0; i < 40; i++) // the oldest make way
        {
            logger.Log(output: text);
            await Patience.UntilAsync(() => client.Ledger.ResidentRows == 0);
        }
        logger.Log(name: "file", output: new BraintrustAttachment(new byte[1000], "a.bin"));
        await Patience.UntilAsync(() => client.Ledger.SpooledRows > 0 && client.Ledger.ResidentRows == 0);
        var evicted = client.Ledger.Dropped.GetValueOrDefault("spool_full");
        for (var i = 0; i < 10; i++)
        {
            logger.Log(output: text);
            await Patience.UntilAsync(() => client.Ledger.ResidentRows == 0);
        }
        await Patience.UntilAsync(() => client.Ledger.Dropped.GetValueOrDefault("spool_full") > evicted);
        Assert.InRange(client.Ledger.ResidentBytes, 1000, 5000); // its bytes are kept

        disk.IsUnreadable = false;
        await world.DeliverAsync(client);
        Assert.Equal(1, client.Ledger.Uploaded + client.Ledger.LostUploads); // and their turn came
    }

    [Fact]
    public async Task WhatComesLateBehindRowsOnDiskExpiresToo()
    {
        await using var world = await DiskWorld.StartAsync();
        world.Server.OnLogs3 = static _ => Task.FromResult<Reply?>(new Reply(403, "{}"));
        var disk = new BrokenDisk();
        var client = world.Client(disk, static options => (options.QueueLimitBytes, options.RetryTimeLimit) = (1 << 17, TimeSpan.FromDays(1)));
        var logger = client.GetLogger(setCurrent: false);
        var text = new string('x', 3000);
        for (var i = 0; i < 20; i++) // more than a project that is refused may have in memory
        {
            logger.Log(output: text);
            await client.FlushAsync(TimeSpan.FromTicks(1));
        }
        await world.World.AdvanceUntil(Patience.UntilAsync(() => Faults.Inside.Size(client, "_inbox", "_late", "_projects") == 0 && IsDeferring(client)));
        disk.IsFull = true;
        logger.Log(name: "late");
        await world.World.AdvanceUntil(Patience.UntilAsync(() => Faults.Inside.Size(client, "_inbox", "_late", "_projects") == 1));
        Assert.True(client.OldestAge > TimeSpan.Zero);
        Assert.Equal((false, 20, 1), await client.FlushAsync(TimeSpan.FromTicks(1)) is var result ? (result.Completed, result.Spooled, result.Pending) : default);

        await world.World.AdvanceUntil(Patience.UntilAsync(() => client.Ledger.Dropped.GetValueOrDefault("expired") == 21), TimeSpan.FromMinutes(10));
        Assert.Equal(0, client.Ledger.ResidentRows);
    }

    static bool IsDeferring(BraintrustClient client) => ((Braintrust.Logging.Pipeline.Deferral)Faults.Inside.Field(Faults.Inside.Field(Faults.Inside.Field(client, "_loop"), "_inbox"), "_deferral")).IsOn;

    [Fact, Trait("Row", "D06")]
    public async Task ABurstThatIsLargerThanTheSpoolGoesThereInPieces()
    {
        await using var world = await DiskWorld.StartAsync();
        world.Fail();
        var disk = new BrokenDisk();
        var client = world.Client(disk, static options => options.SpoolLimitBytes = 1 << 19);
        var logger = client.GetLogger(setCurrent: false);
        logger.Log(name: "first");
        await client.FlushAsync(TimeSpan.FromTicks(1));
        disk.Stall();
        logger.Log(name: "stalled");
        await disk.WaitForAsync(BrokenCall.Stall);
        var text = new string('x', 2000);
        for (var i = 0; i < 1000; i++)
        {
            logger.Log(output: text);
        }
        disk.Move();
        await Patience.UntilAsync(() => client.Ledger.ResidentRows == 0);

        Assert.Equal(0, disk.Failures);
        await Patience.UntilAsync(() => client.Ledger.Dropped.GetValueOrDefault("spool_full") >= 600); // as with rows that come one by one
        client.AssertBalanced();
    }

    static Task Released(BraintrustClient client) => ((Braintrust.Logging.Pipeline.DeliveryLoop)Faults.Inside.Field(client, "_loop")).Released.WaitAsync(Patience.Limit);
}
