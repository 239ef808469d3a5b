using System.Diagnostics;
using Braintrust.Logging.Tests.Watching;

namespace Braintrust.Logging.Tests.Faults;

/// <summary>Processes of their own, for what would disturb this one.</summary>
static class Victims
{
    public static Process Start(string[] arguments, params (string Name, string Value)[] environment) => Start("dotnet", [], arguments, environment);

    /// <summary>As a terminal would start it: this process may be a shell's background job, or one of nohup's, and those pass on which signals they ignore.</summary>
    public static Process StartInForeground(string[] arguments) =>
        OperatingSystem.IsLinux() ? Start("env", ["--default-signal=HUP,INT,QUIT", "dotnet"], arguments) : Start(arguments);

    public static Process Start(string program, string[] before, string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, [.. before, Path.Combine(AppContext.BaseDirectory, "Victim.dll"), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }
        return Process.Start(start)!;
    }

    /// <summary>Its exit code, or a failure if it hangs; it never outlives the test.</summary>
    public static async Task<int> EndAsync(this Process victim)
    {
        try
        {
            await victim.WaitForExitAsync().WaitAsync(LongTests.AreOn ? TimeSpan.FromMinutes(5) : Patience.Limit);
            Canary.Check("what a process said as an error", await victim.StandardError.ReadToEndAsync());
            return victim.ExitCode;
        }
        finally
        {
            victim.Kill(entireProcessTree: true);
        }
    }

    public static async Task SignalAsync(this Process victim, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{victim.Id}"]);
        await kill.WaitForExitAsync();
    }
}
