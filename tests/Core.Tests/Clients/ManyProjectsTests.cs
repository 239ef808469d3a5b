using Braintrust.Logging.Session;

namespace Braintrust.Logging.Tests.Clients;

/// <summary>One project per tenant, or per typing error: any number of them may come by.</summary>
public sealed class ManyProjectsTests
{
    [Fact]
    public async Task ManyMoreProjectsThanAreRememberedAllGetTheirRows()
    {
        await using var world = await World.StartAsync();
        var client = world.Client(options => options.BatchSizeLimit = 10_000);
        const int projects = 3 * LoggerCache.Kept;

        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < projects; i++)
            {
                client.GetLogger($"tenant {i}", setCurrent: false).Log(name: $"row {round}");
            }
            Assert.Equal((true, projects), await client.FlushAsync() is var result ? (result.Completed, result.Delivered) : default);
        }

        Assert.Equal(projects, world.Server.RegisterCount); // once each
        Assert.All(Enumerable.Range(0, projects), i => Assert.Equal(2, world.Server.Stored($"tenant {i}").Count));
        Assert.InRange(client.Lanes, 0, LoggerCache.Kept);
    }

    [Fact]
    public async Task ProjectsThatCannotBeReachedAreForgottenWithTheirLosses()
    {
        await using var world = await World.StartAsync();
        world.Server.OnRegister = _ => Task.FromResult<Reply?>(new Reply(403, "{}"));
        var client = world.Client(options => options.RetryTimeLimit = TimeSpan.FromMinutes(1));
        const int projects = 2 * LoggerCache.Kept;

        for (var i = 0; i < projects; i++)
        {
            client.GetLogger($"tenant {i}", setCurrent: false).Log(name: "row");
        }
        await world.AdvanceUntil(client.FlushAsync(TimeSpan.FromDays(10)), TimeSpan.FromSeconds(20));
        Assert.Equal(projects, client.Ledger.DroppedRows);
        world.Clock.Advance(TimeSpan.FromHours(1));
        await world.AdvanceUntil(client.FlushAsync(), TimeSpan.FromSeconds(1));

        Assert.InRange(client.Lanes, 0, LoggerCache.Kept);
    }

    [Fact]
    public async Task WhoeverHoldsALoggerGetsTheSameOneAgain()
    {
        await using var world = await World.StartAsync();
        var client = world.Client();
        var held = client.GetLogger("held", setCurrent: false);

        for (var i = 0; i < 3 * LoggerCache.Kept; i++)
        {
            client.GetLogger($"other {i}", setCurrent: false);
        }
        GC.Collect();

        Assert.Same(held, client.GetLogger("held", setCurrent: false));
    }

    [Fact]
    public void WhatNobodyHoldsIsForgotten()
    {
        var cache = new LoggerCache(key => new BraintrustLogger(null!, key));
        for (var i = 0; i < 20 * LoggerCache.Kept; i++)
        {
            cache.Get(new ProjectKey($"project {i}", null));
            if (i % LoggerCache.Kept == 0)
            {
                GC.Collect();
            }
        }
        Assert.InRange(cache.Count, LoggerCache.Kept, 6 * LoggerCache.Kept);
    }

    [Fact]
    public async Task AnOpenSpanKeepsItsPlaceWhenItsLoggerIsAskedForAgain()
    {
        await using var world = await World.StartAsync();
        var client = world.Client();

        using (var span = client.GetLogger("tenant", setCurrent: false).StartSpan("work"))
        {
            for (var i = 0; i < 2 * LoggerCache.Kept; i++)
            {
                client.GetLogger($"other {i}", setCurrent: false);
            }
            GC.Collect();
            client.GetLogger("tenant", setCurrent: false).Log(name: "inside");
        }
        await client.FlushAsync();

        var rows = world.Server.Stored("tenant");
        Assert.Equal((string?)rows.Single(row => (string?)row["span_attributes"]!["name"] == "work")["span_id"],
            (string?)rows.Single(row => (string?)row["span_attributes"]!["name"] == "inside")["span_parents"]![0]);
    }
}
