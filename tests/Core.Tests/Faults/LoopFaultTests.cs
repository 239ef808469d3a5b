using System.Net;
using Braintrust.Logging.Tests.Clients;
using Braintrust.Logging.Tests.Transport;
using Microsoft.Extensions.Time.Testing;

namespace Braintrust.Logging.Tests.Faults;

/// <summary>The loop against options at their extremes, and against a user's parts that do not keep their promises.</summary>
public sealed class LoopFaultTests
{
    [Fact, Trait("Row", "L01")]
    public async Task AHandlerThatBlocksItsThreadHoldsUpNeitherAFlushNorTheEnd()
    {
        await using var world = await World.StartAsync();
        using var handler = new BlockingHandler();
        var logger = world.Logger(options => options.HttpMessageHandler = handler);
        logger.Log(name: "row");

        var flush = logger.Client.FlushAsync(TimeSpan.FromSeconds(3));
        await handler.Entered.Task.WaitAsync(Patience.Limit);
        world.Clock.Advance(TimeSpan.FromSeconds(3));
        await flush.WaitAsync(Patience.Limit);
        Assert.Equal((false, 1), ((await flush).Completed, (await flush).Pending));

        var disposal = logger.Client.DisposeAsync().AsTask();
        world.Clock.Advance(TimeSpan.FromSeconds(5)); // the time it has for its end
        await disposal.WaitAsync(Patience.Limit);
        Assert.Equal(1, logger.Client.Ledger.Dropped["shutdown"]);
        handler.Release.Set();
    }

    [Theory, InlineData(1), InlineData(1000)]
    public async Task WhatMayGoNowGoesHoweverOldItIs(int milliseconds)
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => (options.RetryTimeLimit, options.Period) = (TimeSpan.FromMilliseconds(milliseconds), TimeSpan.FromSeconds(2)));

        for (var i = 0; i < 3; i++)
        {
            logger.Log(name: $"row {i}");
            world.Clock.Advance(TimeSpan.FromSeconds(2));
            await world.Server.WaitForRowsAsync(i + 1);
        }
        await world.Settled(logger.Client);
        Assert.Empty(world.Losses);
    }

    [Fact]
    public async Task AFunctionThatWasFrozenForADayStillDelivers()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.FlushMode = FlushMode.OnDemand);

        logger.Log(name: "row");
        world.Clock.Advance(TimeSpan.FromHours(25));

        Assert.Equal(1, (await logger.Client.FlushAsync()).Delivered);
    }

    [Fact]
    public async Task RowsOfAProjectThatIsPausedExpireEachInItsTime()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.RetryTimeLimit = TimeSpan.FromHours(1));
        world.Server.OnLogs3 = _ => Task.FromResult<Reply?>(new Reply(403, "{}"));

        for (var minutes = 0; minutes < 180; minutes += 10)
        {
            logger.Log(name: $"row {minutes}");
            await world.Settled(logger.Client);
            world.Clock.Advance(TimeSpan.FromMinutes(10));
        }
        await world.Settled(logger.Client);

        Assert.InRange(logger.Client.Ledger.ResidentRows, 5, 7);
        Assert.Equal(18 - logger.Client.Ledger.ResidentRows, logger.Client.Ledger.Dropped["expired"]);
    }

    [Fact, Trait("Row", "L09")]
    public async Task ALoopThatFailsEachTimeComesBackWithoutSpinning()
    {
        await using var world = await World.StartAsync();
        var clock = new BrokenClock(world.Clock);
        var logger = world.Logger(options => options.TimeProvider = clock);
        logger.Log(name: "before");
        await logger.Client.FlushAsync();

        clock.IsBroken = true;
        logger.Log(name: "row");
        var flush = logger.Client.FlushAsync();
        await clock.Failed.WaitForAsync(1);
        Assert.Equal(TimeSpan.Zero, logger.Client.AskHeartbeat()); // asked now for the first time
        for (var pauses = 1; pauses < 5; pauses++)
        {
            await clock.Pauses.WaitForAsync(pauses);
            Assert.Equal(pauses, clock.Failed.Count); // one a second at most
            world.Clock.Advance(TimeSpan.FromSeconds(1));
        }
        await clock.Pauses.WaitForAsync(5);
        Assert.True(logger.Client.AskHeartbeat() >= TimeSpan.FromSeconds(3)); // coming back is no sign of life, a turn is
        clock.IsBroken = false;
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await flush.WaitAsync(Patience.Limit);

        Assert.Equal(2, world.Rows.Count);
    }

    [Fact, Trait("Row", "L09")]
    public async Task ALoopThatNeverRecoversStillLetsGo()
    {
        await using var world = await World.StartAsync();
        var clock = new BrokenClock(world.Clock);
        var logger = world.Logger(options => options.TimeProvider = clock);
        clock.IsBroken = true;
        logger.Log(name: "row");

        var disposal = logger.Client.DisposeAsync().AsTask();
        for (var pauses = 1; pauses <= 10; pauses++)
        {
            var pause = clock.Pauses.WaitForAsync(pauses);
            if (await Task.WhenAny(disposal, pause) == disposal)
            {
                break;
            }
            await pause; // neither: the failure says so
            world.Clock.Advance(TimeSpan.FromSeconds(1));
        }
        await disposal.WaitAsync(Patience.Limit);

        Assert.InRange(clock.Failed.Count, 1, 6); // one a second, and five for its end
        Assert.Equal(0, logger.Client.Ledger.ResidentRows);
    }

    [Fact, Trait("Row", "N13")]
    public async Task ALimitThatCouldNotBeAskedForAtTheStartIsAskedForLater()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        world.Server.PayloadLimitBytes = 200_000;
        world.Server.OnVersion = _ => Task.FromResult<Reply?>(Reply.ServerError);
        logger.Log(name: "first");
        await logger.Client.FlushAsync();
        Assert.Equal(1, world.Server.VersionCount); // the fault happened

        world.Server.OnVersion = null;
        world.Clock.Advance(TimeSpan.FromMinutes(1.1));
        logger.Log(name: "second");
        await logger.Client.FlushAsync();
        await Patience.UntilAsync(() => Inside.BodyLimitOf(logger.Client).Bytes == 100_000);
        Assert.Equal(2, world.Server.VersionCount);

        for (var i = 0; i < 50; i++)
        {
            logger.Log(output: new string('x', 10_000));
        }
        await logger.Client.FlushAsync();
        Assert.All(world.Server.Requests.Entries, request => Assert.InRange(request.Bytes.Length, 0, 100_000)); // half of what is announced
    }

    [Fact]
    public async Task ProjectsThatFailedAreForgottenTooOnceTheyHaveNoRows()
    {
        var clock = new FakeTimeProvider();
        using var handler = new RecordingHandler(request => request.RequestUri!.AbsolutePath == "/api/project/register"
            ? RecordingHandler.Json("{}", HttpStatusCode.Forbidden)
            : RecordingHandler.Healthy(request));
        var client = new BraintrustClient(new()
        {
            ApiKey = Some.ApiKey(), AppUrl = "https://app.example", HttpMessageHandler = handler, TimeProvider = clock, EagerlyEmitFirstEvent = false, FlushOnExit = false,
            RetryTimeLimit = TimeSpan.FromHours(1),
        });

        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 1100; i++)
            {
                client.GetLogger($"project {round}-{i}", setCurrent: false).Log(name: "row");
            }
            Assert.Equal(1100, (await client.FlushAsync(TimeSpan.FromMilliseconds(1))).Pending);
            clock.Advance(TimeSpan.FromHours(2));
            await client.FlushAsync(TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal(3300, client.Ledger.Dropped["expired"]);
        Assert.InRange(client.Lanes, 0, 2200);
        await client.DisposeAsync();
    }

    [Fact, Trait("Row", "L06")]
    public async Task OptionsAtTheirExtremesWork()
    {
        await using var world = await World.StartAsync();
        var longest = TimeSpan.FromMilliseconds(int.MaxValue);
        Action<BraintrustOptions>[] extremes =
        [
            o => (o.Period, o.RetryTimeLimit, o.ShutdownTimeout, o.FlushTimeout) = (longest, longest, longest, longest),
            o => (o.Period, o.BatchSizeLimit, o.EagerlyEmitFirstEvent) = (TimeSpan.FromTicks(1), 1, true),
            o => (o.QueueLimit, o.BatchSizeLimit, o.QueueLimitBytes) = (int.MaxValue, int.MaxValue, long.MaxValue),
            o => (o.QueueLimit, o.FlushMode) = (1, FlushMode.OnDemand),
            o => o.QueueLimit = 1,
            o => (o.RetryTimeLimit, o.FlushTimeout) = (TimeSpan.FromTicks(1), longest),
        ];
        foreach (var change in extremes)
        {
            var logger = world.Logger(change);
            var before = world.Rows.Count;
            logger.Log(name: "row");
            var result = await logger.Client.FlushAsync();
            Assert.Equal((true, 1), (result.Completed, result.Delivered + (world.Rows.Count - before - result.Delivered)));
            await logger.Client.DisposeAsync();
            Assert.Equal(0, logger.Client.Ledger.DroppedRows);
        }
    }

    [Fact, Trait("Row", "N15")]
    public async Task ARefusalOfAHundredThousandReadyBatchesIsNoDeepMatter()
    {
        var isRefused = false;
        using var acceptor = new Acceptor { Status = () => isRefused ? HttpStatusCode.Forbidden : HttpStatusCode.OK };
        var clock = new FakeTimeProvider();
        var client = new BraintrustClient(new()
        {
            ApiKey = Some.ApiKey(), AppUrl = "https://app.example", HttpMessageHandler = acceptor, TimeProvider = clock, EagerlyEmitFirstEvent = false, FlushOnExit = false, BatchSizeLimit = 1, QueueLimitBytes = 1 << 30,
        });
        var logger = client.GetLogger("P", setCurrent: false);
        logger.Log(name: "first"); // by now the project is known
        await client.FlushAsync();
        isRefused = true;
        var release = new TaskCompletionSource();
        acceptor.Before = _ => release.Task;
        for (var i = 0; i < 90_000; i++)
        {
            logger.Log(name: "row");
        }

        var flush = client.FlushAsync(TimeSpan.FromMilliseconds(1));
        await Patience.UntilAsync(() => Inside.ReadyBatches(client) > 80_000);
        release.SetResult();
        var result = await flush.WaitAsync(Patience.Limit);
        Assert.Equal(90_000, result.Pending);
        await client.DisposeAsync().AsTask().WaitAsync(Patience.Limit);
        Assert.Equal((90_000, 0), (client.Ledger.Dropped["shutdown"], client.Ledger.ResidentRows));
    }

    [Fact, Trait("Row", "N05")]
    public async Task WhatIsSaidAfterTheEndWaitsForTheEndThoughFeedbackCameBefore()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(static options => options.BatchSizeLimit = 1);
        logger.Log(name: "warm");
        await logger.Client.FlushAsync();
        var failed = 0;
        var release = new TaskCompletionSource();
        world.Server.OnLogs3 = async request =>
        {
            if (request.Body.Contains("quality"))
            {
                await release.Task; // the end, and what is said after it, come to wait for the feedback
            }
            return request.Body.Contains("\"old\"") && Interlocked.Increment(ref failed) == 1 ? Reply.ServerError : null;
        };

        var span = logger.StartSpan("span");
        logger.LogFeedback(span.Id, new Dictionary<string, double> { ["quality"] = 0.25 });
        span.Log(output: "old");
        span.End();
        var first = logger.Client.FlushAsync(TimeSpan.FromMinutes(5));
        await world.Server.Requests.WaitForAsync(1, request => request.Body.Contains("quality"), "feedback");
        await Patience.UntilAsync(() => logger.Client.Ledger.UnreadBytes == 0);
        span.Log(output: "new");
        var flush = logger.Client.FlushAsync(TimeSpan.FromMinutes(5));
        await Patience.UntilAsync(() => logger.Client.Ledger is { ResidentRows: 3, UnreadBytes: 0 });
        release.SetResult();
        await world.AdvanceUntil(Task.WhenAll(first, flush));

        Assert.Equal(2, failed); // the end was sent twice
        Assert.Equal("new", (string?)world.Row("span")["output"]);
    }

    /// <summary>Takes its thread and does not give it back, as a handler that waits for a token in the old way.</summary>
    sealed class BlockingHandler() : DelegatingHandler(new SocketsHttpHandler { ActivityHeadersPropagator = null })
    {
        public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ManualResetEventSlim Release { get; } = new();

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.RequestUri!.AbsolutePath == "/logs3")
            {
                Entered.TrySetResult();
                Release.Wait(Patience.Limit, CancellationToken.None);
            }
            return base.SendAsync(request, cancellationToken);
        }
    }

    /// <summary>A clock whose timers cannot be set for a while.</summary>
    sealed class BrokenClock(TimeProvider inner) : TimeProvider
    {
        public volatile bool IsBroken;

        public Journal<int> Failed { get; } = new();

        /// <summary>The loop's waits for its next try that began meanwhile; a request's deadline is another timer.</summary>
        public Journal<TimeSpan> Pauses { get; } = new();

        public override long TimestampFrequency => inner.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow();

        public override long GetTimestamp() => inner.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new BrokenTimer(this, inner.CreateTimer(callback, state, dueTime, period));
            if (IsBroken && dueTime == TimeSpan.FromSeconds(1))
            {
                Pauses.Add(dueTime);
            }
            return timer;
        }

        sealed class BrokenTimer(BrokenClock clock, ITimer inner) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                if (clock.IsBroken)
                {
                    clock.Failed.Add(0);
                    throw new InvalidOperationException("hostile");
                }
                return inner.Change(dueTime, period);
            }

            public void Dispose() => inner.Dispose();

            public ValueTask DisposeAsync() => inner.DisposeAsync();
        }
    }
}
