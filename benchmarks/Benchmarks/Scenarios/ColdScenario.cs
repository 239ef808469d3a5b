using System.Diagnostics;
using Braintrust.Logging.Benchmarks.Contenders;
using Braintrust.Logging.Benchmarks.Harness;

namespace Braintrust.Logging.Benchmarks.Scenarios;

/// <summary>What a program pays before its first log call returns: loading, compiling, setting up. Without network.</summary>
sealed class ColdScenario(string family) : Scenario
{
    public override string Name => $"cold-{family}";

    public override string Summary => "A fresh process: from the first line of Main to the end of the first log call.";

    public override string Baseline => $"{family}-none";

    public override IEnumerable<Contender> Contenders => Catalog.All.Where(it => it.Name.StartsWith(family) || it.Name == "braintrust-sdk");

    public override async Task<Measured> RunAsync(Run run)
    {
        var contender = run.Make();
        contender.Emit(0);
        var spent = Stopwatch.GetElapsedTime(Program.Began);
        var bytes = GC.GetTotalAllocatedBytes(precise: true);
        await contender.DisposeAsync();
        return new() { { "ms", spent.TotalMilliseconds }, { "kB allocated", bytes / 1e3 } };
    }
}
