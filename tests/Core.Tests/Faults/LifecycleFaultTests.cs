using System.Diagnostics;
using System.Net;
using System.Runtime.CompilerServices;
using Braintrust.Logging.Tests.Clients;
using Xunit.Abstractions;

namespace Braintrust.Logging.Tests.Faults;

/// <summary>Beginnings and ends: always within their time, and nothing of them stays.</summary>
[Collection("process-wide state")]
public sealed class LifecycleFaultTests(ITestOutputHelper output)
{
    static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(300);

    public static readonly TheoryData<string, bool> Ends = new()
    {
        { "hang", false }, { "hang", true }, { "drip", false }, { "drip", true }, { "reset in the upload", false }, { "reset in the upload", true }, { "endless chunks", false }, { "503", true },
    };

    [Theory, MemberData(nameof(Ends)), Trait("Row", "L01")]
    public async Task AFullQueueAndABadServerCostTheBudgetAndNoMore(string fault, bool isSync)
    {
        var ends = new List<TimeSpan>();
        for (var i = 0; i < LongTests.Count(1, 125); i++)
        {
            ends.Add(await EndAsync(fault, isSync));
        }
        Assert.All(ends, static took => Assert.InRange(took.TotalSeconds, 0, 20)); // 0.3, and what a busy machine adds; a request by itself would wait for longer
        output.WriteLine($"{fault}: {ends.Count(static took => took <= Budget + TimeSpan.FromMilliseconds(250))} of {ends.Count} ends within the budget and 250 ms; the slowest took {ends.Max().TotalMilliseconds:0} ms");
    }

    static async Task<TimeSpan> EndAsync(string fault, bool isSync)
    {
        await using var it = await FaultWorld.StartAsync();
        Fault[] faults = [Fault.Hang, Fault.Drip, Fault.ResetInTheUpload, Fault.EndlessChunks, Fault.Status(503)];
        it.Faults.ForAllRows(faults.Single(one => one.Name == fault));
        var logger = it.Logger(options =>
        {
            (options.QueueLimit, options.BatchSizeLimit, options.ShutdownTimeout) = (500, 50, Budget);
            (options.TimeProvider, options.EagerlyEmitFirstEvent) = (TimeProvider.System, true); // the budget is a promise in real time
        });
        logger.Log(name: "first");
        await it.Faults.Requests.WaitForAsync(1, request => request.IsRows, "rows");
        for (var i = 0; i < 1000; i++)
        {
            logger.Log(name: "row");
        }

        var before = Stopwatch.GetTimestamp();
        if (isSync)
        {
            logger.Client.Dispose();
        }
        else
        {
            await logger.Client.DisposeAsync();
        }
        var took = Stopwatch.GetElapsedTime(before);
        await Patience.UntilAsync(() => logger.Client.Ledger.ResidentRows == 0);
        Assert.Equal(1001, logger.Client.Ledger.Dropped["queue_full"] + logger.Client.Ledger.Dropped["shutdown"]);
        await Patience.UntilAsync(() => it.World.Losses.Sum(loss => loss.Count) == 1001);
        return took;
    }

    [Fact, Trait("Row", "L02")]
    public async Task ARetryThatSleepsIsWokenByTheEnd()
    {
        await using var it = await FaultWorld.StartAsync();
        it.Faults.ForRows(Fault.Status(503), Fault.Status(503), Fault.Status(503), Fault.Status(503), Fault.Status(503), Fault.Status(503));
        var logger = it.Logger();
        logger.Log(name: "row");
        for (var i = 0; i < 6; i++)
        {
            await logger.Client.FlushAsync(TimeSpan.FromMilliseconds(1)); // each fails and makes the next pause longer
        }
        Assert.Equal(6, (await it.Faults.Happened.WaitForAsync(6)).Count);
        Assert.True(Inside.GateOf(logger.Client).OpensAt > it.World.Clock.GetTimestamp()); // it sleeps

        await logger.Client.DisposeAsync(); // the clock stands still
        Assert.Single(it.World.Rows);
    }

    [Fact, Trait("Row", "L03")]
    public async Task LoggingFlushingAndDisposingAtOnceBreaksNothing()
    {
        for (var round = 0; round < LongTests.Count(50, 2_000); round++)
        {
            using var acceptor = new Acceptor();
            var client = new BraintrustClient(new() { ApiKey = Some.ApiKey(), AppUrl = "https://app.example", HttpMessageHandler = acceptor, Period = TimeSpan.FromMilliseconds(1), ShutdownTimeout = Patience.Limit, FlushOnExit = false });
            var logger = client.GetLogger("P", setCurrent: false);
            using var start = new Barrier(5);
            await Task.WhenAll(
                OnThread(() => { for (var i = 0; i < 100; i++) { logger.Log(name: "row"); } }),
                OnThread(() => { for (var i = 0; i < 100; i++) { using var span = logger.StartSpan("span"); logger.LogFeedback(span.Id, comment: "c"); } }),
                OnThread(() => Assert.NotNull(client.FlushAsync(Patience.Limit).GetAwaiter().GetResult())),
                OnThread(() => client.DisposeAsync().AsTask().GetAwaiter().GetResult()),
                OnThread(client.Dispose)).WaitAsync(Patience.Limit);

            client.AssertBalanced();
            Assert.Equal(0, client.Ledger.ResidentRows);
            Assert.All(client.Ledger.Dropped.Keys, static reason => Assert.Equal("closed", reason));

            Task OnThread(Action act)
            {
                var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                new Thread(() =>
                {
                    try
                    {
                        start.SignalAndWait();
                        act();
                        done.SetResult();
                    }
                    catch (Exception error)
                    {
                        done.SetException(error);
                    }
                }).Start();
                return done.Task;
            }
        }
    }

    [Fact, Trait("Row", "L06")]
    public void WhatCannotBeMadeLeavesNothing()
    {
        Action<BraintrustOptions>[] mistakes =
        [
            o => o.AppUrl = "nonsense", o => o.ApiUrl = "http://elsewhere.example", o => o.ApiKey = "sk canary", o => o.ProjectId = "x", o => o.Project = " ", o => o.QueueLimit = 0,
            o => o.Period = TimeSpan.Zero, o => o.SamplingRatio = double.NaN, o => o.FlushMode = (FlushMode)9, o => o.RetryTimeLimit = TimeSpan.MaxValue,
        ];
        Assert.Throws<ArgumentException>(() => new BraintrustClient(Options(mistakes[0]))); // warm
        var before = Process.GetCurrentProcess().Threads.Count;

        for (var i = 0; i < 1000; i++)
        {
            Assert.Throws<ArgumentException>(() => new BraintrustClient(Options(mistakes[i % mistakes.Length])));
        }

        Assert.InRange(Process.GetCurrentProcess().Threads.Count, 0, before + 300); // other tests run meanwhile
    }

    [Fact, Trait("Row", "L07")]
    public async Task ClientsThatComeAndGoAreForgotten()
    {
        using var acceptor = new Acceptor();
        var rounds = LongTests.Count(500, 10_000);
        var clients = new List<WeakReference>();
        for (var i = 0; i < rounds; i++)
        {
            clients.Add(await LiveAsync(acceptor));
        }
        await Patience.UntilAsync(() =>
        {
            Inside.Collect();
            return clients.Count(static client => client.IsAlive) < 20;
        });
        Assert.Equal(rounds, acceptor.Ids);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static async Task<WeakReference> LiveAsync(Acceptor acceptor)
    {
        await using var client = new BraintrustClient(Options(options => (options.HttpMessageHandler, options.FlushOnExit, options.ShutdownTimeout) = (acceptor, true, Patience.Limit)));
        client.GetLogger("P", setCurrent: false).Log(name: "row");
        return new WeakReference(client);
    }

    [Fact, Trait("Row", "L07")]
    public async Task OwnConnectionsAreClosedWithTheirClient()
    {
        await using var it = await FaultWorld.StartAsync();
        var before = it.Faults.Connections;
        for (var i = 0; i < 20; i++)
        {
            await using var client = it.Client();
            client.GetLogger("P", setCurrent: false).Log(name: "row");
        }
        Assert.True(it.Faults.Connections - before >= 20);
        await Patience.UntilAsync(() => it.Faults.OpenConnections == 0);
    }

    static BraintrustOptions Options(Action<BraintrustOptions> change)
    {
        var options = new BraintrustOptions { ApiKey = Some.ApiKey(), AppUrl = "https://app.example", FlushOnExit = false };
        change(options);
        return options;
    }
}
