using Braintrust.Logging.Tests.Clients;

namespace Braintrust.Logging.Tests.Pipeline;

public sealed class BatchingTests
{
    [Fact]
    public async Task TheVeryFirstRowGoesOutAtOnceTheNextWaitsForThePeriod()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.EagerlyEmitFirstEvent = true);

        logger.Log(name: "first");
        await world.Server.WaitForRowsAsync(1);
        await world.Settled(logger.Client);
        logger.Log(name: "second");
        logger.Log(name: "third");
        Assert.Equal(1, world.Server.Logs3Count);

        world.Clock.Advance(TimeSpan.FromSeconds(2));
        await world.Server.WaitForRowsAsync(3);
        Assert.Equal(2, world.Server.Logs3Count);
    }

    [Fact]
    public async Task AFullBatchDoesNotWait()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.BatchSizeLimit = 10);

        for (var i = 0; i < 10; i++)
        {
            logger.Log(name: $"row {i}");
        }
        await world.Server.WaitForRowsAsync(10);
        Assert.Equal(1, world.Server.Logs3Count);
    }

    [Fact]
    public async Task BatchesAreCutByCountAndByBytesOfUtf8()
    {
        await using var world = await World.StartAsync();
        world.Server.PayloadLimitBytes = 64 * 1024;
        var logger = world.Logger(options => options.BatchSizeLimit = 50);

        for (var i = 0; i < 120; i++)
        {
            logger.Log(name: $"small {i}");
        }
        for (var i = 0; i < 20; i++)
        {
            logger.Log(output: new string('é', 4000));
        }
        var result = await logger.Client.FlushAsync();

        Assert.Equal((true, 140), (result.Completed, result.Delivered));
        var bodies = world.Server.Requests.Entries.Where(request => request.Path == "/logs3").ToList();
        Assert.All(bodies, body => Assert.InRange(body.Bytes.Length, 1, 32 * 1024)); // half of what is announced
        Assert.All(bodies, body => Assert.InRange(body.Json!["rows"]!.AsArray().Count, 1, 50));
    }

    [Fact]
    public async Task RowsOfSeveralProjectsShareARequest()
    {
        await using var world = await World.StartAsync();
        var client = world.Client();

        foreach (var project in new[] { "one", "two", "three" })
        {
            client.GetLogger(project, setCurrent: false).Log(name: project);
        }
        await client.FlushAsync();

        Assert.Equal((1, 3), (world.Server.Logs3Count, world.Server.RegisterCount));
        Assert.All(new[] { "one", "two", "three" }, project => Assert.Single(world.Server.Stored(project)));
    }

    [Theory]
    [InlineData(null, 1)]
    [InlineData(1000, 1)] // the default, as a configuration binder sets it
    [InlineData(1500, 2)]
    public async Task WhatWaitsWhileAllRequestsAreUnderWayGoesInOneUnlessTheLimitIsNotTheDefault(int? limit, int requests)
    {
        await using var world = await World.StartAsync();
        var logger = limit is { } rows ? world.Logger(options => options.BatchSizeLimit = rows) : world.Logger();
        var hold = new TaskCompletionSource();
        world.Server.OnLogs3 = async _ =>
        {
            await hold.Task;
            return null;
        };
        for (var i = 1; i <= 4; i++)
        {
            logger.Log(name: $"under way {i}");
            _ = logger.Client.FlushAsync();
            await world.Server.WaitForLogs3Async(i);
        }

        for (var i = 0; i < 3000; i++)
        {
            logger.Log(name: "waiting");
        }
        var flush = logger.Client.FlushAsync();
        await Patience.UntilAsync(() => logger.Client.Ledger.UnreadBytes == 0);
        Assert.Equal(4, world.Server.Logs3Count);
        hold.SetResult();

        Assert.Equal(3000, (await flush).Delivered);
        Assert.Equal(4 + requests, world.Server.Logs3Count);
    }

    [Fact]
    public async Task AFlushCoversExactlyWhatCameBefore()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        var hold = new TaskCompletionSource();
        world.Server.OnLogs3 = async _ =>
        {
            await hold.Task;
            return null;
        };

        logger.Log(name: "before");
        var flush = logger.Client.FlushAsync();
        await world.Server.WaitForLogs3Async(1);
        logger.Log(name: "after");
        hold.SetResult();

        Assert.Equal(1, (await flush).Delivered);
        Assert.Equal(1, (await logger.Client.FlushAsync()).Delivered);
    }

    [Fact]
    public async Task AFlushOfNothingIsDoneAtOnceAndTouchesNoNetwork()
    {
        await using var world = await World.StartAsync();
        Assert.Equal(new FlushResult(true, 0, 0, 0, 0, null), await world.Client().FlushAsync());
        Assert.Equal(0, world.Server.Requests.Count);
    }

    [Fact]
    public async Task WithoutAsyncFlushTheCallReturnsAfterDelivery()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.AsyncFlush = false);

        logger.Log(name: "event");
        Assert.Single(world.Rows);
        using (logger.StartSpan("root"))
        using (logger.StartSpan("child"))
        {
        }
        Assert.Equal(3, world.Rows.Count);
        await logger.TracedAsync("traced", _ => Task.CompletedTask);
        Assert.Equal(4, world.Rows.Count);
    }
}
