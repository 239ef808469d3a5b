using Braintrust.Logging;
using Braintrust.Logging.Tests;
using Serilog.Core;
using Serilog.Events;

namespace Serilog.Sinks.Braintrust.Tests.Faults;

/// <summary>Serilog swallows what a sink throws, and with it the event: ours throws nothing.</summary>
public sealed class ValueFaultTests
{
    [Fact]
    [Trait("Row", "U01"), Trait("Row", "U02"), Trait("Row", "U03"), Trait("Row", "U04"), Trait("Row", "U05"), Trait("Row", "U06"), Trait("Row", "U07")]
    public async Task TenThousandHostileEventsArriveWhole()
    {
        using var acceptor = new Acceptor { LookedFor = [.. Hostile.Marks.Where(static mark => mark is not ("<circular reference>" or "<max depth exceeded>" or "<truncated: larger than 1 MiB>"))] }; // Serilog cuts those itself
        await using var client = new BraintrustClient(new()
        {
            ApiKey = Some.ApiKey(), AppUrl = "https://app.example", HttpMessageHandler = acceptor, QueueLimit = int.MaxValue, QueueLimitBytes = long.MaxValue, FlushOnExit = false,
            FlushTimeout = TimeSpan.FromMinutes(10), // thousands of large rows, on whatever machine
        });
        var passed = new CountingSink();
        await using var log = new LoggerConfiguration().MinimumLevel.Verbose().Destructure.ToMaximumCollectionCount(1_500).Destructure.ToMaximumDepth(4)
            .WriteTo.Braintrust(client, "P").WriteTo.Sink(passed).CreateLogger();
        var said = new Journal<string>();
        Debugging.SelfLog.Enable(line => said.Add(line));
        var count = LongTests.Count(10_000, 1_000_000);
        var thrown = Hostile.Thrown;
        var refused = 0;

        var hostile = new Hostile(seed: 3);
        for (var i = 0; i < count; i++)
        {
            try
            {
                var context = hostile.Below(2) == 0 ? log : log.ForContext(hostile.Name(), hostile.Value(), destructureObjects: hostile.Below(2) == 0);
                context.Write((LogEventLevel)hostile.Below(6), hostile.Exception(), hostile.Template(), hostile.Values(4));
            }
            catch (Exception) // Serilog itself, before any sink: what a sink throws never gets here
            {
                refused++;
            }
            if (client.Ledger.ResidentRows > 5_000)
            {
                await client.FlushAsync();
            }
        }
        var result = await client.FlushAsync();
        Debugging.SelfLog.Disable();

        Assert.True(Hostile.Thrown - thrown > count / 2, $"Only {Hostile.Thrown - thrown} values threw.");
        Assert.Empty(acceptor.NeverFound); // the faults happened, and left their marks
        Assert.Equal((true, 0), (result.Completed, result.Dropped));
        Assert.InRange(passed.Count, count / 2, count - refused);
        Assert.Equal(passed.Count, acceptor.Ids);
        Assert.Equal((passed.Count, passed.Count, 0), (client.Ledger.Accepted, client.Ledger.Delivered, client.Ledger.ResidentRows));
        Assert.DoesNotContain(said.Entries, static line => line.Contains("could not take an event", StringComparison.Ordinal) || line.Contains("BraintrustSink", StringComparison.Ordinal));
    }

    sealed class CountingSink : ILogEventSink
    {
        public int Count;

        public void Emit(LogEvent logEvent) => Interlocked.Increment(ref Count);
    }
}
