using Braintrust.Logging;
using Braintrust.Logging.Tests;
using Serilog.Events;

namespace Serilog.Sinks.Braintrust.Tests;

public class BeginSpanTests
{
    [Fact]
    public async Task ASpanIsNamedByItsMessageAndMappedByTheTable()
    {
        await using var world = await World.StartAsync();
        await using var log = world.Logger();

        using (var span = log.BeginSpan(world.Client.GetLogger(world.Project), "Answering {Question} for {@Customer} with {@Input}", "why", new { Id = 7 }, new[] { 1, 2 }))
        {
            span.Log(output: "because");
        }

        var row = Assert.Single(await world.RowsAsync());
        Assert.Equal("""Answering why for {"Id":7} with [1,2]""", row.Text("span_attributes", "name"));
        Assert.Equal("task", row.Text("span_attributes", "type"));
        Assert.Equal("why", row.Text("metadata", "Question"));
        Assert.Equal("""{"Id":7}""", row.Text("metadata", "Customer"));
        Assert.Equal("[1,2]", row.Text("input"));
        Assert.Equal("because", row.Text("output"));
        Assert.True(row.Number("metrics", "end") >= row.Number("metrics", "start"));
    }

    [Fact]
    public async Task AValueWhoseTextOpensASpanGetsIntoNobodysName()
    {
        await using var world = await World.StartAsync();
        await using var log = new LoggerConfiguration().Destructure.AsScalar<Opening>().WriteTo.Braintrust(world.Client, world.Project).CreateLogger();
        var braintrust = world.Client.GetLogger(world.Project);

        log.BeginSpan(braintrust, "outer {A} {B}", "first", new Opening(() => log.BeginSpan(braintrust, "inner {A}", "second").Dispose())).Dispose();
        log.BeginSpan(braintrust, "later {C}", 3).Dispose();

        var names = (await world.RowsAsync()).Select(row => row.Text("span_attributes", "name")).Distinct().Order();
        Assert.Equal(["inner second", "later 3", "outer first opened"], names);
    }

    sealed class Opening(Action open)
    {
        public override string ToString()
        {
            open();
            return "opened";
        }
    }

    [Fact]
    public async Task ANameThatATemplateGivesTwiceShowsTheLaterValueAndKeepsTheFirst()
    {
        await using var world = await World.StartAsync();
        await using var log = world.Logger();

        log.BeginSpan(world.Client.GetLogger(world.Project), "{A} {B} {A}", 1, 2, 3).Dispose();

        var row = Assert.Single(await world.RowsAsync());
        Assert.Equal("3 2 3", row.Text("span_attributes", "name"));
        Assert.Equal(1, row.Number("metadata", "A"));
    }

    [Fact]
    public async Task SpansAndEventsNestAcrossAsync()
    {
        await using var world = await World.StartAsync();
        await using var log = world.Logger();
        var braintrust = world.Client.GetLogger(world.Project);

        using (log.BeginSpan(braintrust, "outer"))
        {
            await Task.WhenAll(Enumerable.Range(0, 10).Select(async n =>
            {
                await Task.Yield();
                using var inner = log.BeginSpan("inner {N}", n); // the current logger: that of the span around
                await Task.Yield();
                log.Information("event {N}", n);
            }));
            log.Information("beside");
        }

        var rows = await world.RowsAsync();
        var byName = rows.Where(it => it.Text("span_attributes", "log_level") is null).ToDictionary(it => it.Text("span_attributes", "name")!);
        var outer = byName["outer"];
        Assert.Equal(22, rows.Count);
        Assert.All(rows, row => Assert.Equal(outer.Text("root_span_id"), row.Text("root_span_id")));
        for (var n = 0; n < 10; n++)
        {
            var inner = byName[$"inner {n}"];
            Assert.Equal($"[\"{outer.Text("span_id")}\"]", inner.Text("span_parents"));
            Assert.Equal($"[\"{inner.Text("span_id")}\"]", rows.Single(it => it.Text("output") == $"event {n}").Text("span_parents"));
        }
        Assert.Equal($"[\"{outer.Text("span_id")}\"]", rows.Single(it => it.Text("output") == "beside").Text("span_parents"));
    }

    [Fact]
    public async Task SpansEndInAnyOrderTwiceAndElsewhere()
    {
        await using var world = await World.StartAsync();
        await using var log = world.Logger();
        var braintrust = world.Client.GetLogger(world.Project);

        var outer = log.BeginSpan(braintrust, "outer");
        var inner = log.BeginSpan("inner");
        outer.Dispose();
        log.Information("in inner");
        await Task.Run(inner.Dispose);
        inner.Dispose();
        outer.Dispose();
        log.Information("in nothing");

        var rows = await world.RowsAsync();
        Assert.Equal(4, rows.Count);
        Assert.Equal($"[\"{inner.SpanId}\"]", rows.Single(it => it.Text("output") == "in inner").Text("span_parents"));
        Assert.Null(rows.Single(it => it.Text("output") == "in nothing").Text("span_parents"));
    }

    [Fact]
    public async Task TheFirstSinksLoggerIsTheCurrentOne()
    {
        await using var world = await World.StartAsync();
        await using var lease = world.Shared();
        await using (var log = new LoggerConfiguration().WriteTo.Braintrust(world.PointTo).CreateLogger())
        {
            using var span = log.BeginSpan("work");
            Assert.Equal(world.Project, span.Logger.Project);
        }

        Assert.Equal("work", Assert.Single(await world.StoredAsync()).Text("span_attributes", "name"));
    }

    [Fact]
    public async Task ASilentLoggerAndNoTemplateStillGiveASpan()
    {
        await using var world = await World.StartAsync();
        var braintrust = world.Client.GetLogger(world.Project);

        Core.Logger.None.BeginSpan(braintrust, "silent {X}", 1).Dispose();
        Core.Logger.None.BeginSpan(braintrust, null!, null).Dispose();

        Assert.Equal(["silent {X}", "span"], (await world.RowsAsync()).Select(it => it.Text("span_attributes", "name")));
    }

    [Fact]
    public async Task WhatChangesAfterTheBeginningIsNotSeen()
    {
        await using var world = await World.StartAsync();
        await using var log = world.Logger();
        var list = new List<int> { 1 };

        var span = log.BeginSpan(world.Client.GetLogger(world.Project), "Sorting {@Input}", list);
        list.Add(2);
        span.Dispose();

        Assert.Equal("[1]", Assert.Single(await world.RowsAsync()).Text("input"));
    }

    [Fact]
    public async Task ASpanGoesWhereItsLoggerWritesWhoeverCameFirst()
    {
        await using var world = await World.StartAsync();
        var (first, second) = (Some.ProjectName(), Some.ProjectName());
        await using var one = new LoggerConfiguration().WriteTo.Braintrust(world.Client, first).CreateLogger();
        await using var other = new LoggerConfiguration().WriteTo.Braintrust(world.Client, second).CreateLogger();
        await using var audit = new LoggerConfiguration().AuditTo.Braintrust(world.Client, second).CreateLogger();

        one.BeginSpan("of the first").Dispose();
        other.ForContext("Tenant", 1).BeginSpan("of the second").Dispose();
        audit.BeginSpan("of the audit").Dispose();
        using (one.BeginSpan("around"))
        {
            other.BeginSpan("inside").Dispose(); // a trace is of one project
        }

        await world.Client.FlushAsync();
        world.CheckLedger();
        Assert.Equal(["around", "inside", "of the first"], await Names(world, first));
        Assert.Equal(["of the audit", "of the second"], await Names(world, second));
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task ASelectorRoutesASpanAsItDoesTheEventsInside(bool isAudit)
    {
        var (fallback, tenant) = (Some.ProjectName(), Some.ProjectName());
        await using var world = await World.StartAsync(options =>
            options.ProjectSelector = properties => properties.TryGetValue("Tenant", out var value) ? $"{tenant} {value}" : null);
        var configuration = new LoggerConfiguration();
        await using var log = (isAudit ? configuration.AuditTo.Braintrust(world.Client, fallback) : configuration.WriteTo.Braintrust(world.Client, fallback)).CreateLogger();

        using (log.BeginSpan("Answering {Tenant}", 7))
        {
            log.Information("Asked by {Tenant}", 7);
            log.BeginSpan("Looking up {Tenant}", 8).Dispose(); // a trace is of one project
        }
        log.BeginSpan("Tidying up").Dispose();
        await world.Client.FlushAsync();
        world.CheckLedger();

        Assert.Equal(["Answering 7", "Asked by {Tenant}", "Looking up 8"], await Names(world, $"{tenant} 7"));
        Assert.Equal(["Tidying up"], await Names(world, fallback));
        var rows = await world.StoredAsync($"{tenant} 7");
        Assert.Single(rows, row => row.Text("span_parents") is null);
        Assert.Single(rows.Select(row => row.Text("root_span_id")).Distinct());
    }

    [Fact]
    public async Task WhatIsSaidLaterOfTheModelAndItsProviderWins()
    {
        await using var world = await World.StartAsync();
        await using var log = world.Logger();

        using (var span = log.BeginSpan(world.Client.GetLogger(world.Project), "Asking {Model} of {Provider}", "m1", "p1"))
        {
            span.Log(metadata: new { model = "m2", provider = "p2" });
        }
        using (var span = log.BeginSpan(world.Client.GetLogger(world.Project), "Asking {Provider}", "p1"))
        {
            span.Log(metadata: new { provider = new { name = "p2" } });
        }

        var rows = await world.RowsAsync();
        Assert.Equal(("m2", "p2"), (rows[0].Text("metadata", "model"), rows[0].Text("metadata", "provider")));
        Assert.Equal("p2", rows[1].Text("metadata", "provider", "name"));
    }

    [Fact]
    public async Task WhereTheSinkCannotBeFoundTheSpanIsTheCurrentLoggers()
    {
        await using var world = await World.StartAsync();
        var elsewhere = Some.ProjectName();
        await using var wrapped = new LoggerConfiguration().WriteTo.Logger(inner => inner.WriteTo.Braintrust(world.Client, elsewhere)).CreateLogger();
        await using var hostile = new LoggerConfiguration().Destructure.With(new ThrowingPolicy()).WriteTo.Braintrust(world.Client, elsewhere).CreateLogger();
        var current = BraintrustLogger.Current;

        Assert.All([wrapped, hostile, Core.Logger.None], log =>
        {
            using var span = log.BeginSpan("somewhere");
            Assert.Same(current, span.Logger);
        });
        await world.Client.FlushAsync();
        world.CheckLedger();
    }

    [Fact]
    public async Task ASinkThatIsOffGivesWayToOneThatIsOnAndAloneSendsNothing()
    {
        await using var world = await World.StartAsync();
        var (off, on) = (Some.ProjectName(), Some.ProjectName());
        LoggerConfiguration Off() => new LoggerConfiguration().WriteTo.Braintrust(options =>
        {
            (options.Project, options.Enabled) = (off, false);
            world.PointTo(options);
        });
        await using (var both = Off().WriteTo.Braintrust(world.Client, on).CreateLogger())
        {
            both.BeginSpan("of the one that is on").Dispose();
        }
        await using (var alone = Off().CreateLogger())
        {
            using var span = alone.BeginSpan("of nobody");
            Assert.Equal(off, span.Logger.Project);
            span.Log(output: "secret");
            alone.Information("inside");
        }

        await world.Client.FlushAsync();
        world.CheckLedger();
        Assert.Equal(["of the one that is on"], await Names(world, on));
        Assert.Empty(await Names(world, off));
    }

    static async Task<IEnumerable<string?>> Names(World world, string project) =>
        (await world.StoredAsync(project)).Select(row => row.Text("span_attributes", "name")).Order(StringComparer.Ordinal);

    sealed class ThrowingPolicy : Core.IDestructuringPolicy
    {
        public bool TryDestructure(object value, Core.ILogEventPropertyValueFactory propertyValueFactory, out LogEventPropertyValue result) => throw new InvalidOperationException("hostile");
    }
}
