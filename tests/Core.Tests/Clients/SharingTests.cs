using System.Diagnostics.Metrics;

namespace Braintrust.Logging.Tests.Clients;

[Collection("process-wide state")]
public sealed class SharingTests
{
    [Fact]
    public async Task TenRacingLoggersLogInOnce()
    {
        await using var world = await World.StartAsync();
        var clients = Enumerable.Range(0, 3).Select(_ => world.Client()).ToList();

        await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Task.Run(() =>
        {
            clients[i % 3].GetLogger($"project {i % 5}", setCurrent: false).Log(name: "row");
            return clients[i % 3].FlushAsync();
        })));

        Assert.Equal(1, world.Server.LoginCount);
        Assert.Equal(5, world.Server.RegisterCount);
        Assert.Equal(1, world.Server.VersionCount);
    }

    [Fact]
    public async Task ALoggerIsMadeOncePerProject()
    {
        await using var world = await World.StartAsync();
        var client = world.Client();
        Assert.Same(client.GetLogger("one", false), client.GetLogger("one", false));
        Assert.NotSame(client.GetLogger("one", false), client.GetLogger("two", false));
        Assert.Same(client.GetLogger(setCurrent: false), client.GetLogger(World.Project, false));
        Assert.Throws<ArgumentException>(() => client.GetLogger(" "));
        Assert.Throws<ArgumentException>(() => client.GetLogger(projectId: "no uuid"));
    }

    [Fact]
    public async Task EqualOptionsShareAClientUntilItsLastUserIsGone()
    {
        await using var world = await World.StartAsync();
        var (one, two, other) = (SharedClients.Acquire(world.Options()), SharedClients.Acquire(world.Options(options => options.Project = "another")),
            SharedClients.Acquire(world.Options(options => options.Period = TimeSpan.FromSeconds(1))));
        Assert.Same(one.Client, two.Client);
        Assert.NotSame(one.Client, other.Client);

        one.GetLogger(false).Log(name: "row");
        two.GetLogger(false).Log(name: "row");
        other.GetLogger(false).Log(name: "row");
        await one.DisposeAsync();
        await one.DisposeAsync();
        Assert.False(two.Client.IsClosed);
        await two.DisposeAsync();
        Assert.True(two.Client.IsClosed);
        await other.DisposeAsync();

        Assert.Equal((2, 1), (world.Rows.Count, world.Server.Stored("another").Count));
        two.Client.AssertBalanced();
        Assert.Equal(1, world.Server.LoginCount); // a queue of its own, and still the same login
    }

    [Fact]
    public async Task TheFirstLoggerBecomesCurrentTheOthersStayAside()
    {
        await using var world = await World.StartAsync();
        var client = world.Client();
        var aside = client.GetLogger("aside", setCurrent: false);
        Assert.NotSame(aside, BraintrustLogger.Current);
        var first = client.GetLogger("first");
        client.GetLogger("second");
        Assert.Same(first, BraintrustLogger.Current);

        BraintrustLog.Traced("by the front door", _ => { });
        aside.Traced("outer", _ => BraintrustLog.Traced("inner", inner => Assert.Same(aside, inner.Logger)));
        using (var span = BraintrustLog.StartSpan("one more"))
        {
            Assert.Same(first, span.Logger);
        }
        await client.FlushAsync();

        Assert.Equal(2, world.Server.Stored("first").Count);
        Assert.Equal(2, world.Server.Stored("aside").Count);
        await client.DisposeAsync();
        Assert.NotSame(first, BraintrustLogger.Current); // nor anybody else: what a closed client is given is lost
        var next = world.Client();
        Assert.Same(next.GetLogger("next"), BraintrustLogger.Current);
    }

    /// <summary>The front door's client is the process's: nothing else in these tests may make it.</summary>
    [Fact]
    public async Task TheFrontDoorLogsInToAGivenAccountAndKeepsIt()
    {
        await using var world = await World.StartAsync();
        var (key, url) = (world.Server.ApiKey, world.Server.Url.ToString());

        await BraintrustLog.LoginAsync(key, world.Server.Organization, url);
        await BraintrustLog.LoginAsync(key, world.Server.Organization, url);
        await BraintrustLog.LoginAsync();
        Assert.Equal(1, world.Server.LoginCount);
        BraintrustLog.GetLogger("front door", setCurrent: false).Log(output: "hello");
        await BraintrustLog.Client.FlushAsync();
        Assert.Single(world.Server.Stored("front door"));
        await AssertKeepsAsync();

        // A sink that came before shares the client, and its project is its own.
        await using (var sink = SharedClients.Acquire(new BraintrustOptions { ApiKey = key, OrgName = world.Server.Organization, AppUrl = url, Project = "sink" }))
        {
            BraintrustLog.Client.Dispose();
            await using var first = SharedClients.Acquire(new BraintrustOptions { ApiKey = key, OrgName = world.Server.Organization, AppUrl = url, Project = "sink" });
            Assert.NotSame(sink.Client, first.Client);
            Assert.Same(first.Client, BraintrustLog.Client);
            Assert.Equal(("sink", Ours), (first.GetLogger(false).Project, BraintrustLog.GetLogger(setCurrent: false).Project));
        }

        // Whoever disposes the client ends it for all that hold it, and for nobody who comes later.
        var gone = BraintrustLog.GetLogger("front door");
        BraintrustLog.Client.Dispose();
        Assert.True(gone.Client.IsClosed);
        BraintrustLog.Traced("after the end", _ => { });
        Assert.Equal(1, (await BraintrustLog.FlushAsync()).Delivered);
        Assert.Single(world.Server.Stored(Ours));
        await AssertKeepsAsync();
        BraintrustLog.Client.Dispose(); // its logger is the current one, which the other tests must not find

        async Task AssertKeepsAsync()
        {
            var error = await Assert.ThrowsAsync<InvalidOperationException>(() => BraintrustLog.LoginAsync("sk-another", world.Server.Organization, url));
            Assert.StartsWith("The default client has another apiKey already.", error.Message);
            Assert.DoesNotContain("sk-another", error.ToString());
            Assert.DoesNotContain(key, error.ToString());
            error = await Assert.ThrowsAsync<InvalidOperationException>(() => BraintrustLog.LoginAsync(key, "another-org", url));
            Assert.StartsWith("The default client has another orgName already.", error.Message);
            error = await Assert.ThrowsAsync<InvalidOperationException>(() => BraintrustLog.LoginAsync(key, world.Server.Organization));
            Assert.StartsWith("The default client has another appUrl already.", error.Message);
            await Assert.ThrowsAsync<ArgumentException>(() => BraintrustLog.LoginAsync("sk-another", appUrl: "ftp://x"));
        }
    }

    static string Ours => Environment.GetEnvironmentVariable("BRAINTRUST_PROJECT") ?? Environment.GetEnvironmentVariable("BRAINTRUST_DEFAULT_PROJECT_NAME") ?? "Global";

    [Fact]
    public async Task AnExplicitLoginIsOnceAndSaysWhyItFails()
    {
        await using var world = await World.StartAsync();
        var client = world.Client();
        world.Server.OnLogin = _ => Task.FromResult(world.Server.LoginCount == 1 ? new Reply(401, "{}") : null);

        var error = await Assert.ThrowsAsync<BraintrustException>(() => client.LoginAsync());
        Assert.Contains("401", error.Message);
        Assert.DoesNotContain(world.Server.ApiKey, error.ToString());
        await client.LoginAsync();
        await client.LoginAsync();
        Assert.Equal(2, world.Server.LoginCount);
    }

    [Fact]
    public async Task FirstCallsReturnAtOnceWhileTheLoginHangs()
    {
        await using var world = await World.StartAsync();
        var hang = new TaskCompletionSource();
        world.Server.OnLogin = async _ =>
        {
            await hang.Task;
            return null;
        };
        var logger = world.Logger(options => options.EagerlyEmitFirstEvent = true);

        logger.Log(name: "one");
        await world.Server.WaitForLoginAsync(1); // and there it hangs
        using (logger.StartSpan("two"))
        {
            logger.Log(name: "three");
        }
        Assert.Equal(3, logger.Client.Ledger.ResidentRows);
        Assert.Equal(0, world.Server.Logs3Count);

        hang.SetResult();
        Assert.Equal(3, (await logger.Client.FlushAsync()).Delivered);
    }

    [Fact]
    public async Task WithoutAKeyRowsWaitAndTheFlushSaysWhy()
    {
        await using var world = await World.StartAsync();
        var lines = new Journal<string>();
        BraintrustDiagnostics.Enable(line => lines.Add(line));
        var logger = world.Logger(options => options.ApiKey = null);
        logger.Log(name: "row");

        var result = await logger.Client.FlushAsync();
        await lines.WaitForAsync(1, IsOurs, "a line about the key");
        BraintrustDiagnostics.Disable();

        Assert.Equal((false, 1, 0), (result.Completed, result.Pending, result.Dropped));
        Assert.All(new[] { "ApiKey", "BRAINTRUST_API_KEY", ".env.braintrust" }, source => Assert.Contains(source, result.LastError));
        Assert.Single(lines.Entries, line => IsOurs(line));
        Assert.Equal(0, world.Server.Requests.Count);

        static bool IsOurs(string line) => line.Contains("There is no API key"); // other tests have keys, and lines about them
    }

    [Fact]
    public async Task TheKeyIsInNoText()
    {
        await using var world = await World.StartAsync();
        var client = world.Client();
        var logger = client.GetLogger(setCurrent: false);
        using var span = logger.StartSpan("span");
        foreach (var thing in new object[] { world.Options(), client, logger, span })
        {
            Assert.DoesNotContain(world.Server.ApiKey, thing.ToString());
        }
    }

    [Fact]
    public async Task TheMeterShowsTheLedger()
    {
        await using var world = await World.StartAsync();
        var seen = new Dictionary<string, double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, it) =>
            {
                if (instrument.Meter.Name == "Braintrust.Logging")
                {
                    it.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => seen[instrument.Name] = seen.GetValueOrDefault(instrument.Name) + value);
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => seen[instrument.Name] = value);
        listener.Start();
        var logger = world.Logger();
        listener.RecordObservableInstruments();
        var before = seen.GetValueOrDefault("braintrust.rows.accepted");

        logger.Log(name: "row");
        seen.Clear();
        listener.RecordObservableInstruments();

        Assert.True(seen["braintrust.rows.accepted"] >= before + 1);
        Assert.True(seen["braintrust.rows.queued"] >= 1);
        Assert.True(seen["braintrust.bytes.queued"] > 0);
        Assert.All(new[] { "braintrust.rows.delivered", "braintrust.rows.retried", "braintrust.oldest.age" }, name => Assert.Contains(name, seen.Keys));
        await logger.Client.FlushAsync();
        listener.RecordObservableInstruments();
        Assert.All(new[] { "braintrust.last_delivery.age", "braintrust.heartbeat.age" }, name => Assert.Contains(name, seen.Keys));
    }

    [Fact]
    public async Task TheMeterShowsTheLastDeliveryAndALoopThatAnswers()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        Assert.Null(logger.Client.SinceDelivery);
        logger.Log(name: "row");
        await logger.Client.FlushAsync();
        world.Clock.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(TimeSpan.FromMinutes(3), logger.Client.SinceDelivery);

        logger.Client.AskHeartbeat();
        world.Clock.Advance(TimeSpan.FromHours(1));
        await Patience.For(AnsweredAsync(), () => "the loop");

        async Task<bool> AnsweredAsync()
        {
            while (logger.Client.AskHeartbeat() > TimeSpan.Zero)
            {
                await logger.Client.FlushAsync(); // a turn
            }
            return true;
        }
    }

    [Fact]
    public async Task WhoAsksForTheOldRatioAfterAChangeGetsAClientOfTheirOwn()
    {
        await using var world = await World.StartAsync();
        await using var one = SharedClients.Acquire(world.Options());
        one.Client.Resample(0.5);
        await using var late = SharedClients.Acquire(world.Options());
        await using var later = SharedClients.Acquire(world.Options());

        Assert.NotSame(one.Client, late.Client);
        Assert.Same(late.Client, later.Client);
    }

    [Fact]
    public async Task ALinkIsCompleteOnceLoggedIn()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        using var span = logger.StartSpan("span");
        Assert.Contains("error-generating-link", span.Link());
        await logger.Client.FlushAsync();
        Assert.Contains($"object_type=project_logs&object_id=", span.Link());
        Assert.EndsWith($"&id={span.Id}", span.Link());
    }

    [Fact]
    public async Task AnotherMaskIsAnotherClient()
    {
        await using var world = await World.StartAsync();
        Func<string, object?, object?> mask = (_, value) => value;
        await using var one = SharedClients.Acquire(world.Options(options => options.Mask = mask));
        await using var same = SharedClients.Acquire(world.Options(options => options.Mask = mask));
        await using var none = SharedClients.Acquire(world.Options());

        Assert.Same(one.Client, same.Client);
        Assert.NotSame(one.Client, none.Client); // or its spans by code would go out unmasked
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task WhatOneUserKeepsBackIsKeptBackInItsSpansByCodeWhoeverCameFirst(bool isLaterTheStrict)
    {
        await using var world = await World.StartAsync();
        ClientLease Acquire(bool isStrict) => SharedClients.Acquire(world.Options(options =>
            (options.Project, options.CaptureContent) = isStrict ? ("strict", false) : ("open", true)));
        await using var first = Acquire(!isLaterTheStrict);
        await using var second = Acquire(isLaterTheStrict);

        foreach (var lease in new[] { first, second })
        {
            using var span = lease.GetLogger(setCurrent: false).StartSpan("answer", input: "said-in");
            span.Log(output: "said-out");
        }
        await first.Client.FlushAsync();
        await second.Client.FlushAsync();

        Assert.DoesNotContain("said-", Assert.Single(world.Server.Stored("strict")).ToJsonString(), StringComparison.Ordinal);
        var whole = Assert.Single(world.Server.Stored("open"));
        Assert.Equal(("said-in", "said-out"), ((string?)whole["input"], (string?)whole["output"]));
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task WhoWantsSecretsReplacedHasThemReplacedInSpansByCodeWhoeverCameFirst(bool isLaterTheStrict)
    {
        await using var world = await World.StartAsync();
        ClientLease Acquire(bool isStrict) => SharedClients.Acquire(world.Options(options =>
            (options.Project, options.ScrubSecrets) = isStrict ? ("strict", true) : ("open", false)));
        await using var first = Acquire(!isLaterTheStrict);
        await using var second = Acquire(isLaterTheStrict);

        foreach (var lease in new[] { first, second })
        {
            lease.GetLogger(setCurrent: false).Log(metadata: new { Password = "s3cret" });
        }
        await first.Client.FlushAsync();
        await second.Client.FlushAsync();

        Assert.Equal("***", (string?)Assert.Single(world.Server.Stored("strict"))["metadata"]!["Password"]);
        Assert.Equal("s3cret", (string?)Assert.Single(world.Server.Stored("open"))["metadata"]!["Password"]);
    }
}
