using System.Globalization;
using Braintrust.Logging.Tests.Spool;

namespace Braintrust.Logging.Tests.Faults;

/// <summary>What is alive while nothing can be delivered, in a process of its own: the bytes of <see cref="BraintrustOptions.QueueLimitBytes"/>, a tenth and 8 MiB, whatever is logged.</summary>
public sealed class MemoryFaultTests
{
    const int Limit = 16 << 20;

    [Theory, Trait("Row", "Q01"), Trait("Row", "Q03")]
    [InlineData("code", "short", 503)]
    [InlineData("code", "huge", 503)]
    [InlineData("code", "Chinese", 503)]
    [InlineData("code", "properties", 503)]
    [InlineData("code", "scopes", 503)]
    [InlineData("ILogger", "templates", 503)]
    [InlineData("ILogger", "scopes", 503)]
    [InlineData("Serilog", "structures", 503)]
    [InlineData("Serilog", "exceptions", 503)]
    [InlineData("code", "short, flushed", 503)]
    [InlineData("code", "Chinese, flushed", 503)]
    [InlineData("code", "short, parked", 403)]
    [InlineData("code", "Chinese, parked", 403)]
    [InlineData("ILogger", "scopes", 403)]
    [InlineData("Serilog", "structures", 403)]
    public async Task WhatWaitsTakesNoMoreThanItMayWhateverIsLogged(string front, string what, int status)
    {
        await using var server = await FakeBraintrust.StartAsync();
        server.OnLogs3 = _ => Task.FromResult<Reply?>(new Reply(status, "{}"));

        await AssertBoundedAsync(front, what, server);
    }

    [Theory, InlineData("short"), InlineData("Chinese"), Trait("Row", "Q05")]
    public async Task WithASpoolTheMemoryIsBoundedAsWell(string what)
    {
        await using var world = await DiskWorld.StartAsync();
        world.Server.OnLogs3 = static _ => Task.FromResult<Reply?>(new Reply(503, "{}"));

        await AssertBoundedAsync("code", what, world.Server, world.Folder);
    }

    [Theory, InlineData("short"), InlineData("huge"), Trait("Row", "Q05"), Trait("Row", "D16")]
    public async Task WithASpoolThatCannotBeItIsBoundedTooAndHeldInMemory(string what)
    {
        await using var server = await FakeBraintrust.StartAsync();
        server.OnLogs3 = static _ => Task.FromResult<Reply?>(new Reply(503, "{}"));

        await AssertBoundedAsync("code", what, server, "/dev/null/none");
    }

    static async Task AssertBoundedAsync(string front, string what, FakeBraintrust server, string? folder = null)
    {
        string[] arguments = [server.Url.ToString(), server.ApiKey, "memory", front, what, $"{Limit}"];
        using var victim = Victims.Start(folder is null ? arguments : [.. arguments, folder]);
        var said = await victim.StandardOutput.ReadToEndAsync();
        Assert.Equal(0, await victim.EndAsync());
        var lines = said.Split('\n').Where(static line => line.Length > 0).ToDictionary(static line => line.Split(' ')[0], static line => long.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));

        Assert.True(lines["offered"] >= 6L * Limit);
        Assert.InRange(lines["most"], folder is not null && !folder.StartsWith("/dev", StringComparison.Ordinal) ? long.MinValue : Limit / 4, Limit + Limit / 10 + (8 << 20));
    }
}
