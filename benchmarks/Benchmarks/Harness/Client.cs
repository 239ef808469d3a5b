using System.Globalization;
using Braintrust.Logging.Benchmarks.Contenders;
using Braintrust.Logging.Benchmarks.Scenarios;

namespace Braintrust.Logging.Benchmarks.Harness;

/// <summary>One run in a process of its own: what the harness starts. Prints <c>name=value</c> lines.</summary>
static class Client
{
    public static async Task<int> RunAsync(string scenarioName, string contenderName, string variant, string url, bool isSmoke)
    {
        var scenario = AllScenarios.Named(scenarioName);
        var contender = Catalog.Named(contenderName);
        using var receiver = new Receiver(url);
        var metrics = await scenario.RunAsync(new Run(contender, new Setup(url), receiver, variant, isSmoke));
        foreach (var (name, value) in metrics)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}={value:R}"));
        }
        return 0;
    }
}
