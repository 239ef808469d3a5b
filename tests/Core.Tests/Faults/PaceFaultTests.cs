using System.Net;
using Braintrust.Logging.Tests.Clients;
using Braintrust.Logging.Tests.Transport;
using Braintrust.Logging.Transport;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace Braintrust.Logging.Tests.Faults;

/// <summary>When the next attempt comes, how large it is, and how many there are at a time.</summary>
public sealed class PaceFaultTests
{
    [Theory, Trait("Row", "N09")]
    [InlineData("60", 60, 60)]
    [InlineData("Tue, 24 Nov 2026 12:02:00 GMT", 90, 120)] // the clock began at 12:00:00, and had gone on a little
    [InlineData(null, 0.05, 0.5)]
    public async Task AfterA429TheNextRequestComesNotBeforeItsTime(string? retryAfter, double least, double most)
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        var times = new Journal<DateTimeOffset>();
        world.Server.OnLogs3 = _ =>
        {
            times.Add(world.Clock.GetUtcNow());
            return Task.FromResult(times.Count == 1 ? Reply.TooMany(retryAfter) : null);
        };
        logger.Log(name: "row");
        await world.Settled(logger.Client);

        await world.AdvanceUntil(times.WaitForAsync(2), TimeSpan.FromSeconds(most / 100));

        var waited = (times.Entries[1] - times.Entries[0]).TotalSeconds;
        Assert.InRange(waited, least, most * 1.5); // the steps run ahead of the sockets
        await logger.Client.FlushAsync();
        Assert.Single(world.Rows);
    }

    [Theory, Trait("Row", "N10")]
    [InlineData("0"), InlineData("-1"), InlineData("1.5"), InlineData("garbage"), InlineData("1000000000000"), InlineData("Thu, 01 Jan 1970 00:00:00 GMT")]
    [InlineData("0, 0"), InlineData("long")]
    public async Task NoRetryAfterMakesUsSpinOrSleepForEver(string value)
    {
        await using var it = await FaultWorld.StartAsync();
        (string, string)[] headers = value switch
        {
            "0, 0" => [("Retry-After", "0"), ("Retry-After", "0")],
            "long" => [("Retry-After", new string('9', 20_000))],
            _ => [("Retry-After", value)],
        };
        it.Faults.ForAllRows(Fault.Status(429, headers));
        var logger = it.Logger();
        logger.Log(name: "row");

        for (var i = 0; i < 20; i++) // two seconds
        {
            await it.World.Settled(logger.Client);
            it.World.Clock.Advance(TimeSpan.FromMilliseconds(100));
        }
        Assert.InRange(it.Faults.RowRequests, 1, 22);
        await it.Faults.Happened.WaitForAsync(1);

        it.Faults.Script = null;
        await it.World.AdvanceUntil(it.World.Server.WaitForRowsAsync(1), TimeSpan.FromMinutes(5)); // on its own
    }

    [Fact, Trait("Row", "N10")]
    public void WhateverStandsThereIsWithinTheBounds() => Gen.String.Array[0, 3].Sample(
        texts => RetryAfter.Parse(texts, DateTimeOffset.UnixEpoch) is not { } wait || (wait >= RetryAfter.Shortest && wait <= RetryAfter.Longest),
        iter: LongTests.Count(10_000, 1_000_000));

    [Fact, Trait("Row", "N12")]
    public async Task ALimitThatNobodyAnnouncesIsLearntAndForgottenAgain()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.BatchSizeLimit = 10_000);
        var limit = 200_000;
        world.Server.OnLogs3 = request => Task.FromResult(request.Bytes.Length > limit ? new Reply(413) : null);

        async Task<int[]> SizesAsync()
        {
            var before = world.Server.Requests.Count;
            for (var i = 0; i < 500; i++)
            {
                logger.Log(output: new string('x', 2000));
            }
            Assert.Equal((true, 500), await logger.Client.FlushAsync() is var result ? (result.Completed, result.Delivered) : default);
            return [.. world.Server.Requests.Entries.Skip(before).Where(request => request.Path == "/logs3").Select(request => request.Bytes.Length)];
        }

        var refused = (await SizesAsync()).Count(size => size > limit);
        Assert.InRange(refused, 1, 12); // a megabyte was halved until it passed
        var sizes = await SizesAsync();
        Assert.InRange(sizes.Count(size => size > limit), 0, sizes.Length / 2); // learnt: met only while growing again
        limit = 50_000; // smaller now
        Assert.Contains(await SizesAsync(), size => size > limit);
        sizes = await SizesAsync();
        Assert.InRange(sizes.Count(size => size > limit), 0, sizes.Length / 2);
        limit = int.MaxValue;
        var largest = (await SizesAsync()).Max();
        for (var i = 0; i < 20; i++)
        {
            await SizesAsync();
        }
        Assert.True((await SizesAsync()).Max() > 4 * largest, "It did not grow again.");
        Assert.Empty(world.Losses);
    }

    [Fact, Trait("Row", "N22")]
    public async Task ABurstAgainstASlowServerHasFourRequestsAtATimeAtMost()
    {
        await using var it = await FaultWorld.StartAsync();
        var release = new TaskCompletionSource();
        var logger = Burst(it, release.Task);
        var flush = logger.Client.FlushAsync();
        await it.Faults.Requests.WaitForAsync(4, request => request.IsRows, "rows");
        release.SetResult();
        Assert.Equal(5000, (await flush).Delivered);

        Assert.Equal(4, it.Faults.MostAtOnce);
        Assert.InRange(it.Faults.RowRequests, 50, 60);
        Assert.Equal(5000, it.World.Server.Arrivals.Count);
    }

    [Fact]
    public async Task AtTheEndTwiceAsManyRequestsGoAtATime()
    {
        await using var it = await FaultWorld.StartAsync();
        var release = new TaskCompletionSource();
        var logger = Burst(it, release.Task);
        await it.Faults.Requests.WaitForAsync(4, request => request.IsRows, "rows");
        var closing = logger.Client.DisposeAsync();
        await it.Faults.Requests.WaitForAsync(8, request => request.IsRows, "rows at the end");
        release.SetResult();
        await closing;

        Assert.Equal(8, it.Faults.MostAtOnce);
        Assert.Equal(5000, it.World.Server.Arrivals.Count);
    }

    /// <summary>5,000 rows, worth 50 requests, that the server answers once it is released.</summary>
    static BraintrustLogger Burst(FaultWorld it, Task release)
    {
        it.Faults.ForAllRows(Fault.Until(release));
        var logger = it.Logger(options => options.BatchSizeLimit = 100);
        for (var i = 0; i < 5000; i++)
        {
            logger.Log(name: $"row {i}");
        }
        return logger;
    }

    [Fact, Trait("Row", "N23")]
    public async Task TwoHundredClientsThatFailTogetherDoNotComeBackTogether()
    {
        var clock = new FakeTimeProvider();
        using var handler = new RecordingHandler(static _ => new HttpResponseMessage(HttpStatusCode.ServiceUnavailable));
        BraintrustClient[] clients = [.. Enumerable.Range(0, 200).Select(_ => new BraintrustClient(new()
        {
            ApiKey = Some.ApiKey(), AppUrl = "https://app.example", HttpMessageHandler = handler, TimeProvider = clock, EagerlyEmitFirstEvent = false, FlushOnExit = false,
        }))];
        foreach (var client in clients)
        {
            client.GetLogger("P", setCurrent: false).Log(name: "row");
            Assert.Equal(1, (await client.FlushAsync(TimeSpan.FromMilliseconds(1))).Pending);
        }
        var attempts = handler.Requests.CountBy(static request => request.Key!).ToDictionary();
        Assert.Equal(200, attempts.Count); // all failed, at the same moment
        // A loop that is awake reads a row before the flush behind it, which then asks once more: such a client is further on than the others.
        BraintrustClient[] together = [.. clients.Where(client => attempts[client.Connection.ApiKey!] == 1)];
        Assert.InRange(together.Length, 100, 200);

        var seconds = together.Select(client => (Inside.GateOf(client).OpensAt - clock.GetTimestamp()) / (double)clock.TimestampFrequency).Order().ToList();
        Assert.InRange(seconds[0], 0.05, 0.5);
        Assert.InRange(seconds[^1], 0.05, 0.5);
        for (var from = 0.051; from < 0.5; from += 0.025)
        {
            Assert.InRange(seconds.Count(it => it >= from && it < from + 0.025), 0, 35); // ten, were they evenly spread; more than a third would be no chance
        }
        await Task.WhenAll(clients.Select(client => client.DisposeAsync().AsTask()));
        Assert.All(clients, client => Assert.Equal((1, 0), (client.Ledger.DroppedRows, client.Ledger.ResidentRows)));
    }
}
