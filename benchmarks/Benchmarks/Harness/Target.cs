using System.Globalization;

namespace Braintrust.Logging.Benchmarks.Harness;

/// <summary>One promise, and how to read from the results whether it holds.</summary>
/// <param name="Text">What is promised.</param>
/// <param name="AtMost">The bound; at least, if <paramref name="IsFloor"/>.</param>
/// <param name="Measure">The figure; null if this run did not measure it.</param>
/// <param name="IsFloor">More is better.</param>
sealed record Target(string Text, double AtMost, Func<Results, double?> Measure, bool IsFloor = false)
{
    public string ToMarkdown(Results results)
    {
        var measured = Measure(results);
        var verdict = measured is not { } value ? "not measured" : (IsFloor ? value >= AtMost : value <= AtMost) ? "met" : "**missed**";
        return string.Create(CultureInfo.InvariantCulture, $"| {Text} | {(IsFloor ? "≥" : "≤")} {Number(AtMost)} | {(measured is { } it ? Number(it) : "–")} | {verdict} |");
    }

    static string Number(double value) => value.ToString(Math.Abs(value) >= 100 ? "0" : "0.##", CultureInfo.InvariantCulture);
}
