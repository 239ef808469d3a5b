using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Braintrust.Logging.Tests.Faults;

/// <summary>Ends, shortages and surroundings that a process of its own has to suffer.</summary>
public sealed class ProcessFaultTests
{
    [Theory, InlineData("INT", 130), InlineData("QUIT", 131), Trait("Row", "L04")]
    public async Task OtherSignalsDeliverToo(string signal, int exitCode)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        await using var server = await FakeBraintrust.StartAsync();
        using var victim = Victims.StartInForeground([server.Url.ToString(), server.ApiKey, signal]);
        Assert.Equal("ready", await victim.StandardOutput.ReadLineAsync());
        await victim.SignalAsync(signal);

        Assert.Equal(exitCode, await victim.EndAsync());
        Assert.Single(server.Stored("victim"));
    }

    [Fact, Trait("Row", "L04")]
    public async Task FailFastLosesWhatIsInMemory()
    {
        if (OperatingSystem.IsWindows())
        {
            return; // another exit code
        }
        await using var server = await FakeBraintrust.StartAsync();
        using var victim = Victims.Start([server.Url.ToString(), server.ApiKey, "failfast"]);

        Assert.Equal("ready", await victim.StandardOutput.ReadLineAsync()); // logged
        Assert.Equal(134, await victim.EndAsync()); // SIGABRT
        Assert.Empty(server.Stored("victim")); // as the table says
    }

    [Theory, InlineData("failfast"), InlineData("throw"), InlineData("TERM"), InlineData("KILL"), Trait("Row", "L04"), Trait("Row", "D01")]
    public async Task HoweverAProcessEndsWhatIsOnDiskIsTheNextOnes(string end)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        await using var world = await Spool.DiskWorld.StartAsync();
        world.Fail();
        using (var victim = Victims.Start([world.Server.Url.ToString(), world.Server.ApiKey, end, world.Folder]))
        {
            Assert.Equal("ready", await victim.StandardOutput.ReadLineAsync());
            if (end is "TERM" or "KILL")
            {
                await victim.SignalAsync(end);
            }
            Assert.NotEqual(0, await victim.EndAsync());
        }
        world.Heal();

        await world.DeliverAsync(await world.AdoptAsync(1));

        Assert.Equal(end, (string?)Assert.Single(world.Server.Stored("victim"))["span_attributes"]!["name"]);
    }

    [Fact, Trait("Row", "S01")]
    public async Task UnderTheMostGenerousMaskFoldersAndFilesAreTheUsersAlone()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        await using var world = await Spool.DiskWorld.StartAsync();
        world.Fail();
        using var victim = Victims.Start("sh", ["-c", "umask 000; exec dotnet \"$0\" \"$@\""], [world.Server.Url.ToString(), world.Server.ApiKey, "TERM", world.Folder]);
        Assert.Equal("ready", await victim.StandardOutput.ReadLineAsync());
        var folders = Directory.GetDirectories(world.Folder, "*", SearchOption.AllDirectories).Append(world.Folder).ToArray();
        var files = Directory.GetFiles(world.Folder, "*", SearchOption.AllDirectories);

        Assert.Contains(files, static file => file.EndsWith(".rows", StringComparison.Ordinal));
        foreach (var folder in folders)
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
        }
        foreach (var file in files)
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
        await victim.SignalAsync("KILL");
        await victim.EndAsync();
    }

    [Theory, InlineData("return", 3), InlineData("exit", 4), InlineData("TERM", 143), Trait("Row", "L01"), Trait("Row", "L04")]
    public async Task AServerThatHangsHoldsUpTheEndOfTheProcessNoLongerThanItsBudget(string end, int exitCode)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        await using var server = await FakeBraintrust.StartAsync();
        server.OnLogs3 = static async _ =>
        {
            await new TaskCompletionSource().Task;
            return null;
        };
        using var victim = Victims.Start([server.Url.ToString(), server.ApiKey, end, "hangs"]);
        Assert.Equal("ready", await victim.StandardOutput.ReadLineAsync());
        await server.WaitForLogs3Async(1); // it hangs
        var watch = Stopwatch.StartNew();
        await victim.StandardInput.WriteLineAsync();
        if (end == "TERM")
        {
            await victim.SignalAsync(end);
        }

        Assert.Equal(exitCode, await victim.EndAsync());
        Assert.InRange(watch.Elapsed.TotalSeconds, 1.5, 25); // the budget is two seconds, a request's own limit half a minute
        Assert.Equal(1, server.Logs3Count);
        Assert.Empty(server.Stored("victim"));
    }

    [Fact, Trait("Row", "Q01")]
    public async Task AnOutageNeverNeedsMoreThanItsShareOfTheHeap()
    {
        var (kilobytes, queue, heap) = LongTests.AreOn ? (1_000_000, 64 << 20, "0xC800000") : (64_000, 8 << 20, "0x3000000"); // 200 MB and 48 MB, hard
        using var closed = new ClosedPort();
        using var victim = Victims.Start([closed.Url, "sk-test", "outage", $"{kilobytes}", $"{queue}"], ("DOTNET_GCHeapHardLimit", heap));
        var said = await victim.StandardOutput.ReadLineAsync();

        Assert.Equal(0, await victim.EndAsync());
        Assert.Equal($"lost {kilobytes + 1} of {kilobytes + 1}", said);
    }

    [Fact, Trait("Row", "Q06")]
    public async Task LoggingGoesOnWhileThePoolIsBlockedAndDeliveryAfterwards()
    {
        await using var server = await FakeBraintrust.StartAsync();
        using var victim = Victims.Start([server.Url.ToString(), server.ApiKey, "starved"]);
        Assert.Equal("logged", await victim.StandardOutput.ReadLineAsync());
        Assert.Equal(0, server.Logs3Count); // the pool is blocked, and the clients with it

        await victim.StandardInput.WriteLineAsync();
        Assert.Equal("lost 0", await victim.StandardOutput.ReadLineAsync());
        Assert.Equal(0, await victim.EndAsync());
        Assert.Equal(1000, server.Stored("victim").Count);
    }

    [Fact, Trait("Row", "Q06")]
    public async Task WhileThePoolIsBlockedRowsGoToDiskAndSurviveAKill()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        await using var world = await Spool.DiskWorld.StartAsync();
        using (var victim = Victims.Start([world.Server.Url.ToString(), world.Server.ApiKey, "starved", world.Folder]))
        {
            Assert.Equal("logged", await victim.StandardOutput.ReadLineAsync());
            await Patience.UntilAsync(() => world.Disk.Split("\"starved\"").Length > 1000);
            Assert.Equal(0, world.Server.Logs3Count);
            await victim.SignalAsync("KILL");
            Assert.Equal(137, await victim.EndAsync());
        }

        var next = await world.AdoptAsync(1000);
        await world.DeliverAsync(next);
        Assert.Equal(1000, world.Server.Stored("victim").Count);
    }

    [Fact, Trait("Row", "N21")]
    public async Task TheProxyOfTheEnvironmentIsUsedAndSeesNoKey()
    {
        using var proxy = new Transport.RawServer("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
        using var victim = Victims.Start(["https://app.invalid", "sk-canary", "return"], ("https_proxy", proxy.Url), ("HTTPS_PROXY", proxy.Url));

        Assert.Equal(3, await victim.EndAsync());
        Assert.StartsWith("CONNECT app.invalid:443 HTTP/1.1", proxy.Received);
        Assert.DoesNotContain("sk-canary", proxy.Received);
    }

    [Fact, Trait("Row", "L10")]
    public async Task NobodyInAReadOnlyFolderWithoutAHomeDelivers()
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root" || !File.Exists("/usr/bin/setpriv"))
        {
            return; // only root can become nobody
        }
        await using var server = await FakeBraintrust.StartAsync();
        using var victim = Victims.Start("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "dotnet"], [server.Url.ToString(), server.ApiKey, "TERM"],
            ("HOME", "/nonexistent"), ("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1"), ("TMPDIR", "/nonexistent"), ("DOTNET_EnableDiagnostics", "0"));
        var said = await victim.StandardOutput.ReadLineAsync();
        var error = said == "ready" ? "" : await victim.StandardError.ReadToEndAsync();

        Assert.Equal(("ready", ""), (said, error));
        Assert.Contains("Uid:\t65534\t65534\t65534\t65534", await File.ReadAllTextAsync($"/proc/{victim.Id}/status")); // nobody, really
        await victim.SignalAsync("TERM");
        Assert.Equal(143, await victim.EndAsync());
        Assert.Single(server.Stored("victim"));
    }
}
