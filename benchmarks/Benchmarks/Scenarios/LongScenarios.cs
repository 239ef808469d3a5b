using System.Diagnostics;
using System.Globalization;
using Braintrust.Logging.Benchmarks.Contenders;
using Braintrust.Logging.Benchmarks.Harness;

namespace Braintrust.Logging.Benchmarks.Scenarios;

/// <summary>More events than memory could hold at once: fed so that a bounded number waits.</summary>
sealed class ManyEventsScenario : Scenario
{
    const int Chunk = 50_000;
    const int MostWaiting = 500_000;

    public override string Name => "growth-fed";
    public override string Summary => "A million events and ten, fed so that no more than half a million wait, then close.";
    public override bool IsLong => true;
    public override int MostRounds => 1;
    public override TimeSpan Limit => TimeSpan.FromMinutes(20);
    public override string Baseline => "pipe-by-hand";
    public override IEnumerable<Contender> Contenders => Catalog.Of("pipe-by-hand", "core-braintrust", "serilog-braintrust", "ilogger-braintrust");
    public override IReadOnlyList<string> Variants(bool isSmoke) => isSmoke ? ["100000"] : ["1000000", "10000000"];

    public override async Task<Measured> RunAsync(Run run)
    {
        var events = int.Parse(run.Variant, CultureInfo.InvariantCulture);
        var contender = run.Make();
        await run.WarmUpAsync(contender);
        var before = await run.Receiver.CountAsync();
        var most = 0L;

        var start = Usage.Now();
        for (var i = 0; i < events;)
        {
            for (var end = Math.Min(events, i + Chunk); i < end; i++)
            {
                contender.Emit(i);
            }
            most = Math.Max(most, Environment.WorkingSet);
            await run.Receiver.WaitForAsync(before.Rows + i - MostWaiting, run.Patience);
        }
        await contender.DisposeAsync();
        var done = Usage.Now();

        var rows = Math.Max(1, (await run.Receiver.CountAsync()).Rows - before.Rows);
        return new()
        {
            { "rows/s", rows / done.SecondsSince(start) },
            { "CPU s per 100k", done.CpuSecondsSince(start) * 100_000 / events },
            { "bytes allocated", (double)done.BytesSince(start) / events },
            { "most MB", most / 1e6 },
            { "lost", events - rows },
        };
    }
}

/// <summary>Whether a process that logs day and night grows.</summary>
sealed class WorkingSetScenario : Scenario
{
    const int PerSecond = 1000;

    public override string Name => "working-set";
    public override string Summary => "1,000 events a second, every second one in a scope of its own: working set and live heap in the first sixth of the time and in the last.";
    public override bool IsLong => true;
    public override int MostRounds => 1;
    public override TimeSpan Limit => TimeSpan.FromMinutes(40);
    public override string Baseline => "serilog-seq";
    public override IEnumerable<Contender> Contenders => Catalog.Of("serilog-seq", "serilog-braintrust", "ilogger-braintrust");
    public override IReadOnlyList<string> Variants(bool isSmoke) => isSmoke ? ["0.05 min"] : ["30 min"];

    public override async Task<Measured> RunAsync(Run run)
    {
        var time = TimeSpan.FromMinutes(double.Parse(run.Variant.Split(' ')[0], CultureInfo.InvariantCulture));
        var contender = (run with { Setup = run.Setup with { Defaults = true } }).Make();
        await run.WarmUpAsync(contender, 500);
        var samples = new List<(TimeSpan At, double Set, double Live)>();
        var before = await run.Receiver.CountAsync();
        var (events, began, sampled) = (0, Stopwatch.GetTimestamp(), TimeSpan.Zero);
        while (Stopwatch.GetElapsedTime(began) is var now && now < time)
        {
            for (var due = (int)(now.TotalSeconds * PerSecond); events < due; events++)
            {
                if (events % 2 == 0)
                {
                    contender.Emit(events);
                }
                else
                {
                    contender.EmitInScope(events);
                }
            }
            if (now - sampled > time / 180)
            {
                samples.Add((now, Environment.WorkingSet / 1e6, GC.GetTotalMemory(forceFullCollection: false) / 1e6));
                sampled = now;
            }
            Thread.Sleep(10); // not awaited: the scopes belong to this flow
        }
        await contender.DisposeAsync();
        var arrived = (await run.Receiver.CountAsync()).Rows - before.Rows;

        var first = samples.Where(it => it.At < time / 6).ToArray();
        var last = samples.Where(it => it.At > time * 5 / 6).ToArray();
        return new()
        {
            { "MB at first", Mean(first, it => it.Set) },
            { "MB at last", Mean(last, it => it.Set) },
            { "heap MB at first", Mean(first, it => it.Live) },
            { "heap MB at last", Mean(last, it => it.Live) },
            { "events", events },
            { "rows", arrived },
        };

        // NaN: the machine stood still for so long that there is none.
        static double Mean((TimeSpan At, double Set, double Live)[] samples, Func<(TimeSpan At, double Set, double Live), double> value) =>
            samples.Length == 0 ? double.NaN : samples.Average(value);
    }
}
