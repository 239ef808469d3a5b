using System.Globalization;

namespace Braintrust.Logging.Benchmarks.Harness;

/// <summary>One promise, and how to read from the results whether it holds.</summary>
/// <param name="Text">What is promised.</param>
/// <param name="AtMost">The bound; at least, if <paramref name="IsFloor"/>.</param>
/// <param name="Measure">The figure; null if this run did not measure it.</param>
/// <param name="IsFloor">More is better.</param>
/// <param name="Why">What is known to stand in its way, where that was measured apart from this run; for the line that says that it is missed.</param>
/// <param name="Needs">What has to be there to measure it at all.</param>
sealed record Target(string Text, double AtMost, Func<Results, double?> Measure, bool IsFloor = false, string? Why = null, string? Needs = null)
{
    public string ToMarkdown(Results results)
    {
        var measured = Measure(results);
        var verdict = measured is not { } value ? "not measured in this run" + (Needs is null ? "" : $": needs {Needs}") : (IsFloor ? value >= AtMost : value <= AtMost) ? "met" : $"**missed**{Distance(value)}{After(Why)}";
        return string.Create(CultureInfo.InvariantCulture, $"| {Text} | {(IsFloor ? "≥" : "≤")} {Number(AtMost)} | {(measured is { } it ? Number(it) : "–")} | {verdict} |");
    }

    static string After(string? why) => why is null ? "" : "; known: " + why;

    string Distance(double value) => (IsFloor ? AtMost / value : value / AtMost) is var times && double.IsFinite(times) ? $" by {Number(times)}×" : "";

    static string Number(double value) => value.ToString(Math.Abs(value) >= 100 ? "0" : "0.##", CultureInfo.InvariantCulture);
}
