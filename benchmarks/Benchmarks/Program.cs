using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using BenchmarkDotNet.Running;
using Braintrust.Logging.Benchmarks.Harness;
using Braintrust.Logging.Benchmarks.Scenarios;

namespace Braintrust.Logging.Benchmarks;

/// <summary>
/// <c>micro …</c> is BenchmarkDotNet, whose arguments follow; anything else is a scenario's name, or <c>all</c>, with <c>--rounds 3</c>, <c>--out file.md</c>,
/// <c>--only a,b</c>, <c>--data file.tsv</c>, <c>--minutes 3</c>, <c>--smoke</c>.
/// </summary>
static class Program
{
    // The exit code when the minutes are over.
    const int MoreToDo = 3;

    /// <summary>When Main began.</summary>
    public static long Began { get; private set; }

    static Task<int> Main(string[] args)
    {
        Began = Stopwatch.GetTimestamp();
        return RunAsync(args);
    }

    static Task<int> RunAsync(string[] args) => args switch
    {
        ["client", var scenario, var contender, var variant, var url, var size] => Client.RunAsync(scenario, contender, variant, url, size == "--smoke"),
        ["micro", ..] => Task.FromResult(Micro(args[1..])),
        [var name, ..] when !name.StartsWith('-') => HarnessAsync(name, args[1..]),
        ["--smoke", ..] => HarnessAsync("all", args),
        _ => Task.FromResult(Usage()),
    };

    static async Task<int> HarnessAsync(string name, string[] options)
    {
        var isSmoke = options.Contains("--smoke");
        var rounds = int.Parse(After("--rounds", options) ?? (isSmoke ? "1" : "3"), CultureInfo.InvariantCulture);
        var minutes = double.Parse(After("--minutes", options) ?? "600", CultureInfo.InvariantCulture);
        var results = new Results(After("--data", options), AllScenarios.All);
        var runner = new Runner(rounds, isSmoke, After("--only", options)?.Split(',') ?? [], results, TimeSpan.FromMinutes(minutes));
        foreach (var scenario in name == "all" ? AllScenarios.All.Where(scenario => isSmoke || !scenario.IsLong) : [AllScenarios.Named(name)])
        {
            if (!await runner.RunAsync(scenario))
            {
                return MoreToDo;
            }
        }
        if (After("--out", options) is { } path)
        {
            Report.Write(results, path);
        }
        return 0;
    }

    // Apart, so that the other commands do not load BenchmarkDotNet.
    [MethodImpl(MethodImplOptions.NoInlining)]
    static int Micro(string[] args)
    {
        BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
        return 0;
    }

    static string? After(string option, string[] options) => Array.IndexOf(options, option) is var at and >= 0 && at + 1 < options.Length ? options[at + 1] : null;

    static int Usage()
    {
        Console.Error.WriteLine($"Say one of: micro, all, {string.Join(", ", AllScenarios.All.Select(it => it.Name))}. See benchmarks/README.md.");
        return 2;
    }
}
