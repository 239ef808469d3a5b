using System.Diagnostics;
using System.Text.Json.Nodes;
using Braintrust.Logging;
using Serilog.Events;
using Serilog.Parsing;

namespace Serilog.Sinks.Braintrust.Tests;

/// <summary>Events as SerilogTracing 2 makes them of activities, built by hand.</summary>
public class SpanEventTests
{
    static readonly DateTime Start = new(2026, 11, 23, 10, 0, 0, DateTimeKind.Utc);
    static readonly DateTime End = Start.AddSeconds(2.5);
    static readonly ActivityTraceId Trace = ActivityTraceId.CreateRandom();
    static readonly ActivitySpanId Root = ActivitySpanId.CreateRandom();
    static readonly ActivitySpanId Child = ActivitySpanId.CreateRandom();

    [Fact]
    public async Task AnActivityIsASpanWithItsOwnIdsAndTimes()
    {
        await using var world = await World.StartAsync();
        await using var log = world.Logger();

        log.Write(Traced(Child, Root, "Charging {CardType}", new LogEventProperty("CardType", new ScalarValue("visa")))); // children come first
        log.Write(Traced(Root, null, "Checking out"));

        var rows = await world.RowsAsync();
        var (child, root) = (rows[0], rows[1]);
        Assert.Equal(Trace.ToHexString(), root.Text("root_span_id"));
        Assert.Equal(Trace.ToHexString(), child.Text("root_span_id"));
        Assert.Equal(Root.ToHexString(), root.Text("span_id"));
        Assert.Equal(Child.ToHexString(), child.Text("span_id"));
        Assert.Equal($"[\"{Root.ToHexString()}\"]", child.Text("span_parents"));
        Assert.Null(root["span_parents"]);
        Assert.Equal(2.5, child.Number("metrics", "end") - child.Number("metrics", "start"), 6);
        Assert.Equal("2026-11-23T10:00:00.000Z", child.Text("created"));
        Assert.Equal("Charging {CardType}", child.Text("span_attributes", "name"));
        Assert.Equal("task", root.Text("span_attributes", "type"));
        Assert.Null(child.Text("span_attributes", "type"));
        Assert.Equal("visa", child.Text("metadata", "CardType"));
        foreach (var own in new[] { "SpanStartTimestamp", "ParentSpanId", "SpanKind" })
        {
            Assert.Null(child.Text("metadata", own));
        }
    }

    [Fact]
    public async Task AFailedActivityIsAFailedSpan()
    {
        await using var world = await World.StartAsync();

        var row = await world.RowAsync(log => log.Write(Traced(Root, null, "Checking out", LogEventLevel.Error, new TimeoutException("slow"))));

        Assert.StartsWith("System.TimeoutException: slow", row.Text("error"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(EventsAs.ApplicationLogs)]
    [InlineData(EventsAs.Auto)]
    public async Task ASpanIsASpanWhateverEventsBecome(EventsAs eventsAs)
    {
        await using var world = await World.StartAsync(options => options.EventsAs = eventsAs);

        var row = await world.RowAsync(log => log.Write(Traced(Root, null, "Checking out")));

        Assert.Equal("task", row.Text("span_attributes", "type"));
        Assert.Equal(Root.ToHexString(), row.Text("span_id"));
    }

    [Fact]
    public async Task AnEventInsideSuchASpanIsOfItsTraceButPointsAtNoRowThatMayNotExist()
    {
        await using var world = await World.StartAsync();

        var row = await world.RowAsync(log => log.Write(new LogEvent(
            new DateTimeOffset(End), LogEventLevel.Information, null, Template("Inside"), [], Trace, Child)));

        Assert.Equal(Trace.ToHexString(), row.Text("root_span_id"));
        Assert.NotEqual(Child.ToHexString(), row.Text("span_id"));
        Assert.Null(row["span_parents"]);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("project_name:{0}", true)]
    [InlineData("project_name:another", false)]
    public async Task ARemoteParentCountsOnlyIfItIsARowOfTheProject(string? upstream, bool hasParent)
    {
        await using var world = await World.StartAsync();
        using var source = new ActivitySource(nameof(SpanEventTests));
        using var listener = new ActivityListener { ShouldListenTo = it => it == source, Sample = (ref _) => ActivitySamplingResult.AllData };
        ActivitySource.AddActivityListener(listener);
        using var activity = source.StartActivity(ActivityKind.Server, new ActivityContext(Trace, Root, ActivityTraceFlags.Recorded, isRemote: true))!;
        if (upstream is not null)
        {
            activity.SetBaggage("braintrust.parent", string.Format(System.Globalization.CultureInfo.InvariantCulture, upstream, world.Project));
        }

        var row = await world.RowAsync(log => log.Write(Traced(activity.SpanId, Root, "GET /")));

        Assert.Equal(hasParent, row["span_parents"] is JsonArray);
    }

    [Theory]
    [InlineData(true, null, 10)] // a container's sum
    [InlineData(false, "r-1", 10)] // two layers that report one call
    [InlineData(false, "r-2", 20)]
    [InlineData(false, null, 20)]
    public async Task TokensCountOnceThoughTheInnermostIsToldFirst(bool isNested, string? id, int counted)
    {
        await using var world = await World.StartAsync();
        await using var log = world.Logger();
        var (between, other) = (ActivitySpanId.CreateRandom(), ActivitySpanId.CreateRandom());

        log.Write(Traced(Child, between, "chat m", Tag("gen_ai.usage.input_tokens", 10), Tag("gen_ai.response.id", "r-1"), Tag("gen_ai.request.model", "m")));
        log.Write(Traced(between, Root, "between"));
        log.Write(isNested
            ? Traced(Root, null, "orchestrate_tools", Tag("gen_ai.usage.input_tokens", 10))
            : Traced(other, Root, "chat m", Tag("gen_ai.usage.input_tokens", 10), Tag("gen_ai.response.id", id)));

        var rows = await world.RowsAsync();
        Assert.Equal(counted, rows.Sum(row => (double?)row["metrics"]!["prompt_tokens"] ?? 0));
        Assert.Equal(20 - counted, rows.Sum(row => (double?)row["metadata"]?["gen_ai.usage.input_tokens"] ?? 0));
        Assert.Equal("llm", rows[0].Text("span_attributes", "type"));

        static LogEventProperty Tag(string name, object? value) => new(name, new ScalarValue(value));
    }

    [Fact]
    public async Task ANameWithAnIdThatALibraryMadeUpIsOneForAll()
    {
        await using var world = await World.StartAsync();

        var row = await world.RowAsync(log => log.Write(Traced(Root, null, "invoke_agent joker(b3cf462e6db844de8a13536f27cb273a)")));

        Assert.Equal("invoke_agent joker", row.Text("span_attributes", "name"));
        Assert.Equal("invoke_agent joker(b3cf462e6db844de8a13536f27cb273a)", row.Text("metadata", "activity.name"));
    }

    [Fact]
    public async Task AnActivityThatIsCapturedAsWellIsOneRow()
    {
        using var source = new ActivitySource($"{nameof(SpanEventTests)}.{Guid.NewGuid():N}");
        await using var world = await World.StartAsync(options => options.ActivitySources = [source.Name]);

        var row = await world.RowAsync(log =>
        {
            using var activity = source.StartActivity("work")!;
            log.Write(new LogEvent(
                DateTimeOffset.UtcNow, LogEventLevel.Information, null, Template("work"),
                [new("SpanStartTimestamp", new ScalarValue(activity.StartTimeUtc))], activity.TraceId, activity.SpanId));
        });

        Assert.Equal("work", row.Text("span_attributes", "name"));
        Assert.Equal(source.Name, row.Text("metadata", "logger.name"));
    }

    [Fact]
    public async Task AMarkerWithoutIdsIsAnOrdinaryProperty()
    {
        await using var world = await World.StartAsync();

        var row = await world.RowAsync(log => log.Information("Began at {SpanStartTimestamp}", Start));

        Assert.Equal(row.Text("metrics", "start"), row.Text("metrics", "end"));
        Assert.NotNull(row.Text("metadata", "SpanStartTimestamp"));
    }

    static LogEvent Traced(ActivitySpanId id, ActivitySpanId? parent, string template, params LogEventProperty[] properties) =>
        Traced(id, parent, template, LogEventLevel.Information, null, properties);

    static LogEvent Traced(
        ActivitySpanId id, ActivitySpanId? parent, string template, LogEventLevel level, Exception? error, params LogEventProperty[] properties)
    {
        var all = new List<LogEventProperty>(properties)
        {
            new("SpanStartTimestamp", new ScalarValue(Start)),
            new("SpanKind", new ScalarValue(ActivityKind.Client)),
        };
        if (parent is { } above)
        {
            all.Add(new("ParentSpanId", new ScalarValue(above)));
        }
        return new LogEvent(new DateTimeOffset(End), level, error, Template(template), all, Trace, id);
    }

    static MessageTemplate Template(string text) => new MessageTemplateParser().Parse(text);
}
