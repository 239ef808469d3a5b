using System.Diagnostics;
using System.Globalization;
using Braintrust.Logging.Benchmarks.Contenders;

namespace Braintrust.Logging.Benchmarks.Harness;

/// <summary>Runs scenarios: contenders take turns, round after round, so that what else the machine does meets all of them.</summary>
sealed class Runner(int rounds, bool isSmoke, IReadOnlyList<string> only, Results results, TimeSpan patience)
{
    readonly long _began = Stopwatch.GetTimestamp();

    /// <summary>Measures what has no results yet. False: the time is over, and there is more to do.</summary>
    public async Task<bool> RunAsync(Scenario scenario)
    {
        if (scenario.Variants(isSmoke).All(variant => results.Find(scenario.Name, variant) is not null))
        {
            return true;
        }
        using var process = ReceiverProcess.Start();
        using var receiver = new Receiver(process.Url);
        foreach (var variant in scenario.Variants(isSmoke))
        {
            if (results.Find(scenario.Name, variant) is not null)
            {
                continue;
            }
            if (Stopwatch.GetElapsedTime(_began) > patience)
            {
                return false;
            }
            var contenders = scenario.Contenders.Where(contender => only.Count == 0 || only.Contains(contender.Name)).ToArray();
            var table = new Table(scenario, variant);
            for (var round = 0; round < Math.Min(rounds, scenario.MostRounds); round++)
            {
                foreach (var contender in round % 2 == 0 ? contenders : contenders.Reverse())
                {
                    await receiver.ResetAsync(contender.MarkHex, scenario.Latency(variant));
                    table.Add(round, contender.Name, Run(scenario, contender, variant, process.Url));
                }
            }
            results.Add(table);
            Console.WriteLine(table.ToMarkdown());
        }
        return true;
    }

    /// <summary>Null: it failed, and said why on the error stream.</summary>
    Measured? Run(Scenario scenario, Contender contender, string variant, string url)
    {
        Console.Error.Write($"{scenario.Name} {variant} {contender.Name}: ");
        string[] arguments = ["client", scenario.Name, contender.Name, variant, url, isSmoke ? "--smoke" : "--full"];
        using var client = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, arguments) { RedirectStandardOutput = true })!;
        using var limit = new Timer(_ => End(client), null, scenario.Limit, Timeout.InfiniteTimeSpan); // one that hangs is one that failed
        var metrics = new Measured();
        while (client.StandardOutput.ReadLine() is { } line)
        {
            if (line.Split('=') is [var name, var text] && double.TryParse(text, CultureInfo.InvariantCulture, out var value))
            {
                metrics.Add(name, value);
            }
        }
        client.WaitForExit();
        Console.Error.WriteLine(client.ExitCode == 0 ? string.Join(", ", metrics.Select(it => $"{it.Key} {Table.Short(it.Value)}")) : $"failed with {client.ExitCode}");
        return client.ExitCode == 0 ? metrics : null;
    }

    static void End(Process client)
    {
        try
        {
            client.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException) // it has just ended
        {
        }
    }
}
