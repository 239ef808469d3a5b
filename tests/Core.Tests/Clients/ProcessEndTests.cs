using Braintrust.Logging.Tests.Faults;

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
        using var victim = Victims.StartInForeground([server.Url.ToString(), server.ApiKey, end]);
        Assert.Equal("ready", await victim.StandardOutput.ReadLineAsync());
        if (end is "TERM" or "HUP")
        {
            await victim.SignalAsync(end);
        }

        Assert.Equal(exitCode, await victim.EndAsync());
        Assert.Equal(end, (string?)Assert.Single(server.Stored("victim"))["span_attributes"]!["name"]);
    }
}
