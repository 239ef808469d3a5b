using System.Globalization;
using System.Runtime.InteropServices;
using Braintrust.Logging.Benchmarks.Contenders;

namespace Braintrust.Logging.Benchmarks.Harness;

/// <summary>The document: targets with their verdicts, then the tables. Of a file only what stands between two marks is replaced; the rest is written by hand.</summary>
static class Report
{
    const string Begin = "<!-- measured: written by the benchmarks -->";
    const string End = "<!-- end of measured -->";

    public static void Write(Results results, string path)
    {
        var text = File.Exists(path) ? File.ReadAllText(path) : "# Performance\n";
        var (from, to) = (text.IndexOf(Begin, StringComparison.Ordinal), text.IndexOf(End, StringComparison.Ordinal));
        var (before, after) = from >= 0 && to > from ? (text[..from], text[(to + End.Length)..]) : (text.TrimEnd() + "\n\n", "\n");
        File.WriteAllText(path, $"{before}{Begin}\n\n{Head()}{TargetsOf(results)}\n{string.Join("\n", results.Tables.Select(table => table.ToMarkdown()))}\n{End}{after}");
    }

    static string Head() => string.Create(CultureInfo.InvariantCulture,
        $"""
        ## Measured {TimeProvider.System.GetUtcNow():yyyy-MM-dd}

        {Environment.ProcessorCount} processors, {RuntimeInformation.OSArchitecture}, {RuntimeInformation.FrameworkDescription}{Build}; the receiver is a process on the same machine. Medians, with the lowest and highest of the rounds in
        brackets below. Ratios are taken within a round; differences below 1.4× may be noise.{Left()}


        """);

    static string Left() => Catalog.Missing.ToArray() is { Length: > 0 } missing ? $" Left out, as this build has not their packages: {string.Join(", ", missing)}." : "";

    static string TargetsOf(Results results) => "| Target | | Measured | |\n|---|---|---|---|\n" + string.Concat(Targets.All.Select(target => target.ToMarkdown(results) + "\n"));

#if DEBUG
    const string Build = ", DEBUG BUILD: the figures mean nothing";
#else
    const string Build = "";
#endif
}
