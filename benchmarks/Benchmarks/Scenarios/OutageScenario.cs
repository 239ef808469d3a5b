using System.Diagnostics;
using Braintrust.Logging.Benchmarks.Contenders;
using Braintrust.Logging.Benchmarks.Harness;

namespace Braintrust.Logging.Benchmarks.Scenarios;

/// <summary>The service answers 503 while the application goes on logging: what is held, what it weighs, what it costs the caller, when it is made up for.</summary>
sealed class OutageScenario : Scenario
{
    const int PerMillisecond = 20;

    public override string Name => "outage";

    public override string Summary => "Healthy, then an outage (503) at 20,000 events/s with default limits (ours: 100,000 rows, 64 MiB), then recovery.";

    public override int MostRounds => 1;

    public override string Baseline => "serilog-minimal";

    public override IEnumerable<Contender> Contenders => Catalog.Of(
        "serilog-seq", "serilog-otlp", "serilog-minimal", "serilog-braintrust", "ilogger-otlp", "ilogger-braintrust", "serilog-http", "serilog-http-durable", "ilogger-seq");

    public override IReadOnlyList<string> Variants(bool isSmoke) => isSmoke ? ["0.2 s"] : ["3 s", "10 s"];

    public override async Task<Measured> RunAsync(Run run)
    {
        var seconds = double.Parse(run.Variant.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);
        var contender = (run with { Setup = run.Setup with { Defaults = true } }).Make();
        await run.WarmUpAsync(contender, 500);
        var before = await run.Receiver.CountAsync();
        var pace = new Pace(PerMillisecond, (int)(seconds * 1000));

        var healthy = pace.Run(contender);
        await run.Receiver.WaitForAsync(before.Rows + pace.Events, TimeSpan.FromSeconds(run.IsSmoke ? 0.3 : 10));
        var atRest = GC.GetTotalMemory(forceFullCollection: true);

        await run.Receiver.AnswerAsync(503);
        var failing = pace.Run(contender);
        var held = GC.GetTotalMemory(forceFullCollection: true) - atRest;
        var arrived = (await run.Receiver.CountAsync()).Rows;

        await run.Receiver.AnswerAsync(200);
        var recovering = Stopwatch.GetTimestamp();
        await contender.DisposeAsync();
        var recovery = Stopwatch.GetElapsedTime(recovering);
        var after = await run.Receiver.CountAsync();
        var made = Math.Max(1, after.Rows - arrived);
        return new()
        {
            { "lost %", 100.0 * (2 * pace.Events - (after.Rows - before.Rows)) / pace.Events },
            { "live heap MB", held / 1e6 },
            { "bytes held per event", (double)held / made },
            { "p99.9 µs healthy", healthy },
            { "p99.9 µs failing", failing },
            { "recovery s", recovery.TotalSeconds },
        };
    }

    /// <summary>So many events each millisecond, and how long the slowest in a thousand took.</summary>
    sealed class Pace(int perMillisecond, int milliseconds)
    {
        readonly long[] _spent = new long[perMillisecond * milliseconds];

        public int Events => _spent.Length;

        public double Run(IContender contender)
        {
            var began = Stopwatch.GetTimestamp();
            for (var i = 0; i < _spent.Length; i++)
            {
                if (i % perMillisecond == 0)
                {
                    while (Stopwatch.GetElapsedTime(began).TotalMilliseconds < i / perMillisecond)
                    {
                        Thread.Sleep(0);
                    }
                }
                var before = Stopwatch.GetTimestamp();
                contender.Emit(i);
                _spent[i] = Stopwatch.GetTimestamp() - before;
            }
            Array.Sort(_spent);
            return _spent[(int)(_spent.Length * 0.999)] * 1e6 / Stopwatch.Frequency;
        }
    }
}
