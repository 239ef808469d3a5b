using System.Diagnostics;

namespace Braintrust.Logging.Benchmarks.Harness;

/// <summary>The receiver, as long as this lives. It ends with its standard input, so also when we are killed.</summary>
sealed class ReceiverProcess : IDisposable
{
    readonly Process _process;

    ReceiverProcess(Process process, string url)
    {
        _process = process;
        Url = url;
    }

    public string Url { get; }

    public static ReceiverProcess Start()
    {
        var process = Process.Start(new ProcessStartInfo("dotnet", [Path()]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        return new(process, process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The receiver did not start."));
    }

    // BenchmarkDotNet runs in folders of its own below ours.
    static string Path()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder.FullName, "Receiver", "Receiver.csproj")))
        {
            folder = folder.Parent;
        }
        return folder?.GetDirectories("Receiver")[0].GetFiles("Receiver.dll", SearchOption.AllDirectories)
            .Where(file => file.FullName.Contains($"{System.IO.Path.DirectorySeparatorChar}bin{System.IO.Path.DirectorySeparatorChar}"))
            .MaxBy(file => file.LastWriteTimeUtc)?.FullName ?? throw new FileNotFoundException("Build benchmarks/Receiver first.");
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
