using Braintrust.Logging;
using Braintrust.Logging.Tests;
using Serilog.Core;
using Serilog.Debugging;
using Serilog.Events;

namespace Serilog.Sinks.Braintrust.Tests;

public class LifetimeTests
{
    [Fact]
    public async Task DisposingTheLoggerDeliversEverything()
    {
        await using var world = await World.OnSocketsAsync();
        await using var lease = world.Shared();
        var log = new LoggerConfiguration().WriteTo.Braintrust(world.PointTo).CreateLogger();
        for (var i = 0; i < 100; i++)
        {
            log.Information("{N}", i);
        }

        log.Dispose();

        Assert.Equal(100, world.Server.Stored(world.Project).Count);
        world.CheckLedger();
    }

    [Fact]
    public async Task DisposingTwiceInBothWaysAndAtOnceIsDisposingOnce()
    {
        await using var world = await World.OnSocketsAsync();
        await using var other = world.Shared();
        var sink = new BraintrustSink(world.Shared(), world.Client.Api.Settings, default);
        sink.Emit(Event("hello"));

        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => i % 2 == 0 ? Task.Run(sink.Dispose) : Task.Run(async () => await sink.DisposeAsync())));
        sink.Dispose();
        await sink.DisposeAsync();

        Assert.False(other.Client.IsClosed); // the other user's hold was not taken away
        Assert.Single(world.Server.Stored(world.Project));
        world.CheckLedger();
    }

    [Fact]
    public async Task ASinkInsideAConditionalIsDisposedTwiceBySerilogAndLivesWithIt()
    {
        await using var world = await World.OnSocketsAsync();
        await using (var log = new LoggerConfiguration().WriteTo.Conditional(_ => true, it => it.Braintrust(world.PointTo)).CreateLogger())
        {
            log.Information("hello");
        }

        Assert.Single(world.Server.Stored(world.Project));
    }

    [Fact]
    public async Task TwoSinksOfOneAccountShareOneLoginAndOneQueue()
    {
        await using var world = await World.OnSocketsAsync();
        var second = world.Project + "-2";
        await using (var log = new LoggerConfiguration()
            .WriteTo.Braintrust(world.PointTo)
            .WriteTo.Braintrust(options =>
            {
                options.Project = second;
                world.PointTo(options);
            })
            .CreateLogger())
        {
            log.Information("hello");
        }

        Assert.Single(world.Server.Stored(world.Project));
        Assert.Single(world.Server.Stored(second));
        Assert.Equal(1, world.Server.LoginCount);
    }

    [Fact]
    public async Task ASinkThatIsDisposedTakesNothingMoreThoughItsClientLivesOn()
    {
        await using var world = await World.OnSocketsAsync();
        await using var lease = world.Shared();
        var losses = new Journal<RowLoss>();
        var log = new LoggerConfiguration().WriteTo.Braintrust(options =>
        {
            world.PointTo(options);
            options.OnLoss = loss => losses.Add(loss);
        }).CreateLogger();
        await log.DisposeAsync();

        log.Information("too late");
        var told = await losses.WaitForAsync(1);

        Assert.Equal(LossReasons.Closed, told[0].Reason);
        Assert.Equal(1, lease.Client.Ledger.Dropped[LossReasons.Closed]);
        world.CheckLedger();
    }

    [Fact]
    public async Task LoggingWhileDisposingLosesNothingInSilence()
    {
        await using var world = await World.OnSocketsAsync();
        var lease = world.Shared();
        var listener = new RecordingListener();
        var log = new LoggerConfiguration().WriteTo.Fallible(it => it.Braintrust(world.PointTo), listener).CreateLogger();
        await lease.DisposeAsync(); // the sink is the client's last user now
        const int writers = 4;
        const int each = 500;
        var started = new CountdownEvent(writers);

        var writing = Enumerable.Range(0, writers).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < each; i++)
            {
                log.Information("{N}", i);
                if (i == 100)
                {
                    started.Signal();
                }
            }
        })).ToArray();
        await Task.Run(started.Wait);
        await log.DisposeAsync();
        await Task.WhenAll(writing);

        var stored = world.Server.Stored(world.Project).Count;
        await listener.Told.WaitForAsync(told => told.Sum(it => it.Events.Count) >= writers * each - stored, "all that was not stored");
        Assert.Equal(writers * each, stored + listener.Events.Count());
        Assert.Equal(writers * each, lease.Client.Ledger.Accepted);
        world.CheckLedger();
    }

    [Fact]
    public async Task LoggingReturnsAtOnceWhileTheLoginHangs()
    {
        await using var world = await World.OnSocketsAsync();
        var login = new TaskCompletionSource();
        world.Server.OnLogin = async _ =>
        {
            await login.Task;
            return null;
        };
        await using var log = world.Logger();

        log.Information("hello");
        await world.Server.WaitForLoginAsync(1);
        log.Information("again");
        Assert.Empty(world.Server.Stored(world.Project));
        login.SetResult();

        Assert.Equal(2, (await world.RowsAsync()).Count);
    }

    [Theory]
    [InlineData(LogEventLevel.Warning, null, 4)]
    [InlineData(LogEventLevel.Fatal, LogEventLevel.Warning, 4)]
    [InlineData(LogEventLevel.Verbose, null, 7)]
    public async Task OnlyLevelsThatPassTheGateAreWritten(LogEventLevel minimum, LogEventLevel? switched, int written)
    {
        await using var world = await World.OnSocketsAsync();
        var levelSwitch = switched is { } level ? new LoggingLevelSwitch(level) : null;
        await using var log = new LoggerConfiguration().MinimumLevel.Verbose()
            .WriteTo.Braintrust(world.Client, world.Project, restrictedToMinimumLevel: minimum, levelSwitch: levelSwitch)
            .CreateLogger();

        foreach (var each in Enum.GetValues<LogEventLevel>())
        {
            log.Write(each, "{Level}", each);
        }
        log.Warning("once more");

        Assert.Equal(written, (await world.RowsAsync()).Count);
    }

    [Fact]
    public async Task AMissingKeyIsSaidOnSelfLogAndThrowsNothing()
    {
        await using var world = await World.OnSocketsAsync();
        var said = new Journal<string>();
        SelfLog.Enable(line => said.Add(line));
        try
        {
            await using (var log = new LoggerConfiguration().WriteTo.Braintrust(options =>
            {
                world.PointTo(options);
                options.ApiKey = null;
                options.ShutdownTimeout = TimeSpan.FromMilliseconds(1);
            }).CreateLogger())
            {
                log.Information("hello");
                await said.WaitForAsync(lines => lines.Any(line => line.Contains("BRAINTRUST_API_KEY", StringComparison.Ordinal)), "the missing key");
            }
        }
        finally
        {
            SelfLog.Disable();
        }
    }

    [Fact]
    public async Task AnEventCostsItsCallerNoMemoryBeyondTheEntry()
    {
        const int events = 1_000;
        await using var world = await World.OnSocketsAsync(options =>
        {
            options.Period = TimeSpan.FromMinutes(10);
            options.BatchSizeLimit = 100_000;
        });
        await using var log = world.Logger();
        await using var nothing = new LoggerConfiguration().MinimumLevel.Verbose().WriteTo.Sink(new NoSink()).CreateLogger();
        log.Information("first"); // goes out eagerly
        await world.Server.WaitForRowsAsync(1);
        for (var i = 0; i < 20 * events; i++)
        {
            Log(log); // the queue keeps the room that it grew to
        }
        await world.Client.FlushAsync();
        var before = world.Client.Ledger.Accepted;

        Measure(nothing);
        var baseline = Measure(nothing);
        var ours = Measure(log);

        Assert.Equal(events, world.Client.Ledger.Accepted - before);
        Assert.Equal(0, (ours - baseline) / events);
        world.CheckLedger();

        static void Log(ILogger log) => log.Information("Order {OrderId} of {@Customer} in {Region} took {Elapsed} ms", 17, Customer, "eu", 12.5);

        static long Measure(ILogger log)
        {
            var start = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < events; i++)
            {
                Log(log);
            }
            return GC.GetAllocatedBytesForCurrentThread() - start;
        }
    }

    static readonly object Customer = new { Name = "Ada", Tags = new[] { "a", "b" } };

    static LogEvent Event(string text) => new(DateTimeOffset.UnixEpoch, LogEventLevel.Information, null, new MessageTemplate(text, []), []);

    sealed class NoSink : ILogEventSink
    {
        public void Emit(LogEvent logEvent) { }
    }
}
