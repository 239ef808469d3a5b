using System.Diagnostics;
using System.Text.Json.Nodes;
using Braintrust.Extensions.Logging;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Buffering;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Braintrust.Logging.Tests.Mel;

/// <summary>Log calls that a buffer holds back and hands over later, as records that go back to a pool.</summary>
public class BufferedLogTests
{
    static readonly ActivityTraceId Trace = ActivityTraceId.CreateFromString("0af7651916cd43dd8448eb211c80319c");
    static readonly ActivitySpanId Span = ActivitySpanId.CreateFromString("b7ad6b7169203331");

    /// <summary>One record, over and over again, as a pool would have it.</summary>
    sealed class Pooled : BufferedLogRecord
    {
        public List<KeyValuePair<string, object?>> Values { get; } = [];
        public DateTimeOffset Time { get; set; }
        public LogLevel Level { get; set; } = LogLevel.Warning;
        public string? Message { get; set; }
        public string? Text { get; set; }
        public string? Template { get; set; }
        public (ActivityTraceId, ActivitySpanId)? Ids { get; set; }
        public bool Breaks { get; set; }

        public override DateTimeOffset Timestamp => Time;
        public override LogLevel LogLevel => Level;
        public override EventId EventId => new(7, "Seven");
        public override string? FormattedMessage => Breaks ? throw new InvalidOperationException("no message") : Message;
        public override string? Exception => Text;
        public override string? MessageTemplate => Template;
        public override ActivityTraceId? ActivityTraceId => Ids?.Item1;
        public override ActivitySpanId? ActivitySpanId => Ids?.Item2;
        public override IReadOnlyList<KeyValuePair<string, object?>> Attributes => Values;
    }

    static IBufferedLogger Logger(World world, Action<BraintrustLoggerOptions>? change = null) =>
        (IBufferedLogger)world.Services(change).GetRequiredService<BraintrustLoggerProvider>().CreateLogger("Test");

    [Fact]
    public async Task ABufferThatIsFlushedLaterKeepsTheTimesOfTheLogCalls()
    {
        await using var world = await World.StartAsync();
        var services = world.Services(more: logging => logging.AddGlobalBuffer(LogLevel.Information));
        var logger = services.GetRequiredService<ILogger<BufferedLogTests>>();
        var before = DateTimeOffset.UtcNow; // the buffer's clock is the system's, which the provider's is not: that would be the time of the flush
        logger.LogInformation(new EventId(4, "Asked"), "Asked {Question} as {Model}", "why", "gpt-5");
        logger.LogInformation(new InvalidOperationException("too hard"), "Failed {Attempt}", 2);
        var after = DateTimeOffset.UtcNow;
        Assert.Empty(await world.FlushAsync());

        using (logger.BeginScope("Something else altogether {Region}", "north"))
        {
            services.GetRequiredService<GlobalLogBuffer>().Flush();
        }
        var rows = await world.FlushAsync();

        var asked = rows.Named("Asked {Question} as {Model}");
        Assert.Equal(asked.Start(), asked.End());
        Assert.Equal("Asked why as gpt-5", (string?)asked["output"]);
        Assert.Equal(("why", "gpt-5"), ((string?)asked.Meta("Question"), (string?)asked.Meta("model")));
        Assert.Equal("Asked {Question} as {Model}", (string?)asked.Meta("braintrust.template"));
        Assert.Equal((4, "Asked"), ((int)asked.Meta("event.id")!, (string?)asked.Meta("event.name")));
        Assert.Equal("Braintrust.Logging.Tests.Mel.BufferedLogTests", (string?)asked.Meta("logger.name"));
        Assert.False(asked.ContainsKey("error"), "Nothing failed.");
        var failed = rows.Named("Failed {Attempt}");
        Assert.Equal("System.InvalidOperationException: too hard", (string?)failed["error"]);
        Assert.All([asked, failed], row =>
        {
            Assert.InRange(row.End(), before.ToUnixTimeMilliseconds() / 1000d, (after.ToUnixTimeMilliseconds() + 1) / 1000d);
            Assert.Null(row.Parent()); // the scope that happened to be open at the flush is none of theirs
        });
    }

    [Fact]
    public async Task RecordsAreCopiedBeforeTheyGoBackToTheirPool()
    {
        await using var world = await World.StartAsync();
        var logger = Logger(world);
        var record = new Pooled();
        IEnumerable<BufferedLogRecord> Records()
        {
            for (var i = 0; i < 3; i++)
            {
                record.Time = world.Clock.GetUtcNow().AddSeconds(-10 + i);
                record.Message = $"Number {i}";
                record.Text = i == 2 ? "System.Exception: third" : i == 1 ? "" : null;
                record.Values.Clear();
                record.Values.AddRange([new("Number", i), new("{OriginalFormat}", "Number {Number}")]);
                yield return record;
            }
            record.Values.Clear();
            record.Message = record.Text = null;
        }
        logger.LogRecords(Records());

        var rows = await world.FlushAsync();
        var now = world.Clock.GetUtcNow().ToUnixTimeSeconds();
        Assert.Equal([0, 1, 2], rows.Select(row => (int)row.Meta("Number")!));
        Assert.Equal(["Number 0", "Number 1", "Number 2"], rows.Select(row => (string?)row["output"]));
        Assert.Equal([now - 10, now - 9, now - 8], rows.Select(row => row.End()));
        Assert.Equal([null, null, "System.Exception: third"], rows.Select(row => (string?)row["error"]));
        Assert.All(rows, row => Assert.Equal("warn", (string?)row["span_attributes"]!["log_level"]));
    }

    [Theory]
    [InlineData(null, null, null), InlineData("", null, null), InlineData("", "", null), InlineData(" ", " ", null)]
    [InlineData("", "System.TimeoutException", "System.TimeoutException"), InlineData(null, "System.TimeoutException", "System.TimeoutException")]
    [InlineData("too late", "System.TimeoutException", "System.TimeoutException: too late"), InlineData("too late", null, "too late"), InlineData("too late", "", "too late")]
    public async Task ARecordFailedIfItSaysSo(string? text, string? type, string? error)
    {
        await using var world = await World.StartAsync();
        var record = new Pooled { Time = world.Clock.GetUtcNow(), Message = "said", Text = text };
        record.Values.Add(new("exception.type", type));
        Logger(world).LogRecords([record]);

        Assert.Equal(error, (string?)(await world.OnlyRowAsync())["error"]);
    }

    [Fact]
    public async Task ARecordStandsInItsTraceAndBelowItsActivityOnlyIfThatHasARow()
    {
        await using var world = await World.StartAsync();
        using var source = new ActivitySource($"buffered-{Guid.NewGuid():N}");
        var logger = Logger(world, options => options.ActivitySources = [source.Name]);
        string trace, span;
        using (var activity = source.StartActivity("captured")!)
        {
            (trace, span) = (activity.TraceId.ToHexString(), activity.SpanId.ToHexString());
        }

        logger.LogRecords([
            new Pooled { Time = world.Clock.GetUtcNow(), Message = "below", Ids = (ActivityTraceId.CreateFromString(trace), ActivitySpanId.CreateFromString(span)) },
            new Pooled { Time = world.Clock.GetUtcNow(), Message = "root", Ids = (Trace, Span) },
        ]);
        var rows = await world.FlushAsync();

        Assert.Equal((trace, span), (rows.Saying("below").Trace(), rows.Saying("below").Parent()));
        Assert.Equal(span, rows.Named("captured").SpanId());
        Assert.Equal((Trace.ToHexString(), null), (rows.Saying("root").Trace(), rows.Saying("root").Parent()));
    }

    [Fact]
    public async Task WhileItsActivityIsStillCurrentARecordFindsTheNearestOneThatHasARow()
    {
        await using var world = await World.StartAsync();
        using var source = new ActivitySource($"buffered-{Guid.NewGuid():N}");
        var logger = Logger(world, options => options.ActivitySources = [source.Name]);
        using (var outer = source.StartActivity("captured"))
        using (var inner = new Activity("not captured").Start())
        {
            logger.LogRecords([new Pooled { Time = world.Clock.GetUtcNow(), Message = "below", Ids = (inner.TraceId, inner.SpanId) }]);
        }
        var rows = await world.FlushAsync();
        Assert.Equal(rows.Named("captured").SpanId(), rows.Saying("below").Parent());
        Assert.Equal(rows.Named("captured").Trace(), rows.Saying("below").Trace());
    }

    [Fact]
    public async Task ABadRecordCostsNeitherTheOthersNorTheFlush()
    {
        await using var world = await World.StartAsync();
        var logger = Logger(world);
        logger.LogRecords([
            new Pooled { Time = world.Clock.GetUtcNow(), Breaks = true },
            null!,
            new Pooled { Time = world.Clock.GetUtcNow(), Level = LogLevel.None, Message = "of no level" },
            new Pooled { Time = world.Clock.GetUtcNow(), Template = "Good {Thing}" },
        ]);
        logger.LogRecords(null!);
        logger.LogRecords(Enumerable.Range(0, 1).Select<int, BufferedLogRecord>(_ => throw new InvalidOperationException("no records")));
        Assert.Equal("Good {Thing}", (await world.OnlyRowAsync()).Name());
    }

    [Fact]
    public async Task ASelectorSeesTheRecordAndNotTheScopesThatAreOpenNow()
    {
        await using var world = await World.StartAsync();
        var services = world.Services(options => options.ProjectSelector = properties => properties.GetValueOrDefault("Tenant") as string);
        var logger = services.GetRequiredService<BraintrustLoggerProvider>().CreateLogger("Test");
        var record = new Pooled { Time = world.Clock.GetUtcNow(), Message = "routed" };
        record.Values.Add(new("Tenant", "tenant one"));
        using (logger.BeginScope(new Dictionary<string, object?> { ["Tenant"] = "tenant two" }))
        {
            ((IBufferedLogger)logger).LogRecords([record, new Pooled { Time = world.Clock.GetUtcNow(), Message = "not routed" }]);
        }
        var rows = await world.FlushAsync();
        Assert.Equal(["not routed"], rows.Where(row => row.Meta("event.id") is not null).Select(row => (string?)row["output"]));
        Assert.Equal("routed", (string?)Assert.Single(await world.StoredAsync("tenant one"))["output"]);
    }

    [Fact]
    public async Task ARecordAfterTheEndIsCountedAsLost()
    {
        await using var world = await World.StartAsync();
        var services = world.Services();
        var provider = services.GetRequiredService<BraintrustLoggerProvider>();
        var logger = (IBufferedLogger)provider.CreateLogger("Test");
        await provider.DisposeAsync();
        logger.LogRecords([new Pooled { Time = world.Clock.GetUtcNow(), Message = "too late" }]);
        Assert.Equal(1, provider.Client.Ledger.DroppedRows);
    }
}

static class BufferedRows
{
    public static JsonObject Saying(this IEnumerable<JsonObject> rows, string message) => rows.Single(row => (string?)row["output"] == message);
}
