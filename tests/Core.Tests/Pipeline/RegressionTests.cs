using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Braintrust.Logging.Tests.Clients;
using Braintrust.Logging.Tests.Faults;

namespace Braintrust.Logging.Tests.Pipeline;

/// <summary>What an adversarial review once found broken, each as small as it can be told.</summary>
public sealed class RegressionTests
{
    static readonly Dictionary<string, double> AScore = new() { ["quality"] = 0.5 };

    static IEnumerable<RecordedRequest> Bodies(World world) => world.Server.Requests.Entries.Where(request => request.Path == "/logs3");

    static int TimesSent(World world, string what) => Bodies(world).Count(request => request.Body.Contains(what));

    [Fact]
    public async Task ASpanThatOpensBeforeAllElseIsWaitedForAtRest()
    {
        await using var world = await World.StartAsync();
        var turns = 0;
        var clock = new WatchedClock(world.Clock, () => Interlocked.Increment(ref turns));
        using var span = world.Logger(options => (options.TimeProvider, options.EagerlyEmitFirstEvent) = (clock, true)).StartSpan("open");

        var other = world.Logger(); // as long as another loop takes for a hundred deliveries
        for (var i = 0; i < 100; i++)
        {
            other.Log(name: "row");
            await other.Client.FlushAsync();
        }

        await Patience.UntilAsync(() => Volatile.Read(ref turns) > 0); // it looked, once it had a processor
        Assert.InRange(Volatile.Read(ref turns), 1, 50);
    }

    [Fact]
    public async Task ASpanThatOpensAndEndsWhileAllRequestsAreUnderWayIsOneRow()
    {
        await using var world = await World.StartAsync();
        var mayAnswer = new TaskCompletionSource();
        world.Server.OnLogs3 = async _ =>
        {
            await mayAnswer.Task;
            return null;
        };
        var logger = world.Logger(options => options.BatchSizeLimit = 1);
        for (var i = 0; i < 4; i++)
        {
            logger.Log(name: "under way");
        }
        var first = logger.Client.FlushAsync();
        await world.Server.Requests.WaitForAsync(static all => all.Count(static request => request.Path == "/logs3") == 4, "four requests");

        var span = logger.StartSpan("span");
        logger.Log(name: "row"); // makes the loop look
        await Patience.UntilAsync(() => logger.Client.Ledger.UnreadBytes == 0);
        span.End();
        mayAnswer.SetResult();
        await first;
        await logger.Client.FlushAsync();

        Assert.Equal(1, TimesSent(world, span.Id));
    }

    [Fact]
    public async Task ARowThatComesWhileTheLoopArmsItsTimerIsNotForgotten()
    {
        await using var world = await World.StartAsync();
        BraintrustLogger? logger = null;
        var isArmed = 0;
        var clock = new WatchedClock(world.Clock, () =>
        {
            if (Volatile.Read(ref isArmed) == 1 && logger!.Client.Ledger.Delivered == 2 && Interlocked.Exchange(ref isArmed, 0) == 1)
            {
                logger.Log(name: "in between");
            }
        });
        logger = world.Logger(options => options.TimeProvider = clock);
        logger.Log(name: "first");
        await logger.Client.FlushAsync();

        isArmed = 1;
        logger.Log(name: "second");
        await world.AdvanceUntil(world.Server.WaitForRowsAsync(3));

        Assert.Equal(0, isArmed);
        Assert.Equal(["first", "second", "in between"], world.Rows.Select(row => (string?)row["span_attributes"]!["name"]));
    }

    [Fact]
    public async Task ARowLoggedRightBeforeTheEndIsDelivered()
    {
        await using var world = await World.StartAsync();
        for (var i = 0; i < 300; i++)
        {
            var logger = world.Logger();
            logger.Log(name: "row");
            Thread.SpinWait(i % 50 * 20);
            await logger.Client.DisposeAsync();
            Assert.Equal(1, logger.Client.Ledger.Delivered);
        }
        Assert.Equal(300, world.Rows.Count);
        Assert.Empty(world.Losses);
    }

    [Fact]
    public async Task AProbeThatFailsDoesNotLockItsBatchAndALaterOneTogether()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.BatchSizeLimit = 5);
        var hold = Task.CompletedTask;
        var isRefused = true;
        world.Server.OnLogs3 = async _ =>
        {
            await hold;
            return isRefused ? new Reply(403, "{}") : null;
        };
        for (var i = 0; i < 3; i++)
        {
            logger.Log(name: $"row {i}");
        }
        await world.Settled(logger.Client);

        var release = new TaskCompletionSource();
        hold = release.Task;
        world.Clock.Advance(TimeSpan.FromSeconds(31));
        await world.Server.WaitForLogs3Async(2); // the probe, and there it hangs
        var span = logger.StartSpan("span");
        var early = logger.Client.FlushAsync(TimeSpan.FromMinutes(1));
        await Patience.UntilAsync(() => logger.Client.Ledger.ResidentRows == 4); // the open span waits behind it
        release.SetResult();
        await world.Settled(logger.Client);
        span.Log(output: "done");
        span.End();
        await world.Settled(logger.Client);
        isRefused = false;

        var flush = logger.Client.FlushAsync(TimeSpan.FromMinutes(10));
        await world.AdvanceUntil(flush, TimeSpan.FromSeconds(2));

        Assert.True((await flush).Completed);
        Assert.Equal(0, logger.Client.Ledger.ResidentRows);
        Assert.Equal("done", (string?)world.Row("span")["output"]);
        Assert.Equal(4, world.Rows.Count);
        await world.AdvanceUntil(early);
    }

    [Fact]
    public async Task NoBodyHoldsTheSameIdTwice()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        logger.Log(name: "warm");
        await logger.Client.FlushAsync();

        var span = logger.StartSpan("span");
        logger.LogFeedback(span.Id, AScore);
        span.Log(output: "done");
        span.End();
        await logger.Client.FlushAsync();

        Assert.All(Bodies(world), body => Assert.InRange(Regex.Count(body.Body, $"\"id\":\"{span.Id}\""), 0, 1));
        Assert.InRange(TimesSent(world, span.Id), 2, 3); // so it could have been
        Assert.Equal(("done", 0.5), ((string?)world.Row("span")["output"], (double?)world.Row("span")["scores"]!["quality"]));
    }

    [Fact]
    public async Task AnUpdateThatFailsOnceDoesNotOvertakeTheEnd()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.BatchSizeLimit = 1);
        logger.Log(name: "warm");
        await logger.Client.FlushAsync();
        world.Server.OnLogs3 = request => Task.FromResult(request.Body.Contains("\"early\"") && TimesSent(world, "\"early\"") == 1 ? Reply.ServerError : null);

        var span = logger.StartSpan("span");
        logger.UpdateSpan(span.Id, output: "early");
        span.Log(output: "final");
        span.End();
        var flush = logger.Client.FlushAsync(TimeSpan.FromMinutes(5));
        await world.AdvanceUntil(flush);

        Assert.Equal(2, TimesSent(world, "\"early\"")); // the fault happened
        Assert.Equal("final", (string?)world.Row("span")["output"]);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(400)]
    [InlineData(500)]
    public async Task ASiblingDoesNotShortenRetryAfter(int siblingsAnswer)
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.BatchSizeLimit = 1);
        var ledger = logger.Client.Ledger;
        logger.Log(name: "warm");
        await logger.Client.FlushAsync();
        var release = new TaskCompletionSource();
        world.Server.OnLogs3 = async request =>
        {
            if (request.Body.Contains("limited"))
            {
                await world.Server.Requests.WaitForAsync(1, static it => it.Body.Contains("sibling"), "sibling"); // or it would not leave any more: the limit is the project's
                return TimesSent(world, "limited") == 1 ? Reply.TooMany("60") : null;
            }
            await release.Task;
            return siblingsAnswer == 200 || TimesSent(world, "sibling") > 1 ? null : new Reply(siblingsAnswer, "{}");
        };

        logger.Log(name: "limited");
        logger.Log(name: "sibling");
        var flush = logger.Client.FlushAsync(TimeSpan.FromMinutes(5));
        await world.Server.WaitForLogs3Async(3);
        await Patience.UntilAsync(() => ledger.Retried == 1);
        release.SetResult();
        await Patience.UntilAsync(() => ledger.Delivered + ledger.DroppedRows + ledger.Retried == 3);
        world.Clock.Advance(TimeSpan.FromSeconds(50));
        await world.Settled(logger.Client);
        Assert.Equal((1, 3), (TimesSent(world, "limited"), world.Server.Logs3Count));

        await world.AdvanceUntil(flush);
        Assert.Equal(2, TimesSent(world, "limited"));
        Assert.Single(world.Rows, row => (string?)row["span_attributes"]!["name"] == "limited");
    }

    [Fact]
    public async Task ManyRowsThatAreToBlameDoNotBlockTheirProject()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        world.Server.OnLogs3 = request => Task.FromResult(request.Body.Contains("poison") ? new Reply(400, "{}") : null);
        logger.Log(name: "warm");
        await logger.Client.FlushAsync();

        for (var i = 0; i < 12; i++)
        {
            logger.Log(name: $"poison {i}");
        }
        await world.Settled(logger.Client);
        for (var i = 0; i < 50; i++)
        {
            logger.Log(name: $"good {i}");
        }
        // Not counting what the project is told of its losses, which may come before the last of them.
        await world.AdvanceUntil(world.Server.Arrivals.WaitForAsync(51, row => (string?)row["span_attributes"]?["name"] != "Rows lost", "rows"), TimeSpan.FromSeconds(10));

        Assert.Equal(51, world.Rows.Count);
        Assert.True(TimesSent(world, "poison") > 3); // the fault happened
    }

    [Fact]
    public async Task TheBeginningsOfSpansAreBoundedToo()
    {
        await using var world = await World.StartAsync();
        world.Server.OnLogin = _ => Task.FromResult<Reply?>(Reply.Unavailable("900"));
        var logger = world.Logger(options =>
        {
            options.QueueLimit = 1000;
            options.QueueLimitBytes = 1_000_000;
        });
        logger.Log(name: "row");
        await world.Settled(logger.Client);

        var spans = await Task.Run(() => ManyShortSpans(logger, 20_000));

        Assert.True(world.Server.LoginCount > 0 && logger.Client.Ledger.DroppedRows > 10_000); // nothing could leave, and there was no room for most
        await CollectUntilAsync(() => spans.Count(span => span.IsAlive) <= 2500);
        Assert.Contains(spans, span => span.IsAlive);
        Assert.InRange(logger.Client.Ledger.ResidentBytes, 1, 1_000_000);
    }

    [Fact]
    public async Task FeedbackForThousandsOfRowsIsNoBurden()
    {
        const int rows = 5000;
        await using var world = await World.StartAsync();
        var release = new TaskCompletionSource();
        world.Server.OnLogin = async _ =>
        {
            await release.Task;
            return null;
        };
        var logger = world.Logger();
        var ids = new List<string>();
        for (var i = 0; i < rows; i++)
        {
            ids.Add(logger.Log(output: "x"));
            logger.LogFeedback(ids[^1], AScore);
        }
        Assert.Equal((0, 2 * rows), (world.Server.Logs3Count, (int)logger.Client.Ledger.ResidentRows)); // all of it waits together
        release.SetResult();
        var result = await logger.Client.FlushAsync();

        Assert.Equal((true, 2 * rows, 0), (result.Completed, result.Delivered, result.Dropped));
        Assert.Equal(ids.Order(), world.Rows.Select(row => (string)row["id"]!).Order());
        Assert.All(world.Rows, row => Assert.Equal(0.5, (double?)row["scores"]!["quality"]));
    }

    [Fact]
    public async Task FlushesThatCannotFinishLeaveNothingBehind()
    {
        await using var world = await World.StartAsync();
        world.Server.OnLogs3 = _ => Task.FromResult<Reply?>(new Reply(403, "{}"));
        var logger = world.Logger();
        logger.Log(name: "row");

        for (var i = 0; i < 500; i++)
        {
            Assert.False((await logger.Client.FlushAsync(TimeSpan.FromMilliseconds(1))).Completed);
        }

        Assert.True(world.Server.Logs3Count > 0); // it was refused
        Assert.InRange(Inside.Size(logger.Client, "_flushes", "_epochs"), 1, 10);
    }

    [Fact]
    public async Task ACancellationCallbackThatThrowsDoesNotBreakTheEnd()
    {
        await using var world = await World.StartAsync();
        using var handler = new HostileHandler();
        var logger = world.Logger(options => options.HttpMessageHandler = handler);
        logger.Log(name: "row");
        var flush = logger.Client.FlushAsync();
        await handler.Entered.Task.WaitAsync(Patience.Limit);

        var disposal = logger.Client.DisposeAsync().AsTask();
        world.Clock.Advance(TimeSpan.FromSeconds(5)); // the time it has for its end
        await disposal.WaitAsync(Patience.Limit);

        Assert.True(handler.HasThrown);
        Assert.Equal("shutdown", Assert.Single(world.Losses).Reason);
        Assert.Equal(1, (await flush.WaitAsync(Patience.Limit)).Dropped + (await flush).Pending);
    }

    [Fact]
    public async Task NullsInCollectionsCostNoRow()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        KeyValuePair<string, double>[] nameless = [new(null!, 1)];

        logger.Log(name: "tags", tags: ["a", null!]);
        logger.Log(name: "scores", scores: nameless);
        logger.Log(name: "metrics", metrics: nameless);
        var id = logger.Log(name: "feedback");
        logger.LogFeedback(id, [.. nameless, new("named", 1)]);
        logger.UpdateSpan(id, tags: [null!]);
        var result = await logger.Client.FlushAsync();

        Assert.Equal((true, 0), (result.Completed, result.Dropped));
        Assert.Equal(4, world.Rows.Count);
    }

    [Fact]
    public async Task SpansThatOverlapDoNotKeepEachOtherAlive()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        await Task.Run(async () =>
        {
            var (spans, last) = OverlappingSpans(logger, 2000); // in one flow, and looked at within it
            await logger.Client.FlushAsync();
            await CollectUntilAsync(() => spans.Count(span => span.IsAlive) <= 100);
            last.End();
        });
    }

    [Fact]
    public async Task AFailedLoginCountsOnceHoweverManyProjectsWaitForIt()
    {
        await using var world = await World.StartAsync();
        var client = world.Client();
        world.Server.OnLogin = _ => Task.FromResult(world.Server.LoginCount == 1 ? Reply.ServerError : null);
        for (var i = 0; i < 10; i++)
        {
            client.GetLogger($"project {i}", setCurrent: false).Log(name: "row");
        }
        await world.Settled(client);
        Assert.Equal(1, world.Server.LoginCount);

        world.Clock.Advance(TimeSpan.FromSeconds(0.5)); // what one failure costs at most
        await world.Server.WaitForLoginAsync(2);
        Assert.Equal(10, (await client.FlushAsync()).Delivered);
    }

    [Fact]
    public async Task AFlushDuringTheEndTellsTheTruth()
    {
        await using var world = await World.StartAsync();
        world.Server.OnLogs3 = _ => Task.FromResult<Reply?>(Reply.ServerError);
        var logger = world.Logger();
        logger.Log(name: "row");

        var disposal = logger.Client.DisposeAsync();
        var result = await logger.Client.FlushAsync();
        await disposal;

        Assert.True(world.Server.Logs3Count > 0); // it was tried
        Assert.Equal((0, 1), (result.Delivered, result.Dropped));
        Assert.NotNull(result.LastError);
    }

    [Fact]
    public async Task RowsStillTravelTogetherWhileAProjectWaits()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.QueueLimitBytes = 4_000_000);
        var forbidden = world.Server.AddProject("forbidden");
        world.Server.OnLogs3 = request => Task.FromResult(request.Body.Contains(forbidden) ? new Reply(403, "{}") : null);
        for (var i = 0; i < 15; i++)
        {
            logger.Client.GetLogger("forbidden", setCurrent: false).Log(output: new string('x', 100_000));
        }
        logger.Log(name: "warm");
        await world.Settled(logger.Client);
        Assert.True(logger.Client.Ledger.ResidentBytes > 1_000_000);
        var before = world.Server.Logs3Count;

        for (var i = 0; i < 20; i++) // one second
        {
            logger.Log(name: $"row {i}");
            await world.AdvanceUntil(Task.Delay(5), TimeSpan.FromMilliseconds(10)); // real time for a loop that would send each row alone; one that waits has no use for it
        }
        await world.AdvanceUntil(world.Server.WaitForRowsAsync(21));

        Assert.InRange(world.Server.Logs3Count - before, 1, 3);
    }

    [Fact]
    public async Task ASharedClientThatSomebodyDisposedIsNotHandedOutAgain()
    {
        await using var world = await World.StartAsync();
        var one = SharedClients.Acquire(world.Options());
        await one.Client.DisposeAsync();

        var two = SharedClients.Acquire(world.Options());
        Assert.NotSame(one.Client, two.Client);
        await one.DisposeAsync(); // lets go of the old one, and not of the new
        Assert.False(two.Client.IsClosed);
        Assert.Same(two.Client, SharedClients.Acquire(world.Options()).Client);
        two.GetLogger(false).Log(name: "row");
        await two.DisposeAsync();

        Assert.Single(world.Rows);
        two.Client.AssertBalanced();
        await two.Client.DisposeAsync();
    }

    [Fact]
    public async Task FeedbackThroughAnotherProjectsLoggerDoesNotHoldUpThatProject()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        var forbidden = world.Server.AddProject("forbidden");
        world.Server.OnLogs3 = request => Task.FromResult(request.Body.Contains(forbidden) ? new Reply(403, "{}") : null);
        var id = logger.Client.GetLogger("forbidden", setCurrent: false).Log(name: "refused");
        await world.Settled(logger.Client);

        logger.LogFeedback(id, AScore, comment: "in the wrong project");
        for (var i = 0; i < 10; i++)
        {
            logger.Log(name: $"row {i}");
        }
        var result = await logger.Client.FlushAsync(TimeSpan.FromSeconds(1));

        Assert.True(TimesSent(world, forbidden) > 0); // and refused
        Assert.Equal((12, 1), (result.Delivered, result.Pending));
        Assert.Equal(10, world.Rows.Count(row => ((string?)row["span_attributes"]?["name"])?.StartsWith("row") == true));
    }

    [Fact]
    public async Task OneFreshLoginServesAllThatWereRefusedTogether()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.BatchSizeLimit = 1);
        logger.Log(name: "warm");
        await logger.Client.FlushAsync();
        var release = new TaskCompletionSource();
        world.Server.OnLogs3 = async request =>
        {
            if (Bodies(world).Skip(5).Any(it => it.Order == request.Order)) // what came later, whichever is looked at first
            {
                return null;
            }
            await release.Task;
            return new Reply(401, "{}");
        };

        for (var i = 0; i < 4; i++)
        {
            logger.Log(name: $"row {i}");
        }
        var flush = logger.Client.FlushAsync(TimeSpan.FromSeconds(90));
        await world.Server.WaitForLogs3Async(5); // four of them are about to be refused
        release.SetResult();
        await world.AdvanceUntil(flush);

        Assert.Equal(4, (await flush).Delivered);
        Assert.Equal((2, 9), (world.Server.LoginCount, world.Server.Logs3Count));
    }

    [Fact]
    public async Task AClientKeepsNothingOfTheFlowThatMadeIt()
    {
        await using var world = await World.StartAsync();
        var held = await Task.Run(() => MakeClientInAFlow(world));
        await CollectUntilAsync(() => !held.IsAlive);
    }

    static readonly AsyncLocal<object?> Flow = new();

    [MethodImpl(MethodImplOptions.NoInlining)]
    static WeakReference MakeClientInAFlow(World world)
    {
        var value = new byte[100];
        Flow.Value = value;
        world.Client();
        return new WeakReference(value);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static List<WeakReference> ManyShortSpans(BraintrustLogger logger, int count)
    {
        var spans = new List<WeakReference>();
        for (var i = 0; i < count; i++)
        {
            using var span = logger.StartSpan("span", input: new string('x', 1000));
            spans.Add(new WeakReference(span));
        }
        return spans;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static (List<WeakReference> Ended, BraintrustSpan Last) OverlappingSpans(BraintrustLogger logger, int count)
    {
        var ended = new List<WeakReference>();
        var last = logger.StartSpan("span");
        for (var i = 0; i < count; i++)
        {
            var next = logger.StartSpan("span");
            last.End();
            ended.Add(new WeakReference(last));
            last = next;
        }
        return (ended, last);
    }

    /// <summary>A loop that waits for a processor may hold what it has just read.</summary>
    static Task CollectUntilAsync(Func<bool> condition) => Patience.UntilAsync(() =>
    {
        Inside.Collect();
        return condition();
    });

    /// <summary>Tells whenever a timer has been set.</summary>
    sealed class WatchedClock(TimeProvider inner, Action hasChanged) : TimeProvider
    {
        public override long TimestampFrequency => inner.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow();

        public override long GetTimestamp() => inner.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new WatchedTimer(inner.CreateTimer(callback, state, dueTime, period), hasChanged);
    }

    sealed class WatchedTimer(ITimer inner, Action hasChanged) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var result = inner.Change(dueTime, period);
            hasChanged();
            return result;
        }

        public void Dispose() => inner.Dispose();

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    /// <summary>Lets no rows through, and throws when it is told to stop.</summary>
    sealed class HostileHandler() : DelegatingHandler(new HttpClientHandler())
    {
        public TaskCompletionSource Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool HasThrown { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.RequestUri!.AbsolutePath == "/logs3")
            {
                cancellationToken.Register(() =>
                {
                    HasThrown = true;
                    throw new InvalidOperationException("hostile");
                });
                Entered.TrySetResult();
                await new TaskCompletionSource().Task;
            }
            return await base.SendAsync(request, cancellationToken);
        }
    }
}
