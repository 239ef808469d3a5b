using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Braintrust.Logging.Tests.Mel;

public class ScopeTests
{
    [Fact]
    public async Task AScopeIsATimedSpanAroundWhatIsLoggedInIt()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        using (logger.BeginScope("Answering {Question}", "why?"))
        {
            world.Clock.Advance(TimeSpan.FromSeconds(2));
            logger.LogInformation("Thinking");
            using (logger.BeginScope("Inner"))
            {
            }
        }

        var rows = await world.FlushAsync();
        var outer = rows.Named("Answering why?");
        Assert.Equal(2, outer.End() - outer.Start(), 3);
        Assert.Equal("why?", (string?)outer.Meta("Question"));
        Assert.Equal("Test", (string?)outer.Meta("logger.name"));
        Assert.Null(outer.Parent());
        Assert.Equal(outer.SpanId(), rows.Named("Thinking").Parent());
        Assert.Equal(outer.SpanId(), rows.Named("Inner").Parent());
        Assert.All(rows, row => Assert.Equal(outer.Trace(), row.Trace()));
    }

    sealed class Talkative
    {
        public override string ToString() => "Nightly import";
    }

    sealed class Silent;

    sealed class Named(string text) : List<KeyValuePair<string, object?>>
    {
        public override string ToString() => text;
    }

    public static TheoryData<object, string> Names => new()
    {
        { "Plain text", "Plain text" },
        { new Talkative(), "Nightly import" },
        { new Silent(), "Silent" },
        { new Dictionary<string, object?> { ["TenantId"] = 7, ["User"] = "Ann" }, "TenantId:7" },
        { new Dictionary<string, string> { ["User"] = "Ann" }, "User:Ann" },
        { new Dictionary<string, int> { ["Count"] = 3 }, "Count:3" },
        { new[] { new KeyValuePair<string, object?>("@TenantId", 7) }, "TenantId:7" },
        { new List<KeyValuePair<string, string?>> { new("User", "Ann") }, "User:Ann" },
        { new Dictionary<string, object?> { ["TenantId"] = 7 }.Where(pair => true), "TenantId:7" },
        { ("TenantId", 7), "TenantId:7" },
        { ("TenantId", (object?)null), "TenantId:null" },
        { new KeyValuePair<string, object?>("TenantId", 7), "TenantId:7" },
        { new Named("HomeController.Index (web)") { new("ActionId", "1") }, "HomeController.Index (web)" },
        { new Dictionary<string, object?>(), "scope" },
        { "", "scope" },
        { (1, 2), "(1, 2)" },
        { 42, "42" },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public async Task AScopeIsNamedByWhatItSays(object state, string name) => Assert.Equal(name, (await World.RowOfScopeAsync(state)).Name());

    [Fact]
    public async Task NullIsAScopeToo()
    {
        var row = await World.RowOfAsync(logger => logger.BeginScope<object>(null!)!.Dispose());
        Assert.Equal("scope", row.Name());
    }

    [Fact]
    public async Task NamedScopesOnlyMeansThatBagsEnrichWhatIsInside()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.ScopeSpans = ScopeSpans.Named);
        using (logger.BeginScope(("TenantId", 7)))
        using (logger.BeginScope("Work {Id}", 3))
        {
            logger.LogInformation("Inside");
        }
        logger.LogInformation("Outside");

        var rows = await world.FlushAsync();
        Assert.Equal(3, rows.Count);
        Assert.Equal(7, (int?)rows.Named("Work 3").Meta("TenantId"));
        Assert.Equal(7, (int?)rows.Named("Inside").Meta("TenantId"));
        Assert.Null(rows.Named("Outside").Meta("TenantId"));
    }

    [Fact]
    public async Task AScopeDisposedTwiceLateOrElsewhereBreaksNothing()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();

        var outer = logger.BeginScope("Outer")!;
        var inner = logger.BeginScope("Inner")!;
        outer.Dispose(); // out of order: the inner one stays current
        outer.Dispose();
        logger.LogInformation("Below inner");
        await Task.Run(inner.Dispose); // on another thread
        logger.LogInformation("Below nothing"); // neither comes back to life
        inner.Dispose();

        var late = logger.BeginScope("Late")!;
        var child = Task.CompletedTask;
        using (ExecutionContext.SuppressFlow())
        {
            child = Task.Run(() => logger.LogInformation("Elsewhere"));
        }
        await child;
        _ = logger.BeginScope("Never"); // and this one never ends
        late.Dispose();

        var rows = await world.FlushAsync();
        Assert.Equal(rows.Named("Inner").SpanId(), rows.Named("Below inner").Parent());
        Assert.Null(rows.Named("Below nothing").Parent());
        Assert.Null(rows.Named("Elsewhere").Parent());
        Assert.Equal(rows.Named("Late").SpanId(), rows.Named("Never").Parent());
        Assert.Null(rows.Named("Never")["metrics"]!["end"]);
    }

    [Fact]
    public async Task AThousandScopesAtOnceHaveNoWrongParent()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.QueueLimitBytes = long.MaxValue); // whenever the loop gets to them
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => Task.Run(async () =>
        {
            using (logger.BeginScope(("Number", i)))
            {
                for (var j = 0; j < 20; j++)
                {
                    logger.LogInformation("Event of {Number}", i);
                    await Task.Yield();
                }
            }
        })));

        var rows = await world.FlushAsync();
        Assert.Equal(21_000, rows.Count);
        var scopes = rows.Where(row => row.Name()!.StartsWith("Number:", StringComparison.Ordinal)).ToDictionary(row => row.SpanId());
        Assert.Equal(1000, scopes.Count);
        Assert.All(scopes.Values, scope => Assert.Null(scope.Parent()));
        Assert.All(rows.Where(row => row.Name() == "Event of {Number}"), row =>
        {
            var scope = scopes[row.Parent()!];
            Assert.Equal((int)scope.Meta("Number")!, (int)row.Meta("Number")!);
            Assert.Equal(scope.Trace(), row.Trace());
        });
    }

    [Fact]
    public async Task ARootIsInTheTraceOfTheCurrentActivity()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        using var activity = new Activity("work").Start();
        using (logger.BeginScope("Work"))
        {
        }
        Assert.Equal(activity.TraceId.ToHexString(), (await world.OnlyRowAsync()).Trace());
    }

    [Fact]
    public async Task ASpanByCodeAndAScopeNest()
    {
        await using var world = await World.StartAsync();
        var services = world.Services();
        var logger = services.GetRequiredService<ILogger<ScopeTests>>();
        var braintrust = world.Watch(services).GetLogger(World.Project, setCurrent: false);
        using (logger.BeginScope("Scope"))
        {
            braintrust.Traced("By code", _ => logger.LogInformation("Event"));
        }

        var rows = await world.FlushAsync();
        Assert.Equal(rows.Named("Scope").SpanId(), rows.Named("By code").Parent());
        Assert.Equal(rows.Named("By code").SpanId(), rows.Named("Event").Parent());
    }

    [Fact]
    public async Task ScopesAndActivitiesThatEndInTheWrongOrderLeaveEachRowBelowWhatWasInnermost()
    {
        using var source = new ActivitySource($"{nameof(ScopeTests)}.{Guid.NewGuid():N}");
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.ActivitySources = [source.Name]);

        var a = logger.BeginScope("Scope A")!;
        var one = source.StartActivity("Activity 1")!;
        var b = logger.BeginScope("Scope B")!;
        var two = source.StartActivity("Activity 2")!;
        a.Dispose();
        logger.LogInformation("In 2");
        one.Stop(); // from here on .NET itself takes none for current
        logger.LogInformation("In B");
        two.Stop(); // and from here on the first, which has ended
        logger.LogInformation("Still in B");
        b.Dispose();
        two.Dispose();
        Activity.Current = null;
        logger.LogInformation("After");

        var rows = await world.FlushAsync();
        foreach (var (outer, inner) in new[] { ("Scope A", "Activity 1"), ("Activity 1", "Scope B"), ("Scope B", "Activity 2"), ("Activity 2", "In 2"), ("Scope B", "In B"), ("Scope B", "Still in B") })
        {
            Assert.Equal(rows.Named(outer).SpanId(), rows.Named(inner).Parent());
            Assert.Equal(rows.Named(outer).Trace(), rows.Named(inner).Trace());
        }
        Assert.Null(rows.Named("After").Parent());
        Assert.Equal(8, rows.Count);
        Assert.All(rows, row => Assert.True(row.End() >= row.Start()));
    }

    [Fact]
    public async Task AnOpenScopeIsVisibleAndItsEndIsOneRowWithIt()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        var scope = logger.BeginScope("Long {Input}", "question")!;
        var open = await world.OnlyRowAsync();
        Assert.Equal("question", (string?)open["input"]);
        Assert.Null(open["metrics"]!["end"]);

        world.Clock.Advance(TimeSpan.FromMinutes(1));
        scope.Dispose();
        var closed = await world.OnlyRowAsync();
        Assert.Equal(60, closed.End() - closed.Start(), 3);
        Assert.Equal((string?)open["id"], (string?)closed["id"]);
    }
}
