using System.Diagnostics;

namespace Braintrust.Logging.Tests.Clients;

/// <summary>A process that ends without a dispose, in a process of its own: its row arrives and its exit code stays.</summary>
public sealed class ProcessEndTests
{
    [Theory]
    [InlineData("return", 3)]
    [InlineData("exit", 4)]
    [InlineData("throw", 134)] // SIGABRT
    [InlineData("TERM", 143)]
    [InlineData("HUP", 129)]
    public async Task WhatIsQueuedIsDelivered(string end, int exitCode)
    {
        if (OperatingSystem.IsWindows())
        {
            return; // no signals there, and other exit codes
        }
        await using var server = await FakeBraintrust.StartAsync();
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Victim.dll"), server.Url.ToString(), server.ApiKey, end])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        using var victim = Process.Start(start)!;
        Assert.Equal("ready", await victim.StandardOutput.ReadLineAsync());
        if (end is "TERM" or "HUP")
        {
            using var kill = Process.Start("kill", [$"-{end}", $"{victim.Id}"]);
            await kill.WaitForExitAsync();
        }
        await victim.WaitForExitAsync().WaitAsync(Patience.Limit);

        Assert.Equal(exitCode, victim.ExitCode);
        Assert.Equal(end, (string?)Assert.Single(server.Stored("victim"))["span_attributes"]!["name"]);
    }
}
