using Braintrust.Logging.Benchmarks.Contenders;
using Braintrust.Logging.Benchmarks.Harness;

namespace Braintrust.Logging.Benchmarks.Scenarios;

/// <summary>From the first log call to the last row's acknowledgement: how fast, with how much of this process's processor time and memory.</summary>
sealed class EndToEndScenario : Scenario
{
    public override string Name => "end-to-end";

    public override string Summary => "100,000 events at full speed, then close, warm. CPU and allocation are the client process's alone; wire bytes per row.";

    public override string Baseline => "pipe-by-hand";

    public override IEnumerable<Contender> Contenders => Catalog.All.Where(it => it.Mark != "-");

    public override IReadOnlyList<string> Variants(bool isSmoke) => isSmoke ? ["0 ms"] : ["0 ms", "50 ms"];

    public override int Latency(string variant) => variant == "50 ms" ? 50 : 0;

    public override async Task<Measured> RunAsync(Run run)
    {
        var events = run.IsSmoke ? 2_000 : 100_000;
        return await MeasureAsync(run, events);
    }

    public static async Task<Measured> MeasureAsync(Run run, int events)
    {
        var contender = run.Make();
        await run.WarmUpAsync(contender);
        var before = await run.Receiver.CountAsync();

        var start = Usage.Now();
        for (var i = 0; i < events; i++)
        {
            contender.Emit(i);
        }
        await contender.DisposeAsync();
        var end = Usage.Now();

        var after = await run.Receiver.CountAsync();
        var rows = Math.Max(1, after.Rows - before.Rows);
        return new()
        {
            { "rows/s", rows / end.SecondsSince(start) },
            { "CPU s per 100k", end.CpuSecondsSince(start) * 100_000 / events },
            { "bytes allocated", (double)end.BytesSince(start) / events },
            { "wire bytes", (double)(after.Bytes - before.Bytes) / rows },
            { "lost", events - rows },
        };
    }
}
