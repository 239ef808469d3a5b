using System.Globalization;
using System.Runtime.InteropServices;

namespace Braintrust.Logging.Benchmarks.Harness;

/// <summary>Where tables go: the console, and a file if one was named, which is added to.</summary>
sealed class Report(string? path)
{
    bool _hasHead;

    public void Write(Table table)
    {
        var text = (_hasHead ? "" : Head()) + table.ToMarkdown();
        _hasHead = true;
        Console.WriteLine(text);
        if (path is not null)
        {
            File.AppendAllText(path, text + Environment.NewLine);
        }
    }

    static string Head() => string.Create(CultureInfo.InvariantCulture,
        $"## {TimeProvider.System.GetUtcNow():yyyy-MM-dd HH:mm} UTC, {Environment.ProcessorCount} processors, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}{Build}\n\n");

#if DEBUG
    const string Build = ", DEBUG BUILD: the figures mean nothing";
#else
    const string Build = "";
#endif
}
