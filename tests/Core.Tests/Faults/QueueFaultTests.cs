using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using System.Runtime.CompilerServices;
using Braintrust.Logging.Pipeline;
using Braintrust.Logging.Rows;
using Braintrust.Logging.Tests.Clients;
using CsCheck;
using Microsoft.Extensions.Time.Testing;

namespace Braintrust.Logging.Tests.Faults;

/// <summary>Memory, threads and the async flow when more is logged than leaves.</summary>
[Collection("process-wide state")]
public sealed class QueueFaultTests
{
    static BraintrustClient Client(Acceptor acceptor, Action<BraintrustOptions>? change = null)
    {
        var options = new BraintrustOptions { ApiKey = Some.ApiKey(), AppUrl = "https://app.example", HttpMessageHandler = acceptor, FlushOnExit = false };
        change?.Invoke(options);
        return new BraintrustClient(options);
    }

    static async Task EndAsync(BraintrustClient client)
    {
        await client.DisposeAsync();
        client.AssertBalanced();
        Assert.Equal((0, 0), (client.Ledger.ResidentRows, client.Ledger.ResidentBytes));
    }

    [Fact, Trait("Row", "Q01"), Trait("Row", "F05")]
    public async Task AnOutageWithoutEndFillsTheQueueToItsBoundAndEveryLossIsCounted()
    {
        using var acceptor = new Acceptor { Status = static () => HttpStatusCode.ServiceUnavailable };
        var told = new ConcurrentQueue<RowLoss>();
        var client = Client(acceptor, options =>
        {
            options.QueueLimitBytes = 8 * 1024 * 1024;
            options.ShutdownTimeout = TimeSpan.Zero;
            options.TimeProvider = new FakeTimeProvider(); // stands still: all refusals after the first telling are one occasion, the end is another
            options.OnLoss = told.Enqueue;
        });
        var logger = client.GetLogger("P", setCurrent: false);
        var count = LongTests.Count(50_000, 1_000_000);

        for (var i = 0; i < count; i++)
        {
            logger.Log(output: new string((char)('a' + i % 26), 1024));
        }

        Assert.InRange(client.Ledger.ResidentBytes, 4 * 1024 * 1024, 8 * 1024 * 1024);
        Assert.Equal(count, client.Ledger.Accepted);
        await Patience.UntilAsync(() => acceptor.Requests > 0); // the outage was met
        await EndAsync(client);
        Assert.True(client.Ledger.Dropped["queue_full"] > count / 2);
        Assert.Equal(client.Ledger.Dropped, told.GroupBy(static loss => loss.Reason).ToDictionary(static loss => loss.Key, static loss => loss.Sum(static it => it.Count)));
        Assert.InRange(told.Count(static loss => loss.Reason == LossReasons.QueueFull), 1, 2);
        Assert.Single(told, static loss => loss.Reason == LossReasons.Shutdown); // thousands of rows, one call
    }

    [Fact, Trait("Row", "Q02")]
    public async Task AtFullSpeedNothingIsLostInSilence()
    {
        using var acceptor = new Acceptor();
        var client = Client(acceptor);
        var logger = client.GetLogger("P", setCurrent: false);
        var count = LongTests.Count(100_000, 1_000_000);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < count / 8; i++)
            {
                logger.Log(output: "x");
            }
        })));
        Assert.True((await client.FlushAsync(Patience.Limit)).Completed);
        await EndAsync(client);

        Assert.Equal(count, client.Ledger.Accepted);
        Assert.Equal(client.Ledger.Delivered, acceptor.Ids);
        Assert.Equal(acceptor.Rows, acceptor.Ids);
        Assert.All(client.Ledger.Dropped.Keys, static reason => Assert.Equal("queue_full", reason));
    }

    [Theory, InlineData(100_000_000, 3), InlineData(60 * 1024, 10_000), InlineData(1024 * 1024, 100), Trait("Row", "Q03"), Trait("Row", "U09")]
    public async Task LargeRowsAreBoundedByBytesWhateverTheirNumber(int characters, int rows)
    {
        using var acceptor = new Acceptor { Status = static () => HttpStatusCode.ServiceUnavailable };
        var client = Client(acceptor, static options => (options.QueueLimitBytes, options.ShutdownTimeout) = (4 * 1024 * 1024, TimeSpan.Zero));
        var logger = client.GetLogger("P", setCurrent: false);
        var text = new string('x', characters);

        for (var i = 0; i < rows; i++)
        {
            logger.Log(output: text);
            Assert.InRange(client.Ledger.ResidentBytes, 0, 4 * 1024 * 1024);
        }
        Assert.Equal(rows, client.Ledger.Accepted);
        Assert.Equal(rows > 3, client.Ledger.Dropped.ContainsKey("queue_full")); // all but the three did not fit
        Assert.True(client.Ledger.ResidentRows > 0); // cut to 256 K characters, even the largest has its place
        await EndAsync(client);
        Assert.Equal(rows, client.Ledger.DroppedRows);
    }

    [Fact, Trait("Row", "Q04")]
    public async Task SixtyFourWritersAreEachReadInTheirOrderOnceAndWhole()
    {
        var ledger = new Ledger();
        var options = DeliveryOptions.From(new BraintrustOptions { QueueLimit = int.MaxValue, QueueLimitBytes = long.MaxValue, TimeProvider = new FakeTimeProvider() });
        var queue = new EntryQueue(options, ledger);
        const int writers = 64, each = 2_000;
        var read = new List<int>[writers];
        var reader = Task.Run(async () =>
        {
            for (var i = 0; i < writers; i++)
            {
                read[i] = [];
            }
            for (var count = 0; count < writers * each;)
            {
                await queue.WaitAsync(1, isIdle: true);
                while (queue.TryRead(out var entry))
                {
                    read[(int)entry.Ticks].Add((int)entry.Size);
                    count++;
                }
            }
        });
        await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < each; i++)
            {
                var entry = new Entry { Ticks = writer, Size = i, Logger = null!, FrontEnd = null!, Payload = "" };
                Assert.True(queue.TryWrite(entry, privileged: false, out _));
                if (i % 500 == writer)
                {
                    await Task.Yield();
                }
            }
        })));
        await reader.WaitAsync(Patience.Limit);

        Assert.All(read, static one => Assert.Equal(Enumerable.Range(0, each), one));
        Assert.Equal(writers * each, ledger.Accepted);
    }

    [Fact, Trait("Row", "Q07"), Trait("Row", "Q13")]
    public async Task ACallerThatHoldsALockTheCallbackWantsIsNotHeldUp()
    {
        await using var world = await World.StartAsync();
        world.Server.OnLogs3 = static _ => Task.FromResult<Reply?>(new Reply(400, "{}"));
        var gate = new object();
        var threads = new ConcurrentBag<int>();
        var logger = world.Logger(options =>
        {
            options.QueueLimit = 10;
            options.ShutdownTimeout = TimeSpan.FromMilliseconds(200);
            options.OnLoss = _ =>
            {
                threads.Add(Environment.CurrentManagedThreadId);
                lock (gate)
                {
                }
            };
        });
        var caller = 0;
        var thread = new Thread(() =>
        {
            lock (gate)
            {
                caller = Environment.CurrentManagedThreadId;
                for (var i = 0; i < 100; i++)
                {
                    logger.Log(name: "row"); // most are refused
                }
                logger.Client.Dispose(); // tells losses, which waits for the lock: not for ever
            }
        });
        thread.Start();
        Assert.True(thread.Join(Patience.Limit));

        await Patience.UntilAsync(() => !threads.IsEmpty);
        Assert.DoesNotContain(caller, threads);
    }

    [Fact, Trait("Row", "Q08")]
    public void AnyTreeOfAwaitsHasTheParentsOfItsCode()
    {
        using var acceptor = new Acceptor();
        var client = Client(acceptor);
        var logger = client.GetLogger("P", setCurrent: false);
        Gen.Int[0, 3].Array[1, 12].Sample(shape => GrowAsync(0).GetAwaiter().GetResult(), iter: LongTests.Count(200, 20_000));
        client.Dispose();

        async Task GrowAsync(int depth)
        {
            using var span = logger.StartSpan($"{depth}");
            await Task.Yield();
            Assert.Same(span, BraintrustSpan.Current);
            if (depth < 4)
            {
                await Task.WhenAll(Task.Run(() => GrowAsync(depth + 1)), GrowAsync(depth + 1));
            }
            Parallel.For(0, 3, _ =>
            {
                using var inner = logger.StartSpan("parallel");
                Assert.Equal(span.SpanId, Ids.Hex(inner.ParentId));
                Assert.Equal(span.RootSpanId, inner.RootSpanId);
            });
            Assert.Same(span, BraintrustSpan.Current);
        }
    }

    [Fact, Trait("Row", "Q09")]
    public async Task SpansThatNeverEndAreNotKept()
    {
        using var acceptor = new Acceptor();
        var client = Client(acceptor);
        var logger = client.GetLogger("P", setCurrent: false);

        var spans = await Task.Run(() => Forget(logger, 5_000));
        await client.FlushAsync(Patience.Limit);
        await Patience.UntilAsync(() =>
        {
            Inside.Collect();
            return spans.Count(static span => span.IsAlive) < 50;
        });
        Assert.Equal(5_000, acceptor.Ids); // seen, open
        await EndAsync(client);
    }

    [Fact, Trait("Row", "Q10")]
    public async Task TheBackgroundSeesNothingOfTheFlowThatLogged()
    {
        var flow = new AsyncLocal<string?>();
        var seen = new ConcurrentBag<string?>();
        using var acceptor = new Acceptor();
        acceptor.Before = _ =>
        {
            seen.Add(flow.Value);
            return Task.CompletedTask;
        };
        flow.Value = "the user's";
        var client = Client(acceptor, options => options.OnLoss = _ => seen.Add(flow.Value));
        client.GetLogger("P", setCurrent: false).Log(name: "row");
        await client.FlushAsync(Patience.Limit);
        await EndAsync(client);
        client.GetLogger("P", setCurrent: false).Log(name: "late"); // a loss
        await Patience.UntilAsync(() => seen.Count == 2);

        Assert.All(seen, Assert.Null);
    }

    [Fact, Trait("Row", "Q11")]
    public async Task YearsOfOutagesAndRecoveriesLeaveNothingBehind()
    {
        var clock = new FakeTimeProvider();
        var isDown = false;
        using var acceptor = new Acceptor { Status = () => isDown ? HttpStatusCode.BadGateway : HttpStatusCode.OK };
        var client = Client(acceptor, options => options.TimeProvider = clock);
        var logger = client.GetLogger("P", setCurrent: false);
        var rounds = LongTests.Count(300, 20_000);

        for (var round = 0; round < rounds; round++)
        {
            isDown = round % 3 != 2;
            using (logger.StartSpan("root"))
            {
                logger.LogFeedback(logger.Log(name: "row"), comment: "c");
            }
            clock.Advance(TimeSpan.FromSeconds(1e8 / rounds));
            await client.FlushAsync(TimeSpan.FromMilliseconds(1));
        }
        isDown = false;
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True((await client.FlushAsync()).Completed);

        Assert.True(client.Ledger.Delivered > 0 && client.Ledger.Retried > 0);
        Assert.InRange(Inside.Size(client, "_flushes", "_epochs"), 1, 3);
        Assert.InRange(Inside.UnwrittenSpans(client), 0, 1);
        Assert.InRange(Inside.Size(client, "_intake", "_updates", "_latest"), 0, 2048); // swept when there are many
        Assert.Equal((1, 0), (client.Lanes, Inside.ReadyBatches(client)));
        await EndAsync(client);
    }

    [Fact, Trait("Row", "Q12")]
    public async Task AServerTenTimesTooSlowCostsRowsThatAreCounted()
    {
        var turns = new SemaphoreSlim(0);
        using var acceptor = new Acceptor();
        var answered = 0;
        acceptor.Before = async cancel =>
        {
            await turns.WaitAsync(cancel);
            Interlocked.Increment(ref answered);
        };
        var client = Client(acceptor, options => (options.QueueLimit, options.BatchSizeLimit, options.Period, options.ShutdownTimeout) = (1000, 100, TimeSpan.FromMilliseconds(1), TimeSpan.Zero));
        var logger = client.GetLogger("P", setCurrent: false);

        for (var round = 0; round < 30; round++)
        {
            for (var i = 0; i < 1000; i++)
            {
                logger.Log(name: "row"); // returns, whatever the server does
            }
            var ledger = client.Ledger;
            Assert.InRange(ledger.ResidentRows, 0, 1000);
            turns.Release(); // a batch goes, ten have come
            await Patience.UntilAsync(() => Volatile.Read(ref answered) == round + 1);
        }
        client.AssertBalanced();
        Assert.True(client.Ledger.Dropped["queue_full"] > 20_000);
        Assert.True(client.Ledger.Delivered > 0);
        turns.Release(1000);
        await EndAsync(client);
    }

    [Fact, Trait("Row", "F04")]
    public async Task TheMeterNamesEveryReasonAndTheBooksBalanceAtEveryScrape()
    {
        var reasons = new ConcurrentDictionary<string, long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, it) =>
            {
                if (instrument.Name == "braintrust.rows.dropped")
                {
                    it.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => reasons[(string)tags[0].Value!] = value);
        listener.Start();
        using var acceptor = new Acceptor();
        var requests = 0;
        acceptor.Status = () => Interlocked.Increment(ref requests) % 3 == 0 ? HttpStatusCode.BadRequest : HttpStatusCode.OK;
        var client = Client(acceptor, static options => (options.QueueLimit, options.BatchSizeLimit) = (20, 1));
        var logger = client.GetLogger("P", setCurrent: false);

        for (var round = 0; round < 20; round++)
        {
            for (var i = 0; i < 30; i++)
            {
                logger.Log(name: "row");
            }
            await client.FlushAsync(Patience.Limit);
            listener.RecordObservableInstruments();
            client.AssertBalanced();
            Assert.All(client.Ledger.Dropped, dropped => Assert.True(reasons.GetValueOrDefault(dropped.Key) >= dropped.Value));
        }
        await EndAsync(client);
        Assert.True(client.Ledger.Dropped["queue_full"] > 0 && client.Ledger.Dropped["rejected"] > 0);
        await client.DisposeAsync();
        logger.Log(name: "late");
        listener.RecordObservableInstruments();
        Assert.True(reasons["rejected"] >= client.Ledger.Dropped["rejected"]); // what a closed client counted stays counted
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static List<WeakReference> Forget(BraintrustLogger logger, int count)
    {
        var spans = new List<WeakReference>();
        for (var i = 0; i < count; i++)
        {
            spans.Add(new WeakReference(Flowless(logger)));
        }
        return spans;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static BraintrustSpan Flowless(BraintrustLogger logger)
    {
        BraintrustSpan? span = null;
        ExecutionContext.Run(ExecutionContext.Capture()!, _ => span = logger.StartSpan("never ended"), null); // the flow ends with the call
        return span!;
    }
}
