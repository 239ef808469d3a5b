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
