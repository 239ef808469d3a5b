using Braintrust.Logging.Tests.Clients;

namespace Braintrust.Logging.Tests.Pipeline;

public sealed class FaultTests
{
    public static readonly TheoryData<string> PassingTroubles = ["500", "502", "503", "504", "520", "429", "408", "425", "reset", "lost answer", "html", "empty", "204", "202", "fewer ids"];

    static Reply Trouble(string name) => name switch
    {
        "reset" => Reply.Reset,
        "lost answer" => Reply.LostAnswer,
        "html" => new Reply(200, "<html>hello</html>") { StoreFirst = true },
        "empty" => new Reply(200),
        "204" => new Reply(204),
        "202" => new Reply(202, ""),
        "fewer ids" => new Reply(200, """{"ids":[]}""") { StoreFirst = true },
        _ => new Reply(int.Parse(name), "{}"),
    };

    [Theory, MemberData(nameof(PassingTroubles))]
    public async Task WhatPassesIsTriedAgainWithTheSameIds(string trouble)
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        world.Server.OnLogs3 = _ => Task.FromResult(world.Server.Logs3Count <= 2 ? Trouble(trouble) : null);

        string[] ids = [logger.Log(name: "one"), logger.Log(name: "two")];
        var flush = logger.Client.FlushAsync(TimeSpan.FromMinutes(10));
        await world.AdvanceUntil(flush);

        Assert.Equal((true, 2, 0), ((await flush).Completed, (await flush).Delivered, (await flush).Dropped));
        Assert.Equal(3, world.Server.Logs3Count); // twice the trouble, then success
        Assert.All(world.Server.Requests.Entries.Where(request => request.Path == "/logs3"), request =>
            Assert.Equal(ids, request.Json!["rows"]!.AsArray().Select(row => (string?)row!["id"])));
        Assert.Equal(2, world.Rows.Count);
        Assert.Equal(4, logger.Client.Ledger.Retried);
    }

    [Fact]
    public async Task NothingIsSentBeforeRetryAfterNotEvenByAFlush()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        world.Server.OnLogs3 = _ => Task.FromResult(world.Server.Logs3Count == 1 ? Reply.TooMany("120") : null);

        logger.Log(name: "row");
        var early = await logger.Client.FlushAsync(TimeSpan.FromSeconds(30)); // knows that nothing can happen in time
        Assert.Equal((false, 1), (early.Completed, early.Pending));
        Assert.Contains("429", early.LastError);

        world.Clock.Advance(TimeSpan.FromSeconds(119));
        Assert.False((await logger.Client.FlushAsync(TimeSpan.FromMilliseconds(500))).Completed);
        Assert.Equal(1, world.Server.Logs3Count);

        world.Clock.Advance(TimeSpan.FromSeconds(2));
        await world.Server.WaitForRowsAsync(1);
        Assert.Equal(2, world.Server.Logs3Count);
    }

    [Fact]
    public async Task ARowThatIsToBlameIsFoundAndTheOthersArrive()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        world.Server.OnLogs3 = request => Task.FromResult(request.Body.Contains("poison") ? new Reply(400, "{}") : null);

        for (var i = 0; i < 1000; i++)
        {
            logger.Log(name: i == 137 ? "poison" : $"row {i}");
        }
        var result = await logger.Client.FlushAsync();

        Assert.Equal((true, 999, 1), (result.Completed, result.Delivered, result.Dropped));
        Assert.Equal(999, world.Rows.Count);
        Assert.InRange(world.Server.Logs3Count, 3, 2 * 10 + 2 + 1);
        Assert.Equal(("rejected", 1L), (Assert.Single(world.Losses).Reason, world.Losses[0].Count));
        Assert.Equal(1, logger.Client.Ledger.Dropped["rejected"]);
    }

    [Fact]
    public async Task WhenEveryRowIsRefusedItIsNotTheRowsAndTheyAreKept()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        var isBroken = true;
        world.Server.OnLogs3 = _ => Task.FromResult(isBroken ? new Reply(404, "{}") : null);

        for (var i = 0; i < 50; i++)
        {
            logger.Log(name: $"row {i}");
        }
        var result = await logger.Client.FlushAsync();
        Assert.Equal((false, 3, 47), (result.Completed, result.Dropped, result.Pending));

        isBroken = false;
        var flush = logger.Client.FlushAsync(TimeSpan.FromMinutes(5));
        await world.AdvanceUntil(flush);
        Assert.Equal(47, (await flush).Delivered);
    }

    [Fact]
    public async Task TooLargeABodyIsHalvedAndALoneRowShortenedWithAMark()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        world.Server.OnLogs3 = request => Task.FromResult(request.Bytes.Length > 100_000 ? new Reply(413) : null); // a limit nobody announced

        for (var i = 0; i < 20; i++)
        {
            logger.Log(name: "row", output: new string('x', 20_000));
        }
        var id = logger.Log(name: "huge", input: "kept", output: new string('x', 250_000));
        var result = await logger.Client.FlushAsync();

        Assert.Equal((true, 21, 0), (result.Completed, result.Delivered, result.Dropped));
        Assert.Contains(world.Server.Requests.Entries, request => request.Bytes.Length > 100_000); // the fault happened
        var huge = world.Server.StoredRow(id)!;
        Assert.Equal("kept", (string?)huge["input"]);
        Assert.Contains("truncated", (string?)huge["output"]);
        Assert.InRange(((string)huge["output"]!).Length, 10_000, 100_000);
    }

    [Fact]
    public async Task ARefusedKeyKeepsEverythingProbesGentlyAndResumes()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        var isRefused = true;
        world.Server.OnLogs3 = _ => Task.FromResult(isRefused ? new Reply(401, "{}") : null);

        logger.Log(name: "row");
        var result = await logger.Client.FlushAsync();
        Assert.Equal((false, 0, 1), (result.Completed, result.Dropped, result.Pending));
        Assert.Contains("401", result.LastError);
        Assert.Equal((2, 2), (world.Server.LoginCount, world.Server.Logs3Count)); // one fresh login

        for (var probe = 3; probe <= 5; probe++) // two a minute
        {
            world.Clock.Advance(TimeSpan.FromSeconds(29));
            Assert.False((await logger.Client.FlushAsync(TimeSpan.FromMilliseconds(500))).Completed);
            Assert.Equal(probe - 1, world.Server.Logs3Count);
            world.Clock.Advance(TimeSpan.FromSeconds(2));
            await world.Server.WaitForLogs3Async(probe);
            await world.Settled(logger.Client);
        }

        isRefused = false;
        var flush = logger.Client.FlushAsync(TimeSpan.FromMinutes(5));
        await world.AdvanceUntil(flush);
        Assert.Equal(1, (await flush).Delivered);
    }

    [Fact]
    public async Task AForbiddenProjectPausesAloneTheOthersGoOn()
    {
        await using var world = await World.StartAsync();
        var client = world.Client();
        var forbidden = world.Server.AddProject("forbidden");
        world.Server.OnLogs3 = request => Task.FromResult(request.Body.Contains(forbidden) ? new Reply(403, "{}") : null);

        for (var i = 0; i < 5; i++)
        {
            client.GetLogger("forbidden", setCurrent: false).Log(name: $"row {i}");
            client.GetLogger("allowed", setCurrent: false).Log(name: $"row {i}");
        }
        var result = await client.FlushAsync();

        Assert.Equal((false, 5, 0, 5), (result.Completed, result.Delivered, result.Dropped, result.Pending));
        Assert.Equal(5, world.Server.Stored("allowed").Count);

        client.GetLogger("allowed", setCurrent: false).Log(name: "later");
        await client.FlushAsync();
        Assert.Equal(6, world.Server.Stored("allowed").Count);

        world.Server.OnLogs3 = null;
        var flush = client.FlushAsync(TimeSpan.FromMinutes(5));
        await world.AdvanceUntil(flush);
        Assert.Equal(5, (await flush).Delivered);
        Assert.Equal(["row 0", "row 1", "row 2", "row 3", "row 4"], world.Server.Stored("forbidden").Select(row => (string?)row["span_attributes"]!["name"]));
    }

    [Fact]
    public async Task AProjectThatCannotBeLookedUpWaitsAloneAndIsLookedUpAgain()
    {
        await using var world = await World.StartAsync();
        var client = world.Client();
        world.Server.OnRegister = request => Task.FromResult(request.Body.Contains("difficult") && world.Server.RegisterCount < 5 ? Reply.ServerError : null);

        client.GetLogger("difficult", setCurrent: false).Log(name: "row");
        client.GetLogger("easy", setCurrent: false).Log(name: "row");
        var flush = client.FlushAsync(TimeSpan.FromMinutes(10));
        await world.AdvanceUntil(world.Server.WaitForRowsAsync(1));
        Assert.Single(world.Server.Stored("easy"));

        await world.AdvanceUntil(flush);
        Assert.Equal(2, (await flush).Delivered);
        Assert.Single(world.Server.Stored("difficult"));
        Assert.Equal(5, world.Server.RegisterCount);
    }

    [Fact]
    public async Task AFailedLoginIsTriedAgainNotRemembered()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        world.Server.OnLogin = _ => Task.FromResult(world.Server.LoginCount <= 3 ? Reply.Unavailable() : null);

        logger.Log(name: "row");
        var flush = logger.Client.FlushAsync(TimeSpan.FromMinutes(10));
        await world.AdvanceUntil(flush);

        Assert.Equal(1, (await flush).Delivered);
        Assert.Equal(4, world.Server.LoginCount);
    }

    [Fact]
    public async Task WhatWaitsTooLongIsReportedAsExpired()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.RetryTimeLimit = TimeSpan.FromHours(1));
        world.Server.OnLogs3 = _ => Task.FromResult<Reply?>(Reply.ServerError);

        logger.Log(name: "row");
        var flush = logger.Client.FlushAsync(TimeSpan.FromHours(3));
        await world.AdvanceUntil(flush, TimeSpan.FromSeconds(30));

        Assert.Equal((true, 1), ((await flush).Completed, (await flush).Dropped));
        Assert.Equal("expired", Assert.Single(world.Losses).Reason);
        Assert.InRange(world.Server.Logs3Count, 60, 3600); // probing, at most once in a minute at the end
    }

    [Fact]
    public async Task AFullQueueRefusesTheNewestAndSaysHowMany()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.QueueLimit = 100);
        var hold = new TaskCompletionSource();
        world.Server.OnLogin = async _ =>
        {
            await hold.Task;
            return null;
        };
        using var root = logger.StartSpan("root");

        for (var i = 0; i < 500; i++)
        {
            logger.Log(name: $"row {i}");
        }
        root.End(); // a root has a reserve of its own
        hold.SetResult();
        var result = await logger.Client.FlushAsync();

        Assert.Equal((true, 95, 406), (result.Completed, result.Delivered, result.Dropped));
        Assert.Equal(406, world.Losses.Where(loss => loss.Reason == "queue_full").Sum(loss => loss.Count));
        Assert.Equal(95, world.Rows.Count);
        Assert.Contains(world.Rows, row => (string?)row["span_attributes"]!["name"] == "root");
    }

    [Fact]
    public async Task BytesAreBoundedToo()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.QueueLimitBytes = 1_000_000);
        world.Server.OnLogin = _ => Task.FromResult<Reply?>(Reply.ServerError);

        for (var i = 0; i < 100; i++)
        {
            logger.Log(output: new string('x', 50_000));
        }

        Assert.InRange(logger.Client.Ledger.ResidentBytes, 400_000, 1_000_000);
        Assert.InRange(logger.Client.Ledger.Dropped["queue_full"], 80, 92); // in the queue a text weighs twice what it does as JSON
    }
}
