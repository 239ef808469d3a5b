using Braintrust.Logging.Benchmarks.Contenders;
using Braintrust.Logging.Benchmarks.Harness;

namespace Braintrust.Logging.Benchmarks.Scenarios;

/// <summary>The end of a program: what is queued has to leave before it may go.</summary>
sealed class CloseScenario : Scenario
{
    public override string Name => "close";

    public override string Summary => "10,000 events and close, warm, 50 ms away: seconds until all is delivered.";

    public override string Baseline => "pipe-by-hand";

    public override IEnumerable<Contender> Contenders => Catalog.All.Where(it => it.Mark != "-");

    public override int Latency(string variant) => 50;

    public override async Task<Measured> RunAsync(Run run)
    {
        var metrics = await EndToEndScenario.MeasureAsync(run, run.IsSmoke ? 1_000 : 10_000);
        var events = run.IsSmoke ? 1_000 : 10_000;
        return new() { { "seconds", events / metrics[0].Value }, { "lost", metrics[^1].Value } };
    }
}
