using System.Diagnostics;
using Braintrust.Logging.Rows;
using Braintrust.Logging.Sampling;
using Braintrust.Logging.Tests.Clients;
using CsCheck;

namespace Braintrust.Logging.Tests.Sampling;

[Collection("process-wide state")]
public sealed class SamplingTests
{
    static readonly Dictionary<string, double> Good = new() { ["good"] = 1 };

    [Fact]
    public async Task ATraceIsKeptAsAWholeOrNotAtAll()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.SamplingRatio = 0.5);

        for (var i = 0; i < 400; i++)
        {
            using var root = logger.StartSpan("root");
            using (logger.StartSpan("child"))
            {
                logger.Log(name: "event");
            }
        }
        await logger.Client.FlushAsync();

        var traces = world.Rows.GroupBy(row => (string)row["root_span_id"]!).ToList();
        Assert.All(traces, trace => Assert.Equal(3, trace.Count()));
        Assert.InRange(traces.Count, 120, 280); // 400 throws of a coin: outside of this once in 10^15
        var ledger = logger.Client.Ledger;
        Assert.Equal(1200 - ledger.Accepted, ledger.Withheld[WithheldReasons.Sampled]);
    }

    [Fact]
    public async Task NothingAndEverythingAreExact()
    {
        await using var world = await World.StartAsync();
        var (none, all) = (world.Logger(options => options.SamplingRatio = 0), world.Logger());

        for (var i = 0; i < 100; i++)
        {
            none.Log(name: "none");
            all.Log(name: "all");
        }
        await none.Client.FlushAsync();
        await all.Client.FlushAsync();

        Assert.Equal(100, world.Rows.Count);
        Assert.Equal((0, 100), (none.Client.Ledger.Accepted, none.Client.Ledger.Withheld[WithheldReasons.Sampled]));
    }

    [Fact]
    public async Task AnotherRatioIsForTracesThatBeginAndWhatIsOpenStaysWhole()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        var client = logger.Client;
        var kept = logger.StartSpan("kept");

        client.Resample(0);
        logger.StartSpan("below", parent: kept).End();
        kept.Log(output: "to the end");
        kept.End();
        var withheld = logger.StartSpan("withheld");

        client.Resample(1);
        logger.StartSpan("below it", parent: withheld).End();
        using (logger.StartSpan("around", parent: withheld))
        {
            logger.Log(name: "an event below it");
        }
        withheld.End();
        logger.Log(name: "afterwards");
        await client.FlushAsync();

        Assert.Equal(["afterwards", "below", "kept"], world.Rows.Select(row => (string?)row["span_attributes"]!["name"]).Order());
        Assert.Equal("to the end", (string?)world.Row("kept")["output"]);
        Assert.Equal(4, client.Ledger.Withheld[WithheldReasons.Sampled]);
    }

    [Fact]
    public void WhatTheCallbackSaidOfATraceHoldsUnderAnotherRatio()
    {
        var asked = 0;
        var sampler = new TraceSampler(1, _ => asked++ > 0);
        Assert.False(sampler.Keeps(7, () => null!));

        Assert.False(sampler.With(0.5).Keeps(7, () => null!));
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task AClientThatIsOffSendsNothingAndSaysSo()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => (options.Enabled, options.ActivitySources) = (false, ["off.*"]));
        using var source = new ActivitySource("off.source");

        Assert.Null(source.StartActivity("nobody listens"));
        var id = logger.Log(name: "row");
        using (var span = logger.StartSpan("span"))
        {
            Assert.EndsWith("000000000000", span.Id, StringComparison.Ordinal);
        }
        logger.LogFeedback("0b000000-0000-4000-8000-00000000000a", Good);
        logger.UpdateSpan(id, output: "more");
        await logger.Client.FlushAsync();

        Assert.Empty(world.Server.Requests.Entries);
        Assert.Equal((0, 4), (logger.Client.Ledger.Accepted, logger.Client.Ledger.Withheld[WithheldReasons.Disabled]));
    }

    [Fact]
    public void ServicesWithTheSameRatioKeepTheSameTracesAndASmallerOneKeepsASubset() => Gen.Select(Gen.ULong, Gen.ULong, Gen.Double[0, 1], Gen.Double[0, 1]).Sample((high, low, one, other) =>
    {
        var trace = new UInt128(high, low);
        var (smaller, larger) = (Math.Min(one, other), Math.Max(one, other));
        var kept = new TraceSampler(smaller, null).Keeps(trace, null!);
        return kept == new TraceSampler(smaller, null).Keeps(trace, null!)
            && (!kept || new TraceSampler(larger, null).Keeps(trace, null!));
    });

    [Fact]
    public async Task TheCallbackIsAskedOncePerTraceWithWhatItsFirstRowKnows()
    {
        await using var world = await World.StartAsync();
        var asked = new List<RowPreview>();
        var logger = world.Logger(options => options.Sampler = preview =>
        {
            asked.Add(preview);
            return preview.Name != "health";
        });

        foreach (var name in (string[])["health", "work"])
        {
            using (logger.StartSpan(name, metadata: new { Tenant = "t-1" }))
            {
                logger.Log(name: "inside");
            }
        }
        await logger.Client.FlushAsync();

        Assert.Equal(["health", "work"], asked.Select(preview => preview.Name));
        Assert.Equal("t-1", asked[1].Properties["tenant"]);
        Assert.Equal((World.Project, null), (asked[1].Project, asked[1].Level));
        Assert.Equal(["inside", "work"], world.Rows.Select(row => (string)row["span_attributes"]!["name"]!).Order());
        Assert.All(world.Rows, row => Assert.Equal(asked[1].TraceId, (string?)row["root_span_id"]));
    }

    [Fact]
    public async Task SeveralRootsInOneTraceShareTheDecision()
    {
        await using var world = await World.StartAsync();
        var asked = 0;
        var logger = world.Logger(options => options.Sampler = _ => asked++ > 0); // no, then yes
        using var request = new Activity("request").SetIdFormat(ActivityIdFormat.W3C).Start();

        logger.Log(name: "first root");
        logger.Log(name: "second root");
        await logger.Client.FlushAsync();

        Assert.Equal(1, asked);
        Assert.Empty(world.Rows);
    }

    [Fact]
    public async Task ACallbackThatThrowsKeepsTheTrace()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.Sampler = _ => throw new InvalidOperationException());

        logger.Log(name: "kept");
        await logger.Client.FlushAsync();

        Assert.Single(world.Rows);
    }

    [Fact]
    public async Task FeedbackToASpanThatIsNotKeptMakesNoRowEvenFromAnotherProcess()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.SamplingRatio = 0);
        var elsewhere = world.Logger();

        var id = logger.Log(output: "an answer");
        logger.LogFeedback(id, scores: Good, comment: "fine");
        elsewhere.LogFeedback(id, scores: Good, comment: "fine");
        elsewhere.UpdateSpan(id, output: "a better answer");
        var late = logger.StartSpan("ended");
        late.End();
        late.Log(output: "late");
        await logger.Client.FlushAsync();
        await elsewhere.Client.FlushAsync();

        Assert.Empty(world.Rows);
        Assert.Equal("https://braintrust.dev/noop-span", late.Link());
    }

    [Fact]
    public void OnlyIdsOfOurOwnMakingSayThatThereIsNoRow()
    {
        Assert.True(RowId.From(RowId.OfNoRow().ToString()).IsOfNoRow);
        Assert.False(RowId.New().IsOfNoRow);
        Assert.False(RowId.From(Guid.Empty.ToString()).IsOfNoRow);
        Assert.False(RowId.From("my-own-id").IsOfNoRow);
        Assert.NotEqual(RowId.OfNoRow(), RowId.OfNoRow());
    }

    [Fact]
    public async Task ASpanThatIsNotKeptGivesItsTraceToOthersButIsNobodysParent()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.SamplingRatio = 0);
        var headers = new Dictionary<string, string> { ["baggage"] = "theirs=1" };

        using var span = logger.StartSpan("not kept");
        span.Inject(headers);

        Assert.Equal($"00-{span.RootSpanId}-{span.SpanId}-00", headers["traceparent"]);
        Assert.Equal("theirs=1", headers["baggage"]);
    }

    [Fact]
    public async Task CapturedActivitiesFollowTheirTrace()
    {
        await using var world = await World.StartAsync();
        var name = $"test.{Guid.NewGuid():N}";
        using var source = new ActivitySource(name);
        var logger = world.Logger(options =>
        {
            options.ActivitySources = [name];
            options.Sampler = preview => preview.Name != "health" && (string?)preview.Properties.GetValueOrDefault("route") != "/alive";
        });

        using (source.StartActivity("health"))
        using (source.StartActivity("below health"))
        {
        }
        using (source.StartActivity(ActivityKind.Server, name: "tagged", tags: [new("route", "/alive")]))
        {
        }
        using (source.StartActivity("work"))
        using (source.StartActivity("below work"))
        {
        }
        await logger.Client.FlushAsync();

        Assert.Equal(["below work", "work"], world.Rows.Select(row => (string)row["span_attributes"]!["name"]!).Order());
    }

    [Fact]
    public void TheMemoryOfDecisionsIsBounded()
    {
        var asked = 0;
        var memory = new DecisionMemory();
        for (var i = 0; i < 3; i++)
        {
            Assert.True(memory.Get(42, () => ++asked > 0));
        }
        Assert.Equal(1, asked);

        for (UInt128 trace = 100; trace < 10_000; trace++)
        {
            memory.Get(trace, () => false);
        }
        memory.Get(42, () => ++asked > 0);
        Assert.Equal(2, asked); // forgotten by then
    }

    [Fact]
    public void ATraceThatGoesOnKeepsItsDecisionHoweverManyOthersPass()
    {
        var memory = new DecisionMemory();
        Assert.True(memory.Get(42, () => true));

        for (UInt128 trace = 100; trace < 30_000; trace++)
        {
            memory.Get(trace, () => false);
            if (trace % 1_000 == 0)
            {
                Assert.True(memory.Get(42, () => false));
            }
        }
    }

    [Fact]
    public void WhatIsNoShareIsRefused()
    {
        foreach (var wrong in (double[])[-0.1, 1.1, double.NaN])
        {
            var error = Assert.Throws<ArgumentException>(() => new BraintrustClient(new BraintrustOptions { SamplingRatio = wrong }));
            Assert.Contains("SamplingRatio must be from 0 to 1", error.Message, StringComparison.Ordinal);
        }
    }
}
