using System.Diagnostics;
using Braintrust.Logging.Benchmarks.Contenders;
using Braintrust.Logging.Benchmarks.Harness;

namespace Braintrust.Logging.Benchmarks.Scenarios;

/// <summary>What a log call costs the thread that makes it. Bytes are exact; times are medians over short rounds, with pauses in which queues empty.</summary>
sealed class CallerScenario(string family) : Scenario
{
    const int EventsPerRound = 4_000;

    public override string Name => $"caller-{family}";

    public override string Summary => "A log call on the caller's thread: wall time, processor time of the thread, and bytes that it allocates.";

    public override string Baseline => $"{family}-none";

    public override IEnumerable<Contender> Contenders => Catalog.All.Where(it => it.Name.StartsWith(family) || it.Name == "braintrust-sdk");

    public override IReadOnlyList<string> Variants(bool isSmoke) => isSmoke ? ["1 thread", "scope"] : ["1 thread", "2 threads", "scope", "disabled"];

    public override async Task<Measured> RunAsync(Run run)
    {
        await using var contender = run.Make();
        Action<int> call = run.Variant switch
        {
            "scope" => contender.EmitInScope,
            "disabled" => contender.EmitDisabled,
            _ => contender.Emit,
        };
        var threads = run.Variant == "2 threads" ? 2 : 1;
        var nanoseconds = new List<double>();
        var processor = new List<double>();
        var bytes = new List<double>();
        for (var round = run.IsSmoke ? -1 : -30; round < (run.IsSmoke ? 1 : 9); round++) // those below zero warm up
        {
            var (time, cpu, allocated) = Round(call, threads, run.IsSmoke ? 200 : EventsPerRound);
            if (round >= 0)
            {
                nanoseconds.Add(time);
                processor.Add(cpu);
                bytes.Add(allocated);
            }
            await Task.Delay(run.IsSmoke ? 10 : 100);
        }
        return new() { { "ns", Middle(nanoseconds) }, { "processor ns", Middle(processor) }, { "bytes", Middle(bytes) } };
    }

    static (double Nanoseconds, double Processor, double Bytes) Round(Action<int> call, int threads, int events)
    {
        var results = new (double Nanoseconds, double Processor, double Bytes)[threads];
        using var start = new Barrier(threads);
        var workers = Enumerable.Range(0, threads).Select(at => new Thread(() =>
        {
            start.SignalAndWait();
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            var cpu = ThreadTime.Nanoseconds;
            var began = Stopwatch.GetTimestamp();
            for (var i = 0; i < events; i++)
            {
                call(i);
            }
            var spent = Stopwatch.GetElapsedTime(began);
            cpu = ThreadTime.Nanoseconds - cpu;
            results[at] = (spent.TotalNanoseconds / events, (double)cpu / events, (double)(GC.GetAllocatedBytesForCurrentThread() - allocated) / events);
        })).ToArray();
        foreach (var worker in workers)
        {
            worker.Start();
        }
        foreach (var worker in workers)
        {
            worker.Join();
        }
        return (results.Average(it => it.Nanoseconds), results.Average(it => it.Processor), results.Average(it => it.Bytes));
    }

    static double Middle(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
