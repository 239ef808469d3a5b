using Braintrust.Logging;
using Braintrust.Logging.Tests;
using Braintrust.Logging.Tests.Watching;
using Serilog.Core;
using Serilog.Events;

namespace Serilog.Sinks.Braintrust.Tests;

public class AuditTests
{
    [Fact]
    public async Task AnEventIsStoredWhenTheCallReturns()
    {
        await using var world = await World.OnSocketsAsync();
        await using var log = new LoggerConfiguration().AuditTo.Braintrust(world.Client, world.Project).CreateLogger();

        log.Information("first");
        Assert.Equal("first", Assert.Single(world.Server.Stored(world.Project)).Text("output"));

        log.Information("second");
        Assert.Equal(2, world.Server.Stored(world.Project).Count);
    }

    [Fact]
    public async Task WithRowsOnDiskTheCallStillWaitsForTheAnswer()
    {
        var folder = Directory.CreateTempSubdirectory("braintrust-").FullName;
        Task released;
        await using (var world = await World.OnSocketsAsync(options => options.SpoolDirectory = folder))
        {
            released = world.Client.Released;
            await using var log = new LoggerConfiguration().AuditTo.Braintrust(world.Client, world.Project).CreateLogger();

            log.Information("first");
            Assert.Equal("first", Assert.Single(world.Server.Stored(world.Project)).Text("output"));

            world.Server.OnLogs3 = _ => Task.FromResult<Reply?>(new Reply(400));
            Assert.Throws<AggregateException>(() => log.Information("poison"));
            Assert.Equal(0, world.Client.Ledger.SpooledRows);
        }
        await released.WaitAsync(Patience.Limit);
        Canary.CheckFolder(folder);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task ActivitiesCannotBeAudited()
    {
        await using var world = await World.OnSocketsAsync();
        var error = Assert.Throws<ArgumentException>(() => new LoggerConfiguration().AuditTo.Braintrust(options =>
        {
            world.PointTo(options);
            options.ActivitySources.Add("some");
        }));
        Assert.StartsWith("BraintrustSinkOptions.ActivitySources cannot be audited", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ARejectedEventThrows()
    {
        await using var world = await World.OnSocketsAsync();
        world.Server.OnLogs3 = _ => Task.FromResult<Reply?>(new Reply(400));
        await using var log = new LoggerConfiguration().AuditTo.Braintrust(world.Client, world.Project).CreateLogger();

        var error = Assert.Throws<AggregateException>(() => log.Information("poison"));

        Assert.Contains("Braintrust answered 400", Assert.IsType<BraintrustException>(Assert.Single(error.InnerExceptions)).Message, StringComparison.Ordinal);
        Assert.Equal(1, world.Server.Logs3Count);
        world.CheckLedger();
    }

    [Fact]
    public async Task AnEventForWhichTheKeyIsNoGoodThrowsAtOnce()
    {
        await using var world = await World.OnSocketsAsync(options => options.ShutdownTimeout = TimeSpan.Zero);
        world.Server.OnLogin = _ => Task.FromResult<Reply?>(new Reply(401));
        await using var log = new LoggerConfiguration().AuditTo.Braintrust(world.Client, world.Project).CreateLogger();

        var error = Assert.Throws<AggregateException>(() => log.Information("hello"));

        var message = Assert.IsType<BraintrustException>(Assert.Single(error.InnerExceptions)).Message;
        Assert.Contains("may still be. Login: Braintrust answered 401", message, StringComparison.Ordinal);
        Assert.True(world.Server.LoginCount > 0);
    }

    [Fact]
    public async Task AnEventAfterTheEndThrows()
    {
        await using var world = await World.OnSocketsAsync();
        var log = new LoggerConfiguration().AuditTo.Braintrust(world.Client, world.Project).CreateLogger();
        await log.DisposeAsync();

        Assert.Throws<AggregateException>(() => log.Information("too late"));
        Assert.Equal(1, world.Client.Ledger.Dropped[LossReasons.Closed]);
    }

    [Fact]
    public async Task LevelsBelowTheGateAreNotWaitedFor()
    {
        await using var world = await World.OnSocketsAsync();
        var gate = new LoggingLevelSwitch(LogEventLevel.Error);
        await using var log = new LoggerConfiguration().AuditTo.Braintrust(world.Client, world.Project, levelSwitch: gate).CreateLogger();

        log.Information("no");
        log.Error("yes");
        gate.MinimumLevel = LogEventLevel.Information;
        log.Information("now");

        Assert.Equal(["yes", "now"], (await world.RowsAsync()).Select(it => it.Text("output")));
    }

    [Fact]
    public async Task OneCallerDoesNotNeedItsOwnContextBack()
    {
        await using var world = await World.OnSocketsAsync();
        await using var log = new LoggerConfiguration().AuditTo.Braintrust(world.Client, world.Project).CreateLogger();
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(new DeadContext());
        try
        {
            log.Information("from the user interface");
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }

        Assert.Single(await world.RowsAsync());
    }

    [Fact]
    public async Task TheFlatAndTheOptionsFormAuditToo()
    {
        await using var world = await World.OnSocketsAsync();
        var url = world.Server.Url.ToString();
        await using (var flat = new LoggerConfiguration().AuditTo.Braintrust(world.Project, world.Server.ApiKey, appUrl: url, apiUrl: url).CreateLogger())
        {
            flat.Information("flat");
            Assert.Single(world.Server.Stored(world.Project));
        }
        await using (var options = new LoggerConfiguration().AuditTo.Braintrust(world.PointTo).CreateLogger())
        {
            options.Information("options");
            Assert.Equal(2, world.Server.Stored(world.Project).Count);
        }
    }

    /// <summary>A context whose thread is busy with our log call.</summary>
    sealed class DeadContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state) { }
    }
}
