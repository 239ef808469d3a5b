using Braintrust.Logging;
using Braintrust.Logging.Tests;
using Microsoft.Extensions.Time.Testing;
using Serilog.Core;
using Serilog.Debugging;
using Serilog.Events;

namespace Serilog.Sinks.Braintrust.Tests;

/// <summary>What does not arrive reaches the fallback: rejected, refused, expired, closed.</summary>
public class FailureTests
{
    [Theory]
    [InlineData(LogEventLevel.Verbose, false)]
    [InlineData(LogEventLevel.Information, false)]
    [InlineData(LogEventLevel.Verbose, true)]
    public async Task ARejectedEventGoesDownTheFallbackChainAndItsNeighboursArrive(LogEventLevel minimum, bool isSwitched)
    {
        await using var world = await World.OnSocketsAsync();
        var refusals = Reject(world.Server, "poison");
        var fallback = new RecordingSink();
        await using var log = new LoggerConfiguration()
            .WriteTo.FallbackChain(
                it => it.Braintrust(world.Client, world.Project, restrictedToMinimumLevel: minimum, levelSwitch: isSwitched ? new LoggingLevelSwitch(minimum) : null),
                it => it.Sink(fallback))
            .CreateLogger();

        log.Information("good {N}", 1);
        log.Information("poison");
        log.Information("good {N}", 2);
        var rows = await world.RowsAsync();

        Assert.Equal(["good 1", "good 2"], rows.Select(it => it.Text("output")).Order());
        Assert.Equal("poison", Assert.Single(fallback.Events.Entries).MessageTemplate.Text);
        Assert.True(refusals.Count > 0);
        Assert.Equal(1, world.Client.Ledger.Dropped[LossReasons.Rejected]);
    }

    [Fact]
    public async Task AListenerIsToldOfTheVeryEventThatWasRejected()
    {
        await using var world = await World.OnSocketsAsync();
        var refusals = Reject(world.Server, "poison");
        var listener = new RecordingListener();
        await using var log = new LoggerConfiguration().WriteTo.Fallible(it => it.Braintrust(world.Client, world.Project), listener).CreateLogger();
        var given = new LogEvent(DateTimeOffset.UnixEpoch, LogEventLevel.Information, null, new MessageTemplate("poison", []), []);

        log.Write(given);
        await world.RowsAsync();

        var (kind, message, events) = Assert.Single(listener.Told.Entries);
        Assert.Equal(LoggingFailureKind.Permanent, kind);
        Assert.StartsWith("rejected: Braintrust answered 400", message, StringComparison.Ordinal);
        Assert.Same(given, Assert.Single(events));
        Assert.True(refusals.Count > 0);
    }

    [Fact]
    public async Task AFullQueueTellsOfEveryEventItRefused()
    {
        var login = new TaskCompletionSource();
        await using var world = await World.OnSocketsAsync(options => options.QueueLimit = 10);
        world.Server.OnLogin = async _ =>
        {
            await login.Task;
            return null;
        };
        var listener = new RecordingListener();
        await using var log = new LoggerConfiguration().WriteTo.Fallible(it => it.Braintrust(world.Client, world.Project), listener).CreateLogger();

        for (var i = 0; i < 100; i++)
        {
            log.Information("{N}", i);
        }
        login.SetResult();
        var rows = await world.RowsAsync();

        Assert.Equal(10, rows.Count);
        Assert.Equal(Enumerable.Range(10, 90).Select(n => n.ToString()), listener.Events.Select(it => it.RenderMessage()));
        Assert.All(listener.Told.Entries, it => Assert.StartsWith("queue_full", it.Message, StringComparison.Ordinal));
        Assert.Equal(90, world.Client.Ledger.Dropped[LossReasons.QueueFull]);
    }

    [Fact, Trait("Row", "F03"), Trait("Row", "Q13")]
    public async Task AListenerThatBlocksHoldsUpNoLogCallAndKeepsABoundedShareOfWhatIsRefused()
    {
        await using var world = await World.OnSocketsAsync(options => (options.QueueLimitBytes, options.ShutdownTimeout) = (160_000, TimeSpan.Zero));
        world.Server.OnLogin = static _ => Task.FromResult<Reply?>(Reply.ServerError);
        var listener = new BlockingListener();
        var log = new LoggerConfiguration().WriteTo.Fallible(it => it.Braintrust(world.Client, world.Project), listener).CreateLogger();

        for (var i = 0; !listener.IsEntered.IsCompleted; i++)
        {
            log.Information("{N}", i); // until the queue is full, and the listener stands
            await Task.Yield();
        }
        for (var i = 0; i < 10_000; i++)
        {
            log.Information("refused {N}", i); // each returns
        }

        Assert.Single(listener.Told.Entries);
        Assert.InRange(world.Client.Ledger.ResidentBytes, 1, 160_000 + 160_000 / 16);
        await world.Client.DisposeAsync();
        log.Information("too late"); // this one as well
        listener.Release();
        await listener.Told.WaitForAsync(2, static it => it.Message.StartsWith("queue_full", StringComparison.Ordinal), "what was refused"); // told on the pool, for which no time is left to wait
        await log.DisposeAsync();
        Assert.True(world.Client.Ledger.Dropped[LossReasons.QueueFull] > 9_000); // rows that are written weigh less, and make room for a few
        Assert.InRange(listener.Told.Entries.Count(static it => it.Message.StartsWith("queue_full", StringComparison.Ordinal)), 2, 100); // as many as had room
    }

    [Fact]
    public async Task AnEventAfterTheEndIsLostAsClosed()
    {
        await using var world = await World.OnSocketsAsync();
        var listener = new RecordingListener();
        var log = new LoggerConfiguration().WriteTo.Fallible(it => it.Braintrust(world.Client, world.Project), listener).CreateLogger();

        log.Information("in time");
        await log.DisposeAsync();
        log.Information("too late");
        await world.Client.DisposeAsync();
        log.Information("much too late");
        await listener.Told.WaitForAsync(2);

        Assert.Equal(["too late", "much too late"], listener.Events.Select(it => it.MessageTemplate.Text));
        Assert.Equal(2, world.Client.Ledger.Dropped[LossReasons.Closed]);
        Assert.Equal("in time", Assert.Single(world.Server.Stored(world.Project)).Text("output"));
    }

    [Fact]
    public async Task AnEventThatWaitedTooLongIsLostAsExpired()
    {
        var clock = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using var world = await World.OnSocketsAsync(options =>
        {
            options.TimeProvider = clock;
            options.RetryTimeLimit = TimeSpan.FromMinutes(1);
        });
        world.Server.OnLogs3 = _ => Task.FromResult<Reply?>(Reply.ServerError);
        var listener = new RecordingListener();
        await using var log = new LoggerConfiguration().WriteTo.Fallible(it => it.Braintrust(world.Client, world.Project), listener).CreateLogger();

        log.Information("old");
        Assert.Equal(1, (await world.Client.FlushAsync(TimeSpan.FromTicks(1))).Pending); // the refusal has been read: no request is under way that would time out
        clock.Advance(TimeSpan.FromMinutes(2)); // one more try, and then it is too old
        var told = await listener.Told.WaitForAsync(1);

        Assert.StartsWith("expired", told[0].Message, StringComparison.Ordinal);
        Assert.Equal("old", Assert.Single(told[0].Events).MessageTemplate.Text);
        Assert.Equal(1, world.Client.Ledger.Dropped[LossReasons.Expired]);
    }

    [Fact]
    public async Task AnEventThatCouldNotBeDeliveredBeforeTheEndIsLostAsShutdown()
    {
        await using var world = await World.OnSocketsAsync(options => options.ShutdownTimeout = TimeSpan.Zero);
        var login = new TaskCompletionSource();
        world.Server.OnLogin = async _ =>
        {
            await login.Task;
            return null;
        };
        var listener = new RecordingListener();
        await using var log = new LoggerConfiguration().WriteTo.Fallible(it => it.Braintrust(world.Client, world.Project), listener).CreateLogger();

        log.Information("stuck");
        await world.Client.DisposeAsync();

        Assert.StartsWith("shutdown", Assert.Single(await listener.Told.WaitForAsync(1)).Message, StringComparison.Ordinal); // told on the pool, for which no time was left to wait
        Assert.Equal(1, world.Client.Ledger.Dropped[LossReasons.Shutdown]);
        login.SetResult();
    }

    [Fact]
    public async Task AFallbackThatThrowsOrLogsBreaksNothing()
    {
        await using var world = await World.OnSocketsAsync();
        var refusals = Reject(world.Server, "poison");
        ILogger? self = null;
        var listener = new ThrowingListener(() => self!.Information("from the fallback"));
        await using var log = new LoggerConfiguration().WriteTo.Fallible(it => it.Braintrust(world.Client, world.Project), listener).CreateLogger();
        self = log;

        log.Information("poison");
        await world.RowsAsync();
        var rows = await world.RowsAsync();

        Assert.Equal("from the fallback", Assert.Single(rows).Text("output"));
        Assert.True(refusals.Count > 0);
    }

    [Fact]
    public async Task WithoutAListenerSelfLogSaysWhatWasLost()
    {
        await using var world = await World.OnSocketsAsync();
        var refusals = Reject(world.Server, "poison", 422); // one line a minute and cause: this one is its own
        var said = new Journal<string>();
        SelfLog.Enable(line => said.Add(line));
        try
        {
            await using var log = world.Logger();
            log.Information("poison");
            await world.RowsAsync();

            await said.WaitForAsync(1, line => line.Contains("Braintrust answered 422", StringComparison.Ordinal), "a line about the 422"); // told on the pool
            Assert.DoesNotContain(said.Entries, line => line.Contains(world.Server.ApiKey, StringComparison.Ordinal));
            Assert.True(refusals.Count > 0);
        }
        finally
        {
            SelfLog.Disable();
        }
    }

    static Journal<string> Reject(FakeBraintrust server, string word, int status = 400)
    {
        var refusals = new Journal<string>();
        server.OnLogs3 = request =>
        {
            if (!request.Body.Contains(word, StringComparison.Ordinal))
            {
                return Task.FromResult<Reply?>(null);
            }
            refusals.Add(request.Body);
            return Task.FromResult<Reply?>(new Reply(status, """{"error":"no"}"""));
        };
        return refusals;
    }

    sealed class BlockingListener : ILoggingFailureListener
    {
        readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        readonly ManualResetEventSlim _release = new();

        public Task IsEntered => _entered.Task;

        public Journal<(LoggingFailureKind Kind, string Message)> Told { get; } = new();

        public void Release() => _release.Set();

        public void OnLoggingFailed(object sender, LoggingFailureKind kind, string message, IReadOnlyCollection<LogEvent>? events, Exception? exception)
        {
            Told.Add((kind, message));
            _entered.TrySetResult();
            _release.Wait(Patience.Limit);
        }
    }

    sealed class ThrowingListener(Action first) : ILoggingFailureListener
    {
        public void OnLoggingFailed(object sender, LoggingFailureKind kind, string message, IReadOnlyCollection<LogEvent>? events, Exception? exception)
        {
            first();
            throw new InvalidOperationException("the fallback is broken too");
        }
    }
}
