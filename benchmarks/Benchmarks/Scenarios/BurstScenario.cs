using Braintrust.Logging.Benchmarks.Contenders;
using Braintrust.Logging.Benchmarks.Harness;

namespace Braintrust.Logging.Benchmarks.Scenarios;

/// <summary>More than a queue was made for, at once, with the limits that contenders come with.</summary>
sealed class BurstScenario : Scenario
{
    public override string Name => "burst";

    public override string Summary => "200,000 events at full speed with default limits, then close: what is lost, and how long it takes.";

    public override string Baseline => "serilog-seq";

    public override IEnumerable<Contender> Contenders => Catalog.Of(
        "serilog-seq", "serilog-otlp", "serilog-minimal", "serilog-braintrust", "ilogger-otlp", "ilogger-braintrust", "serilog-http", "ilogger-seq", "braintrust-sdk");

    public override async Task<Measured> RunAsync(Run run)
    {
        var events = run.IsSmoke ? 3_000 : 200_000;
        var contender = (run with { Setup = run.Setup with { Defaults = true } }).Make();
        await run.WarmUpAsync(contender, 500);
        var before = await run.Receiver.CountAsync();
        var start = Usage.Now();
        for (var i = 0; i < events; i++)
        {
            contender.Emit(i);
        }
        var emitted = Usage.Now();
        await contender.DisposeAsync();
        var end = Usage.Now();
        var after = await run.Receiver.CountAsync();
        return new()
        {
            { "lost %", 100.0 * (events - (after.Rows - before.Rows)) / events },
            { "emit s", emitted.SecondsSince(start) },
            { "in all s", end.SecondsSince(start) },
        };
    }
}
