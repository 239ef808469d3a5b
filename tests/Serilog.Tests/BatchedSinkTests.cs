using Braintrust.Logging;
using Braintrust.Logging.Tests;
using Serilog.Configuration;
using Serilog.Core;
using Serilog.Events;
using Serilog.Sinks.PeriodicBatching;

namespace Serilog.Sinks.Braintrust.Tests;

public class BatchedSinkTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task OneFailureAndOneSuccessAreOneBatchTwoSendsAndOneRow(bool isNative)
    {
        await using var world = await World.OnSocketsAsync();
        var sends = FailOnce(world.Server);
        var counting = new CountingSink(new BraintrustBatchedSink(world.Client, world.Project));
        await using (var log = Logger(counting, isNative))
        {
            log.Information("hello");
            await world.Server.WaitForRowsAsync(1);
        }

        Assert.Equal(1, counting.Batches);
        Assert.Equal(2, sends.Count);
        Assert.Single(sends.Entries.SelectMany(it => it.Rows).Select(it => it.Text("id")).Distinct());
        Assert.Single(await world.RowsAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task DisposingTheLoggerDeliversWhatSerilogHolds(bool isNative)
    {
        await using var world = await World.OnSocketsAsync();
        await using (var log = Logger(new CountingSink(new BraintrustBatchedSink(world.Client, world.Project)), isNative))
        {
            for (var i = 0; i < 25; i++)
            {
                log.Information("{N}", i);
            }
        }

        Assert.Equal(25, world.Server.Stored(world.Project).Count);
        world.CheckLedger();
    }

    [Fact]
    public async Task ABatchHandedInAgainKeepsItsRowsAndSendsOnlyWhatIsMissing()
    {
        await using var world = await World.OnSocketsAsync();
        var poisoned = true;
        world.Server.OnLogs3 = request => Task.FromResult(poisoned && request.Body.Contains("poison", StringComparison.Ordinal) ? new Reply(400) : null);
        var sink = new BraintrustBatchedSink(world.Client, world.Project);
        LogEvent[] batch = [Event("good"), Event("poison")];

        var error = await Assert.ThrowsAsync<BraintrustException>(() => sink.EmitBatchAsync(batch));
        Assert.StartsWith("1 of 2 events were not delivered", error.Message, StringComparison.Ordinal);
        poisoned = false;
        await sink.EmitBatchAsync(batch);
        await sink.EmitBatchAsync(batch); // all there: nothing is sent

        var attempts = world.Server.Requests.Entries.SelectMany(it => it.Rows).ToLookup(it => it.Text("output"), it => it.Text("id"));
        Assert.Single(attempts["good"].Distinct());
        Assert.Single(attempts["poison"].Distinct());
        Assert.Equal(["good", "poison"], world.Server.Arrivals.Entries.Select(it => it.Text("output")).Order());
        Assert.Equal(1, world.Client.Ledger.Dropped[LossReasons.Rejected]);
        Assert.Equal(3, world.Client.Ledger.Accepted);
    }

    [Fact]
    public async Task AClosedClientFailsTheBatchAndSerilogsFallbackGetsIt()
    {
        await using var world = await World.OnSocketsAsync();
        await world.Client.DisposeAsync();
        var fallback = new RecordingSink();
        await using (var log = new LoggerConfiguration()
            .WriteTo.FallbackChain(
                it => it.Sink(new BraintrustBatchedSink(world.Client, world.Project), new BatchingOptions { RetryTimeLimit = TimeSpan.Zero }),
                it => it.Sink(fallback))
            .CreateLogger())
        {
            log.Information("nobody home");
            await fallback.Events.WaitForAsync(1);
        }

        Assert.True(world.Client.Ledger.Dropped[LossReasons.Closed] > 0);
    }

    [Fact]
    public async Task OnTheBatchingThreadAnEventStillKnowsItsTrace()
    {
        await using var world = await World.OnSocketsAsync();
        using var activity = new System.Diagnostics.Activity("request").Start();
        await using (var log = Logger(new CountingSink(new BraintrustBatchedSink(world.Client, world.Project)), isNative: true))
        {
            log.Information("hello");
        }

        Assert.Equal(activity.TraceId.ToHexString(), Assert.Single(await world.RowsAsync()).Text("root_span_id"));
    }

    static Logger Logger(CountingSink sink, bool isNative) => (isNative
        ? new LoggerConfiguration().WriteTo.Sink((Core.IBatchedLogEventSink)sink, new BatchingOptions { BufferingTimeLimit = TimeSpan.FromMilliseconds(50) })
        : new LoggerConfiguration().WriteTo.Sink(new PeriodicBatchingSink(sink, new PeriodicBatchingSinkOptions { Period = TimeSpan.FromMilliseconds(50) }))).CreateLogger();

    static Journal<RecordedRequest> FailOnce(FakeBraintrust server)
    {
        var sends = new Journal<RecordedRequest>();
        server.OnLogs3 = request =>
        {
            sends.Add(request);
            return Task.FromResult(sends.Count == 1 ? Reply.Unavailable() : null);
        };
        return sends;
    }

    static LogEvent Event(string text) => new(DateTimeOffset.UnixEpoch, LogEventLevel.Information, null, new MessageTemplate(text, [new Parsing.TextToken(text)]), []);

    /// <summary>Counts on both of the interfaces.</summary>
    sealed class CountingSink(BraintrustBatchedSink inner) : Core.IBatchedLogEventSink, PeriodicBatching.IBatchedLogEventSink
    {
        public int Batches { get; private set; }

        public Task EmitBatchAsync(IReadOnlyCollection<LogEvent> batch)
        {
            Batches++;
            return ((Core.IBatchedLogEventSink)inner).EmitBatchAsync(batch);
        }

        public Task OnEmptyBatchAsync() => inner.OnEmptyBatchAsync();

        Task PeriodicBatching.IBatchedLogEventSink.EmitBatchAsync(IEnumerable<LogEvent> batch)
        {
            Batches++;
            return ((PeriodicBatching.IBatchedLogEventSink)inner).EmitBatchAsync(batch);
        }
    }
}
