using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Braintrust.Logging.Tests.Configuration;
using Braintrust.Logging.Tests.Spool;
using Xunit.Abstractions;

namespace Braintrust.Logging.Tests.Faults;

/// <summary>
/// A process that keeps rows on disk is killed, at random or at a given system call of its files; or its disk fails, or is slow. Another process takes over. What the first had
/// said to be safe arrives, once.
/// </summary>
[Collection("process-wide state")]
public sealed partial class KillMatrixTests(ITestOutputHelper output)
{
    // What the spool asks of the kernel.
    static readonly string[] Calls = ["openat", "pwrite64", "write", "fsync", "ftruncate", "rename", "unlink", "mkdir", "rmdir", "flock"];

    [Theory, InlineData(SpoolSync.Write), InlineData(SpoolSync.Fsync), Trait("Row", "D01"), Trait("Row", "D14")]
    public async Task WhateverTheInstantOfTheKillNoRowIsLostThatWasSafe(SpoolSync sync)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        var random = new Random(LongTests.AreOn ? Environment.TickCount : 1);
        var kills = LongTests.Count(4, 500);
        var (inWork, safe, slowest) = (0, 0, TimeSpan.Zero);
        for (var i = 0; i < kills; i++)
        {
            await using var run = await Run.StartAsync(sync, 100_000, passes: random.Next(6));
            run.Go();
            await run.Safe.WaitForAsync(1); // at work
            await Task.Delay(random.Next(60)); // the instant
            await run.Victim.SignalAsync("KILL");
            Assert.Equal(137, await run.Victim.EndAsync());
            var (rows, took) = await run.RecoverAsync();
            (inWork, safe, slowest) = (inWork + 1, safe + rows, took > slowest ? took : slowest);
        }
        output.WriteLine($"{inWork} kills ({sync}): {safe} rows were safe, 0 of them lost; the slowest recovery took {slowest.TotalSeconds:0.00} s");
        Assert.Equal(kills, inWork);
        Assert.True(safe >= 20 * kills);
    }

    [Fact, Trait("Row", "D02")]
    public async Task WhicheverSystemCallIsTheLastNoRowIsLostThatWasSafe()
    {
        if (!Strace.IsHere)
        {
            output.WriteLine("skipped: there is no strace");
            return;
        }
        var (killed, safe) = (0, 0);
        foreach (var call in Calls)
        {
            // A few of each here; in the long run each, until the work is over before the count is reached.
            int[] numbers = LongTests.AreOn ? [.. Enumerable.Range(1, 400)] : call is "pwrite64" ? [1, 2] : call is "fsync" or "unlink" or "openat" ? [1] : [];
            foreach (var number in numbers)
            {
                await using var run = await Run.StartAsync(SpoolSync.Fsync, 3, passes: number % 2 == 0 ? 1 : int.MaxValue);
                await using var strace = await Strace.AttachAsync(run.Victim, $"{call}:signal=KILL:when={number}");
                run.Go();
                var code = await run.Victim.EndAsync();
                var (rows, _) = await run.RecoverAsync();
                safe += rows;
                if (code == 0)
                {
                    output.WriteLine($"{call}: {number - 1} calls");
                    break;
                }
                Assert.Equal(137, code);
                killed++;
            }
        }
        output.WriteLine($"{killed} kills at system calls: {safe} rows were safe, 0 of them lost");
        Assert.True(killed >= 2, "Nothing was killed.");
    }

    [Theory, Trait("Row", "D04"), Trait("Row", "D05"), Trait("Row", "D08")]
    [InlineData("pwrite64:error=ENOSPC:when=1..3"), InlineData("pwrite64:error=EIO:when=2"), InlineData("fsync:error=EIO:when=1..4"), InlineData("openat:error=EMFILE:when=1..3")]
    public async Task ADiskThatFailsCostsNoRowThatWasSafe(string fault)
    {
        if (!Strace.IsHere)
        {
            output.WriteLine("skipped: there is no strace");
            return;
        }
        await using var run = await Run.StartAsync(SpoolSync.Fsync, 12, passes: int.MaxValue); // what cannot go to disk is safe once it is delivered
        await using var strace = await Strace.AttachAsync(run.Victim, fault);
        run.Go();

        Assert.Equal(0, await run.Victim.EndAsync());
        var (rows, _) = await run.RecoverAsync();

        Assert.True(rows > 0);
        Assert.True(await strace.InjectedAsync() > 0, "The disk did not fail.");
    }

    [Fact, Trait("Row", "D09")]
    public async Task ASlowDiskCostsNoRowThatWasSafe()
    {
        if (!Strace.IsHere)
        {
            output.WriteLine("skipped: there is no strace");
            return;
        }
        await using var run = await Run.StartAsync(SpoolSync.Write, 6, passes: 1);
        await using var strace = await Strace.AttachAsync(run.Victim, "pwrite64:delay_enter=100000"); // 100 ms
        run.Go();

        Assert.Equal(0, await run.Victim.EndAsync());
        var (rows, _) = await run.RecoverAsync();

        Assert.True(rows > 0);
        Assert.True(await strace.InjectedAsync() > 0, "The disk was not slow.");
    }

    /// <summary>A victim at work, its server, and what it has said to be safe.</summary>
    sealed class Run : IAsyncDisposable
    {
        readonly TemporaryFolder _folder = new();
        readonly FakeBraintrust _server;
        Task _listening = Task.CompletedTask;

        Run(FakeBraintrust server, Process victim) => (_server, Victim) = (server, victim);

        public Process Victim { get; private set; }

        public Journal<string> Safe { get; } = new();

        string Spool => Path.Combine(_folder.Path, "spool");

        /// <param name="sync">What is asked of the disk.</param>
        /// <param name="batches">How many the victim logs.</param>
        /// <param name="passes">How many requests the server takes, until the other process is there: what is said to be safe after that is on disk alone.</param>
        public static async Task<Run> StartAsync(SpoolSync sync, int batches, int passes)
        {
            var run = new Run(await FakeBraintrust.StartAsync(), null!);
            var requests = 0;
            run._server.OnLogs3 = _ => Task.FromResult(Interlocked.Increment(ref requests) <= passes ? null : Reply.Unavailable("900"));
            run.Victim = Victims.Start([run._server.Url.ToString(), run._server.ApiKey, "spool", run.Spool, $"{sync}", $"{batches}"]);
            Assert.Equal("ready", await run.Victim.StandardOutput.ReadLineAsync());
            run._listening = run.ListenAsync();
            return run;
        }

        public void Go()
        {
            try
            {
                Victim.StandardInput.WriteLine();
            }
            catch (IOException) // killed already: a thread of the runtime's own made the call
            {
            }
        }

        /// <summary>Another process takes over; all that was safe is stored once.</summary>
        /// <returns>How many were safe, and how long the takeover took.</returns>
        public async Task<(int Rows, TimeSpan Took)> RecoverAsync()
        {
            await _listening;
            _server.OnLogs3 = null;
            var watch = Stopwatch.StartNew();
            await using (var client = new BraintrustClient(new()
            {
                AppUrl = _server.Url.ToString(), ApiUrl = _server.Url.ToString(), ApiKey = _server.ApiKey, SpoolDirectory = Spool, Period = TimeSpan.FromMilliseconds(20), FlushOnExit = false,
            }))
            {
                var missing = Safe.Entries.ToHashSet();
                var seen = 0;
                await _server.Arrivals.WaitForAsync(rows =>
                {
                    for (; seen < rows.Count; seen++)
                    {
                        missing.Remove((string)rows[seen]["id"]!);
                    }
                    return missing.Count == 0;
                }, "all that was safe");
                watch.Stop();
                Assert.True((await client.FlushAsync(Patience.Limit)).Completed);
                Assert.Equal((0, 0), (client.Ledger.SpooledRows, client.Ledger.DroppedRows));
            }
            var stored = _server.Stored("victim").Select(row => (string)row["id"]!).ToList();
            Assert.Equal(stored.Count, stored.Distinct().Count());
            Assert.Empty(Safe.Entries.Except(stored));
            return (Safe.Count, watch.Elapsed);
        }

        async Task ListenAsync()
        {
            while (await Victim.StandardOutput.ReadLineAsync() is { } line)
            {
                if (line.StartsWith("A ", StringComparison.Ordinal))
                {
                    Safe.Add([.. line[2..].Split(' ').Where(static id => id.Length == 36)]); // a kill may cut the last one
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            try
            {
                Victim.Kill(entireProcessTree: true);
            }
            catch (InvalidOperationException)
            {
            }
            Victim.Dispose();
            await _server.DisposeAsync();
            _folder.Dispose();
        }
    }

    /// <summary>Something that goes wrong with the system calls of a process.</summary>
    sealed partial class Strace : IAsyncDisposable
    {
        readonly Process _process;
        readonly Task<string> _log;

        Strace(Process process, Task<string> log) => (_process, _log) = (process, log);

        public static bool IsHere { get; } = OperatingSystem.IsLinux() && File.Exists("/usr/bin/strace");

        public static async Task<Strace> AttachAsync(Process victim, string injection)
        {
            var call = injection[..injection.IndexOf(':', StringComparison.Ordinal)];
            var process = Process.Start(new ProcessStartInfo("strace", ["-f", "-p", victim.Id.ToString(CultureInfo.InvariantCulture), "-e", $"trace={call}", "-e", $"inject={injection}"])
            {
                RedirectStandardError = true,
            })!;
            while (await process.StandardError.ReadLineAsync() is { } line && !line.Contains("attached", StringComparison.Ordinal))
            {
                Assert.DoesNotContain("Operation not permitted", line);
            }
            return new Strace(process, process.StandardError.ReadToEndAsync());
        }

        /// <summary>How often it went wrong. The victim has ended.</summary>
        public async Task<int> InjectedAsync()
        {
            await _process.WaitForExitAsync();
            return Injected().Count(await _log);
        }

        public async ValueTask DisposeAsync()
        {
            if (!_process.HasExited)
            {
                _process.Kill();
            }
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        [GeneratedRegex(@"\((INJECTED|DELAYED)\)")]
        private static partial Regex Injected();
    }
}
