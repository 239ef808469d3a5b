using Braintrust.Logging.Benchmarks.Contenders;
using Braintrust.Logging.Benchmarks.Harness;

namespace Braintrust.Logging.Benchmarks.Scenarios;

/// <summary>More than a queue was made for, at once: with the limits that contenders come with, and with room for all.</summary>
sealed class BurstScenario : Scenario
{
    public const string ByDefault = "default limits";
    public const string WithRoom = "room for all";

    public override string Name => "burst";

    public override string Summary => "200,000 events at full speed, then close: what is lost, how much of it without a count (of the contenders only ours gives one), and how long it takes.";

    public override string Baseline => "serilog-seq";

    public override IEnumerable<Contender> Contenders => Catalog.Of(
        "serilog-seq", "serilog-otlp", "serilog-minimal", "serilog-braintrust", "ilogger-otlp", "ilogger-braintrust", "serilog-http", "ilogger-seq", "braintrust-sdk");

    public override IReadOnlyList<string> Variants(bool isSmoke) => isSmoke ? [ByDefault] : [ByDefault, WithRoom];

    public override async Task<Measured> RunAsync(Run run)
    {
        var events = run.IsSmoke ? 3_000 : 200_000;
        var contender = (run with { Setup = run.Setup with { Defaults = run.Variant == ByDefault } }).Make();
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
        var lost = events - (after.Rows - before.Rows);
        return new()
        {
            { "lost %", 100.0 * lost / events },
            { "not counted %", 100.0 * (lost - Ready.Told) / events },
            { "emit s", emitted.SecondsSince(start) },
            { "in all s", end.SecondsSince(start) },
        };
    }
}
