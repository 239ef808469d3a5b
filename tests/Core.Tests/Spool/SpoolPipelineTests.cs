using System.Collections.Concurrent;
using System.Net;
using Braintrust.Logging.Configuration;
using Braintrust.Logging.Pipeline;
using Braintrust.Logging.Spool;
using Braintrust.Logging.Tests.Configuration;
using Braintrust.Logging.Tests.Clients;

namespace Braintrust.Logging.Tests.Spool;

/// <summary>From the log call by way of the disk to the server.</summary>
[Collection("process-wide state")]
public sealed class SpoolPipelineTests
{
    [Fact]
    public async Task WhatIsDeliveredIsOnDiskNoMore()
    {
        await using var world = await DiskWorld.StartAsync();
        var client = world.Client();
        var logger = client.GetLogger(setCurrent: false);

        logger.Log(name: "row");
        Assert.Equal(new FlushResult(true, 1, 0, 0, 0, null), await client.FlushAsync());
        Assert.Single(world.Rows);
        Assert.Equal((1, 1, 0, 0), (client.Ledger.Accepted, client.Ledger.Delivered, client.Ledger.SpooledRows, client.Ledger.ResidentRows));

        await client.DisposeAsync();
        await using var next = world.Client();
        next.GetLogger(setCurrent: false).Log(name: "another");
        await next.FlushAsync();
        Assert.Equal(2, world.Server.Arrivals.Count); // the first came once
    }

    [Fact]
    public async Task WithoutABraintrustRowsGoToDiskAndAFlushSaysSo()
    {
        await using var world = await DiskWorld.StartAsync();
        world.Fail();
        var client = world.Client();
        var logger = client.GetLogger(setCurrent: false);
        for (var i = 0; i < 2500; i++)
        {
            logger.Log(name: $"row {i}");
        }

        var result = await client.FlushAsync(TimeSpan.FromTicks(1));

        Assert.Equal((true, 0, 2500, 0, 0), (result.Completed, result.Delivered, result.Spooled, result.Dropped, result.Pending));
        Assert.Contains("503", result.LastError);
        Assert.Equal((2500, 0), (client.Ledger.SpooledRows, client.Ledger.ResidentRows));
        client.AssertBalanced();

        world.Heal();
        result = await world.DeliverAsync(client);
        Assert.Equal((true, 2500, 0, 0, 0), (result.Completed, result.Delivered, result.Spooled, result.Dropped, result.Pending));
        Assert.Equal(2500, world.Rows.Count);
        Assert.Empty(world.World.Losses);
    }

    [Fact]
    public async Task AtTheEndTheRestStaysOnDiskAndTheNextProcessSendsItOnce()
    {
        await using var world = await DiskWorld.StartAsync();
        world.Fail();
        var first = world.Client();
        var logger = first.GetLogger(setCurrent: false);
        for (var i = 0; i < 300; i++)
        {
            logger.Log(name: $"row {i}");
        }
        await first.FlushAsync(TimeSpan.FromTicks(1));
        Assert.True(world.Server.Logs3Count > 0); // sent, and not taken
        await world.EndAsync(first);
        Assert.Equal((300, 0, 0), (first.Ledger.SpooledRows, first.Ledger.ResidentRows, first.Ledger.DroppedRows));
        Assert.Equal(300, (await first.FlushAsync()).Spooled);
        Assert.Empty(world.World.Losses);

        world.Heal();
        var second = await world.AdoptAsync(300);
        var result = await world.DeliverAsync(second);

        Assert.Equal((true, 300, 0), (result.Completed, result.Delivered, result.Spooled));
        Assert.Equal(Enumerable.Range(0, 300).Select(i => $"row {i}"), world.Rows.Select(row => (string)row["span_attributes"]!["name"]!).OrderBy(name => int.Parse(name[4..])));
        Assert.Equal(300, world.Server.Arrivals.Count);
    }

    [Fact, Trait("Row", "D01")]
    public async Task AFlushCoversAdoptedRowsOfWhichSomeWereReadBeforeIt()
    {
        await using var world = await DiskWorld.StartAsync();
        world.Fail();
        const int count = 3000; // more than can be under way
        var first = world.Client();
        var logger = first.GetLogger(setCurrent: false);
        for (var i = 0; i < count; i++)
        {
            logger.Log(name: $"row {i}");
        }
        await world.EndAsync(first);

        var release = new TaskCompletionSource();
        world.Server.OnLogs3 = async _ =>
        {
            await release.Task;
            return null;
        };
        var second = await world.AdoptAsync(count, static options => options.BatchSizeLimit = 100);
        await Patience.UntilAsync(() => Faults.Inside.IsSending(second));
        var flush = second.FlushAsync(TimeSpan.FromDays(1));
        await Patience.UntilAsync(() => Faults.Inside.Size(second, "_flushes", "_epochs") == 2); // its marker was read
        Assert.Equal(0, second.Ledger.Delivered);
        release.SetResult();

        var result = await flush.WaitAsync(Patience.Limit); // no time passes
        Assert.Equal((true, count, 0), (result.Completed, result.Delivered, result.Spooled));
    }

    [Fact]
    public async Task AdoptedRowsLeaveWithoutAnythingBeingLogged()
    {
        await using var world = await DiskWorld.StartAsync();
        world.Fail();
        var first = world.Client();
        first.GetLogger(setCurrent: false).Log(name: "left behind");
        await world.EndAsync(first);
        world.Heal();

        world.Client();

        await world.World.AdvanceUntil(world.Server.WaitForRowsAsync(1));
    }

    [Fact, Trait("Row", "Q05")]
    public async Task AnOutageOfManyRowsNeedsNoMemoryAndCostsNone()
    {
        using var acceptor = new Acceptor { Status = static () => HttpStatusCode.ServiceUnavailable };
        await using var world = await DiskWorld.StartAsync();
        var count = LongTests.Count(100_000, 1_000_000);
        var client = world.Client(options => (options.HttpMessageHandler, options.QueueLimit, options.QueueLimitBytes) = (acceptor, 20_000, 16 << 20));
        var logger = client.GetLogger("P", setCurrent: false);
        for (var i = 0; i < count; i++)
        {
            logger.Log(name: "row", output: "content that takes some room");
            if (i % 10_000 == 9_999)
            {
                await Patience.UntilAsync(() => client.Ledger.ResidentRows < 1000); // more than five times what the queue holds
            }
        }
        var result = await client.FlushAsync(TimeSpan.FromTicks(1));
        Assert.Equal((true, (long)count, 0L), (result.Completed, result.Spooled, result.Pending));
        Assert.Equal(((long)count, 0L), (client.Ledger.SpooledRows, client.Ledger.ResidentRows));
        Assert.InRange(client.Ledger.ResidentBytes, 1, 8 << 20); // what was read to be sent
        Assert.InRange(Faults.Inside.ReadyBatches(client), 0, 8); // read only as far as can be sent

        Assert.True(acceptor.Requests > 0); // the outage was met
        acceptor.Status = null;
        result = await world.DeliverAsync(client);

        Assert.Equal((true, (long)count, 0L), (result.Completed, result.Delivered, result.Spooled));
        Assert.Equal((count, (long)count), (acceptor.Ids, acceptor.Rows));
        Assert.Empty(world.World.Losses);
    }

    [Fact, Trait("Row", "N15")]
    public async Task AForbiddenProjectStaysOnDiskBesideAHealthyOne()
    {
        await using var world = await DiskWorld.StartAsync();
        var forbidden = world.Server.AddProject("forbidden");
        world.Server.OnLogs3 = request => Task.FromResult(request.Body.Contains(forbidden) ? new Reply(403, "{}") : null);
        var client = world.Client(static options => options.QueueLimitBytes = 1 << 20);
        var (closed, open) = (client.GetLogger("forbidden", setCurrent: false), client.GetLogger("open", setCurrent: false));
        const int count = 3000;
        var text = new string('x', 1000);
        closed.Log(name: "row 0", output: text);
        open.Log(name: "row 0");
        await client.FlushAsync(TimeSpan.FromTicks(1)); // and one of them is refused
        for (var i = 1; i < count; i++)
        {
            closed.Log(name: $"row {i}", output: text);
            open.Log(name: $"row {i}");
            if (i % 100 == 99)
            {
                await Patience.UntilAsync(() => client.Ledger.ResidentRows == 0);
            }
        }

        await world.World.AdvanceUntil(Patience.UntilAsync(() => client.Ledger.Delivered == count));
        var result = await client.FlushAsync(TimeSpan.FromTicks(1));
        Assert.Equal((true, count), (result.Completed, result.Spooled));
        Assert.Equal(count, world.Server.Stored("open").Count);
        Assert.InRange(Outbox(client).ParkedBytes, 1000, (1 << 20) / 4); // 3 MB of it wait on disk

        world.Server.OnLogs3 = null;
        await world.DeliverAsync(client);
        Assert.Equal(count, world.Server.Stored("forbidden").Count);
        Assert.Equal(2 * count, world.Server.Arrivals.Count);
        Assert.Empty(world.World.Losses);
    }

    [Fact]
    public async Task WhatIsSaidOfARowInAnotherProcessNeverTurnsItBack()
    {
        await using var world = await DiskWorld.StartAsync();
        world.Fail();
        var first = world.Client();
        var logger = first.GetLogger(setCurrent: false);
        var span = logger.StartSpan("span", input: "question");
        await first.FlushAsync(TimeSpan.FromTicks(1)); // its beginning is on disk
        logger.LogFeedback(span.Id, new Dictionary<string, double> { ["quality"] = 0.5 });
        logger.UpdateSpan(span.Id, output: "early");
        await first.FlushAsync(TimeSpan.FromTicks(1));
        span.Log(output: "answer");
        span.End();
        await first.FlushAsync(TimeSpan.FromTicks(1));
        logger.UpdateSpan(span.Id, output: "corrected", metadata: new { reviewed = true });
        await world.EndAsync(first);

        world.Heal();
        var seen = new ConcurrentDictionary<string, bool>();
        world.Server.OnLogs3 = request => Task.FromResult<Reply?>(seen.TryAdd(request.Body, true) ? new Reply(500, "{}") { StoreFirst = !request.Body.Contains("early") } : null); // each is sent twice
        var second = await world.AdoptAsync(5, static options => options.BatchSizeLimit = 1);
        await world.DeliverAsync(second);

        var row = Assert.Single(world.Rows);
        Assert.Equal(("question", "corrected", 0.5, true), ((string?)row["input"], (string?)row["output"], (double?)row["scores"]!["quality"], (bool?)row["metadata"]!["reviewed"]));
        Assert.NotNull(row["metrics"]!["end"]);
        Assert.Equal([null, null, null, null, "early", "answer", "answer", "corrected", "corrected"], world.Server.Arrivals.Entries.Select(static row => (string?)row["output"])); // never out of order
    }

    [Fact]
    public async Task OnDemandNothingLeavesUntilItIsAskedForAndThenFromDisk()
    {
        await using var world = await DiskWorld.StartAsync();
        world.Fail();
        var client = world.Client(static options => options.FlushMode = FlushMode.OnDemand);
        var logger = client.GetLogger(setCurrent: false);
        logger.Log(name: "first");
        Assert.Equal(1, (await client.FlushAsync(TimeSpan.FromTicks(1))).Spooled);
        world.Heal();
        logger.Log(name: "second");
        await Patience.UntilAsync(() => client.Ledger.SpooledRows == 2);
        for (var i = 0; i < 100; i++)
        {
            world.World.Clock.Advance(TimeSpan.FromMinutes(1));
        }
        Assert.Empty(world.Server.Arrivals.Entries);

        Assert.Equal((true, 2, 0), await client.FlushAsync() is var result ? (result.Completed, result.Delivered, result.Spooled) : default);
    }

    [Fact]
    public async Task TheBeginningOfATraceIsSentAtOnceOnDemand()
    {
        await using var world = await DiskWorld.StartAsync();
        var client = world.Client(static options => options.FlushMode = FlushMode.OnDemand);

        using (client.GetLogger(setCurrent: false).StartSpan("invocation"))
        {
            await world.Server.WaitForRowsAsync(1);
        }
        await client.FlushAsync();

        Assert.NotNull(Assert.Single(world.Rows)["metrics"]!["end"]);
    }

    [Fact, Trait("Row", "N11")]
    public async Task WhatTheServiceRefusesIsBuriedAndNotSentAgain()
    {
        await using var world = await DiskWorld.StartAsync();
        world.Server.OnLogs3 = static request => Task.FromResult(request.Body.Contains("poison") ? new Reply(400, "no") : null);
        var client = world.Client();
        var logger = client.GetLogger(setCurrent: false);
        logger.Log(name: "healthy");
        logger.Log(name: "poison", input: "what they said");
        logger.Log(name: "healthy too");
        await world.DeliverAsync(client);
        await world.EndAsync(client);
        Assert.Equal((2, 1), (client.Ledger.Delivered, client.Ledger.Dropped["rejected"]));

        var letters = Directory.GetFiles(world.Folder, "*.json", SearchOption.AllDirectories);
        Assert.Contains("what they said", File.ReadAllText(Assert.Single(letters)));
        world.Server.OnLogs3 = null;
        var next = world.Client();
        next.GetLogger(setCurrent: false).Log(name: "later");
        await next.FlushAsync();
        Assert.Equal(["healthy", "healthy too", "later"], world.Rows.Select(row => (string)row["span_attributes"]!["name"]!).Order());
    }

    [Fact]
    public async Task WhatWaitsTooLongOnDiskExpiresAlsoWhatWasNeverRead()
    {
        await using var world = await DiskWorld.StartAsync();
        world.Fail();
        var client = world.Client(static options => options.BatchSizeLimit = 10);
        var logger = client.GetLogger(setCurrent: false);
        for (var i = 0; i < 500; i++)
        {
            logger.Log(name: "old");
        }
        await client.FlushAsync(TimeSpan.FromTicks(1));
        world.World.Clock.Advance(TimeSpan.FromDays(6));
        logger.Log(name: "young");
        Assert.Equal(501, (await client.FlushAsync(TimeSpan.FromTicks(1))).Spooled);

        for (var i = 0; i < 500 && client.Ledger.Dropped.GetValueOrDefault("expired") < 500; i++)
        {
            world.World.Clock.Advance(TimeSpan.FromMinutes(10));
            await client.FlushAsync(TimeSpan.FromTicks(1));
        }
        Assert.Equal((500, 1), (client.Ledger.Dropped["expired"], client.Ledger.SpooledRows));
        client.AssertBalanced();

        world.Heal();
        await world.DeliverAsync(client);
        Assert.Equal("young", (string?)Assert.Single(world.Rows)["span_attributes"]!["name"]);
    }

    [Fact, Trait("Row", "D20")]
    public async Task ARowThatFiveProcessesEndedWithGoesAloneAndTheOthersArrive()
    {
        await using var world = await DiskWorld.StartAsync();
        world.Fail();
        var first = world.Client();
        foreach (var name in (string[])["one", "suspect", "two"])
        {
            first.GetLogger(setCurrent: false).Log(name: name);
        }
        await world.EndAsync(first);
        var options = world.Options();
        var connection = SettingsResolver.Resolve(options, SettingsSources.OfProcess()).Connection;
        for (var i = 0; i < 5; i++)
        {
            using var store = new SpoolStore(new SpoolSettings(world.Folder, SpoolSync.Write, 1 << 30, connection.AppUrl, Spooling.AccountOf(connection)), TimeProvider.System);
            store.Maintain();
            Assert.True(store.TryRead(out _));
            Assert.True(store.TryRead(out var suspect));
            store.Trying([suspect.Sequence]); // and no answer came before the end
        }
        world.Heal();

        await world.DeliverAsync(await world.AdoptAsync(3));

        Assert.Equal(3, world.Rows.Count);
        var bodies = world.Server.Requests.Entries.Where(static request => request.Is("POST", "/logs3")).Select(static request => request.Body).ToList();
        Assert.All(bodies.Where(static body => body.Contains("suspect", StringComparison.Ordinal)).TakeLast(1), static body => Assert.DoesNotContain("\"one\"", body));
        Assert.All(bodies.Where(static body => body.Contains("suspect", StringComparison.Ordinal)).TakeLast(1), static body => Assert.DoesNotContain("\"two\"", body));
    }

    [Fact, Trait("Row", "D06")]
    public async Task WhenTheLimitIsReachedTheOldestMakeWayAndAreCounted()
    {
        await using var world = await DiskWorld.StartAsync();
        world.Fail();
        var client = world.Client(static options => options.SpoolLimitBytes = 1 << 20);
        var logger = client.GetLogger(setCurrent: false);
        var text = new string('x', 2000);
        for (var i = 0; i < 2000; i++)
        {
            logger.Log(name: $"{i}", output: text);
            if (i % 50 == 49)
            {
                await client.FlushAsync(TimeSpan.FromTicks(1));
            }
        }
        await Patience.UntilAsync(() => client.Ledger.Dropped.GetValueOrDefault("spool_full") > 0);
        client.AssertBalanced();
        world.Heal();
        Assert.True((await world.DeliverAsync(client)).Completed);

        Assert.Equal(0, client.Ledger.SpooledRows);
        Assert.Equal(2000, client.Ledger.Delivered + client.Ledger.Dropped["spool_full"]);
        var delivered = world.Rows.Select(row => int.Parse((string)row["span_attributes"]!["name"]!)).ToHashSet();
        Assert.Contains(1999, delivered); // the youngest stayed
        Assert.InRange(delivered.Count, 100, 1000);
        await client.FlushAsync();
        Assert.Equal(client.Ledger.Dropped["spool_full"], world.World.Losses.Where(loss => loss.Reason == "spool_full").Sum(loss => loss.Count));
    }

    [Fact]
    public async Task MasksHoldOnDiskAndTheKeyIsNeverThere()
    {
        await using var world = await DiskWorld.StartAsync();
        world.Fail();
        var client = world.Client(static options => options.Mask = static (_, value) => value is string text ? text.Replace("secret", "******") : value);
        var plain = world.Client(static options => options.CaptureContent = false);
        client.GetLogger(setCurrent: false).Log(name: "row", input: "a secret thing");
        plain.GetLogger(setCurrent: false).Log(name: "bare", input: "content", metadata: new Dictionary<string, object?> { ["Authorization"] = "Bearer abc-canary" });
        await client.FlushAsync(TimeSpan.FromTicks(1));
        await plain.FlushAsync(TimeSpan.FromTicks(1));

        var disk = world.Disk;
        Assert.Contains("a ****** thing", disk);
        Assert.Contains("\"bare\"", disk);
        Assert.DoesNotContain("secret thing", disk);
        Assert.DoesNotContain("content", disk.Replace("span_attributes", ""));
        Assert.DoesNotContain("abc-canary", disk);
        Assert.DoesNotContain(world.Server.ApiKey, disk);
        world.Heal();
        await world.DeliverAsync(client);
        await world.DeliverAsync(plain);
    }

    [Fact, Trait("Row", "D17")]
    public async Task SeveralClientsShareADirectoryAndEachRowComesOnce()
    {
        await using var world = await DiskWorld.StartAsync();
        world.Fail();
        var clients = Enumerable.Range(0, 4).Select(_ => world.Client()).ToArray();
        foreach (var (client, at) in clients.Select((client, at) => (client, at)))
        {
            for (var i = 0; i < 200; i++)
            {
                client.GetLogger(setCurrent: false).Log(name: $"{at}.{i}");
            }
            await client.FlushAsync(TimeSpan.FromTicks(1));
        }
        await world.EndAsync(clients[0]); // two take over what two others leave, or one of them all
        await world.EndAsync(clients[1]);
        world.Heal();
        await world.World.AdvanceUntil(Patience.UntilAsync(() => clients[2].Ledger.Accepted + clients[3].Ledger.Accepted == 800), TimeSpan.FromSeconds(1)); // they look for what others left now and then
        await world.DeliverAsync(clients[2]);
        await world.DeliverAsync(clients[3]);

        Assert.Equal(800, world.Rows.Count);
        Assert.Equal(800, world.Server.Arrivals.Count);
    }

    [Fact]
    public async Task AttachmentsOfRowsOnDiskAreUploadedByTheProcessThatHasThem()
    {
        await using var world = await DiskWorld.StartAsync();
        world.Fail();
        var client = world.Client();
        client.GetLogger(setCurrent: false).Log(name: "row", input: new BraintrustAttachment(new byte[5000], "data.bin", "application/octet-stream"));
        Assert.Equal(1, (await client.FlushAsync(TimeSpan.FromTicks(1))).Spooled);
        Assert.InRange(client.Ledger.ResidentBytes, 5000, 10_000); // the bytes are in memory all the same

        world.Heal();
        Assert.True((await world.DeliverAsync(client)).Completed);
        Assert.Equal(5000, Assert.Single(world.Server.StoredFiles).Value.Length);
        Assert.Equal(0, client.Ledger.ResidentBytes);
    }

    [Fact]
    public void RowsOnDiskWaitSevenDaysUnlessToldOtherwise()
    {
        Assert.Equal(TimeSpan.FromDays(1), new BraintrustOptions().RetryTimeLimit);
        Assert.Equal(TimeSpan.FromDays(7), new BraintrustOptions { SpoolDirectory = "spool" }.RetryTimeLimit);
        Assert.Equal(TimeSpan.FromHours(2), new BraintrustOptions { SpoolDirectory = "spool", RetryTimeLimit = TimeSpan.FromHours(2) }.RetryTimeLimit);
        Assert.Equal(Path.GetFullPath("spool"), DeliveryOptions.From(new BraintrustOptions { SpoolDirectory = "spool" }).SpoolDirectory);
    }

    [Fact]
    public void ClientsWithDifferentSpoolsAreNotShared()
    {
        using var folder = new TemporaryFolder();
        BraintrustOptions Options(string? spool) => new() { ApiKey = "sk-spool", AppUrl = "https://app.example", SpoolDirectory = spool, FlushOnExit = false };
        using var first = SharedClients.Acquire(Options(Path.Combine(folder.Path, "a")));
        using var second = SharedClients.Acquire(Options(Path.Combine(folder.Path, "b")));
        using var third = SharedClients.Acquire(Options(Path.Combine(folder.Path, "a")));

        Assert.NotSame(first.Client, second.Client);
        Assert.Same(first.Client, third.Client);
    }

    static Outbox Outbox(BraintrustClient client) => (Outbox)Faults.Inside.Field(Faults.Inside.Field(client, "_loop"), "_outbox");
}
