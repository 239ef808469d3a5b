using System.Diagnostics;
using System.Globalization;
using Braintrust.Logging.Benchmarks.Contenders;
using Braintrust.Logging.Benchmarks.Harness;

namespace Braintrust.Logging.Benchmarks.Scenarios;

/// <summary>What a single event costs when there are many: flat means linear in sum.</summary>
sealed class EventsScenario : Scenario
{
    public override string Name => "growth-events";
    public override string Summary => "Ever more events at full speed, then close.";
    public override int MostRounds => 2;
    public override string Baseline => "pipe-by-hand";
    public override IEnumerable<Contender> Contenders => Catalog.Of("pipe-by-hand", "core-braintrust", "serilog-braintrust", "ilogger-braintrust");
    public override IReadOnlyList<string> Variants(bool isSmoke) => isSmoke ? ["1000"] : ["1000", "10000", "100000", "1000000"];

    public override Task<Measured> RunAsync(Run run) => EndToEndScenario.MeasureAsync(run, int.Parse(run.Variant, CultureInfo.InvariantCulture));
}

/// <summary>Threads that log at the same time.</summary>
sealed class ProducersScenario : Scenario
{
    public override string Name => "growth-producers";
    public override string Summary => "Ever more threads that log the same 64,000 events together: wall time per event over all of them.";
    public override int MostRounds => 1;
    public override string Baseline => "pipe-by-hand";
    public override IEnumerable<Contender> Contenders => Catalog.Of("pipe-by-hand", "core-braintrust", "serilog-none", "serilog-braintrust", "ilogger-none", "ilogger-braintrust");
    public override IReadOnlyList<string> Variants(bool isSmoke) => isSmoke ? ["4"] : ["1", "4", "16", "64"];

    public override async Task<Measured> RunAsync(Run run)
    {
        var threads = int.Parse(run.Variant, CultureInfo.InvariantCulture);
        var events = run.IsSmoke ? 4_000 : 64_000;
        await using var contender = run.Make();
        await run.WarmUpAsync(contender);
        var times = new List<double>();
        for (var round = run.IsSmoke ? 0 : -3; round < (run.IsSmoke ? 1 : 7); round++)
        {
            using var start = new ManualResetEventSlim();
            var workers = Enumerable.Range(0, threads).Select(_ => new Thread(() =>
            {
                start.Wait();
                for (var i = 0; i < events / threads; i++)
                {
                    contender.Emit(i);
                }
            })).ToArray();
            foreach (var worker in workers)
            {
                worker.Start();
            }
            var began = Stopwatch.GetTimestamp();
            start.Set();
            foreach (var worker in workers)
            {
                worker.Join();
            }
            if (round >= 0)
            {
                times.Add(Stopwatch.GetElapsedTime(began).TotalNanoseconds / events);
            }
            await Task.Delay(run.IsSmoke ? 1 : 200);
        }
        times.Sort();
        return new() { { "ns", times[times.Count / 2] } };
    }
}

/// <summary>Projects that events are spread over, one after the other: the worst for whoever keeps a queue for each.</summary>
sealed class ProjectsScenario : Scenario
{
    public override string Name => "growth-projects";
    public override string Summary => "The same 50,000 events over ever more projects, then close.";
    public override int MostRounds => 2;
    public override string Baseline => "serilog-braintrust";
    public override IEnumerable<Contender> Contenders => Catalog.Of("serilog-braintrust");
    public override IReadOnlyList<string> Variants(bool isSmoke) => isSmoke ? ["2"] : ["1", "10", "100", "1000"];

    public override Task<Measured> RunAsync(Run run) => EndToEndScenario.MeasureAsync(
        run with { Setup = run.Setup with { Projects = int.Parse(run.Variant, CultureInfo.InvariantCulture) } }, run.IsSmoke ? 2_000 : 50_000);
}

/// <summary>Scopes that are open around a log call.</summary>
sealed class DepthScenario : Scenario
{
    public override string Name => "growth-depth";
    public override string Summary => "Log calls inside ever more open scopes: time and bytes on the caller's thread.";
    public override int MostRounds => 1;
    public override string Baseline => "ilogger-none";
    public override IEnumerable<Contender> Contenders => Catalog.Of("ilogger-none", "ilogger-otlp", "ilogger-braintrust", "ilogger-seq");
    public override IReadOnlyList<string> Variants(bool isSmoke) => isSmoke ? ["10"] : ["1", "10", "100", "1000"];

    public override async Task<Measured> RunAsync(Run run)
    {
        await using var contender = run.Make();
        var scopes = new Stack<IDisposable?>();
        var (time, bytes) = (new List<double>(), 0.0);
        for (var i = 0; i < int.Parse(run.Variant, CultureInfo.InvariantCulture); i++)
        {
            scopes.Push(contender.Open(i));
        }
        var events = run.IsSmoke ? 100 : 2_000;
        for (var round = run.IsSmoke ? 0 : -5; round < (run.IsSmoke ? 1 : 10); round++)
        {
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            var began = Stopwatch.GetTimestamp();
            for (var i = 0; i < events; i++)
            {
                contender.Emit(i);
            }
            if (round >= 0)
            {
                time.Add(Stopwatch.GetElapsedTime(began).TotalNanoseconds / events);
                bytes = (double)(GC.GetAllocatedBytesForCurrentThread() - allocated) / events;
            }
            Thread.Sleep(run.IsSmoke ? 1 : 150); // not awaited: the scopes belong to this flow
        }
        while (scopes.TryPop(out var scope))
        {
            scope?.Dispose();
        }
        time.Sort();
        return new() { { "ns", time[time.Count / 2] }, { "bytes", bytes } };
    }
}
