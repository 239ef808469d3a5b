using System.Net;
using System.Net.Sockets;
using Braintrust.Logging.Tests.Clients;
using Braintrust.Logging.Transport;

namespace Braintrust.Logging.Tests.Faults;

/// <summary>What can happen between a batch and its acknowledgement, on real sockets. The rows are those of docs/reliability.md.</summary>
public sealed class NetworkFaultTests
{
    static readonly Fault?[] Passing =
    [
        Fault.ResetBeforeTheUpload, Fault.ResetInTheUpload, Fault.ResetAfterTheUpload, Fault.ResetOnceStored, Fault.HalfAnAcknowledgement, Fault.HalfClose,
        Fault.EndlessChunks, Fault.GzipBomb, Fault.TooManyHeaders,
        Fault.Bytes("ICY 200 OK\r\n\r\n{}") with { Name = "garbage status line" },
        Fault.Bytes("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{\"ids\":[]}") with { Name = "negative length" },
        Fault.Bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n") with { Name = "chunks of no length" },
        Fault.Bytes("HTTP/1.1 2") with { Name = "cut off" },
    ];

    public static TheoryData<string> PassingFaults => [.. Passing.Select(fault => fault!.Name)];

    [Theory, MemberData(nameof(PassingFaults))]
    [Trait("Row", "N04"), Trait("Row", "N05"), Trait("Row", "N17"), Trait("Row", "N19")]
    public async Task WhateverBreaksOffIsSentAgainWithTheSameIdsAndStoredOnce(string name)
    {
        await using var it = await FaultWorld.StartAsync();
        var fault = Passing.Single(one => one!.Name == name);
        it.Faults.ForRows(fault, fault);
        var logger = it.Logger();

        string[] ids = [logger.Log(name: "one", output: new string('x', 100_000)), logger.Log(name: "two")];
        var result = await it.FlushAsync(logger.Client);

        Assert.Equal((true, 2, 0), (result.Completed, result.Delivered, result.Dropped));
        Assert.Equal([name, name], await it.Faults.Happened.WaitForAsync(2));
        Assert.Equal(3, it.Faults.RowRequests);
        Assert.Equal(ids.Order(), it.World.Rows.Select(row => (string)row["id"]!).Order());
        var arrivals = it.World.Server.Arrivals.Entries.Select(row => (string)row["id"]!).ToList();
        Assert.Equal(name is "reset once stored" or "half an acknowledgement" ? 6 : 2, arrivals.Count); // that it was ambiguous is part of the fault
        Assert.Empty(arrivals.Except(ids));
    }

    [Fact, Trait("Row", "N01")]
    public async Task APortThatIsClosedForTenMinutesCostsNoRow()
    {
        await using var world = await World.StartAsync();
        using var port = new ClosedPort();
        var logger = world.Logger(options => options.AppUrl = options.ApiUrl = port.Url);

        for (var i = 0; i < 50; i++)
        {
            logger.Log(name: $"row {i}");
        }
        var flush = logger.Client.FlushAsync(TimeSpan.FromHours(1));
        for (var minutes = 0; minutes < 10; minutes++)
        {
            logger.Log(name: $"meanwhile {minutes}");
            for (var tens = 0; tens < 6; tens++)
            {
                world.Clock.Advance(TimeSpan.FromSeconds(10));
                await world.Settled(logger.Client);
            }
        }
        var early = await logger.Client.FlushAsync(TimeSpan.FromMilliseconds(1));
        Assert.Contains("could not be reached", early.LastError);
        Assert.Equal(60, logger.Client.Ledger.ResidentRows);

        await using var server = new FaultServer(world.Server, port);
        await world.AdvanceUntil(flush, TimeSpan.FromSeconds(5));
        await world.AdvanceUntil(world.Server.WaitForRowsAsync(60));
        Assert.Equal(60, world.Rows.Count);
        Assert.Equal(0, logger.Client.Ledger.DroppedRows);
    }

    [Fact, Trait("Row", "N02")]
    public async Task AHostThatIsNotFoundIsLookedUpAgain()
    {
        await using var it = await FaultWorld.StartAsync();
        var lookUps = 0;
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancel) =>
            {
                if (Interlocked.Increment(ref lookUps) <= 3)
                {
                    throw new SocketException((int)SocketError.HostNotFound);
                }
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(new Uri(it.Faults.Url).Host, new Uri(it.Faults.Url).Port, cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        var logger = it.Logger(options =>
        {
            (options.AppUrl, options.ApiUrl, options.AllowInsecureTransport) = ("http://braintrust.invalid", "http://braintrust.invalid", true);
            options.HttpMessageHandler = handler;
        });

        logger.Log(name: "row");
        var early = await logger.Client.FlushAsync(TimeSpan.FromMilliseconds(1));
        Assert.Contains("braintrust.invalid was not found", early.LastError);

        Assert.True((await it.FlushAsync(logger.Client)).Completed);
        Assert.True(lookUps > 3);
        Assert.Single(it.World.Rows);
    }

    [Fact, Trait("Row", "N02"), Trait("Row", "N03"), Trait("Row", "N16"), Trait("Row", "N18")]
    public void ConnectionsAreRecycledConnectingIsBoundedAndNothingIsFollowed()
    {
        using var handler = OwnHandler.Create(); // its clock is the socket's: too slow to be waited for
        Assert.Equal(
            (TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(10), false, false),
            (handler.PooledConnectionLifetime, handler.ConnectTimeout, handler.AllowAutoRedirect, handler.UseCookies));
    }

    [Fact, Trait("Row", "N03")]
    public async Task AConnectionThatIsNeverAnsweredIsLeftAtTheDeadlineAndAtTheEnd()
    {
        if (!OperatingSystem.IsLinux())
        {
            return; // elsewhere a full backlog refuses
        }
        await using var world = await World.StartAsync();
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var full = new List<Socket>();
        while (full.Count < 20)
        {
            var filler = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
            full.Add(filler);
            _ = filler.ConnectAsync(listener.LocalEndPoint!).ContinueWith(static gone => gone.Exception, TaskScheduler.Default);
        }
        var logger = world.Logger(options => options.AppUrl = options.ApiUrl = $"http://{listener.LocalEndPoint}");
        logger.Log(name: "row");

        var flush = logger.Client.FlushAsync(TimeSpan.FromMinutes(2));
        await world.AdvanceWhateverIsUnderWayUntil(Patience.UntilAsync(() => logger.Client.LastError is not null)); // nobody tells when it has begun to connect
        world.Clock.Advance(TimeSpan.FromMinutes(2));
        await flush.WaitAsync(Patience.Limit);
        Assert.Equal((false, 1), ((await flush).Completed, (await flush).Pending));
        Assert.Matches("did not answer within 30 s|could not be reached", (await flush).LastError); // which of the limits is the first: connecting has one of its own, by the clock on the wall

        await world.AdvanceWhateverIsUnderWayUntil(logger.Client.DisposeAsync().AsTask());
        Assert.Equal(1, logger.Client.Ledger.Dropped["shutdown"]);
        full.ForEach(static filler => filler.Dispose());
    }

    [Fact, Trait("Row", "N06")]
    public async Task AServerThatCommitsAfterWeHaveLeftHasTheRowOnce()
    {
        await using var it = await FaultWorld.StartAsync();
        var release = new TaskCompletionSource();
        it.Faults.ForRows(Fault.Until(release.Task));
        var logger = it.Logger();

        logger.Log(name: "row");
        var flush = logger.Client.FlushAsync(TimeSpan.FromMinutes(10));
        await it.Faults.Requests.WaitForAsync(1, request => request.IsRows, "rows");
        it.World.Clock.Advance(HttpExchange.Deadline);
        await it.World.AdvanceUntil(it.World.Server.WaitForRowsAsync(1));
        release.SetResult(); // now the first
        await it.World.AdvanceUntil(it.World.Server.WaitForRowsAsync(2));
        await it.World.AdvanceUntil(flush);

        Assert.Equal(1, (await flush).Delivered);
        Assert.Single(it.World.Rows);
        Assert.Equal(2, it.World.Server.Arrivals.Count);
    }

    [Theory]
    [InlineData(501), InlineData(505), InlineData(301), InlineData(302), InlineData(303), InlineData(307), InlineData(308)]
    [Trait("Row", "N08"), Trait("Row", "N16")]
    public async Task AWrongSetUpKeepsTheRowsProbesTwiceAMinuteAndSendsNothingElsewhere(int status)
    {
        await using var it = await FaultWorld.StartAsync();
        using var elsewhere = new Transport.RawServer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        it.Faults.ForAllRows(Fault.Status(status, ("Location", elsewhere.Url + "/logs3")));
        var logger = it.Logger();

        logger.Log(name: "row");
        var result = await logger.Client.FlushAsync();
        Assert.Equal((false, 1, 0), (result.Completed, result.Pending, result.Dropped));
        Assert.Contains($"{status}", result.LastError);
        for (var second = 0; second < 600; second += 10)
        {
            it.World.Clock.Advance(TimeSpan.FromSeconds(10));
            await it.World.Settled(logger.Client); // which asks for a flush each time
        }
        Assert.InRange(it.Faults.RowRequests, 15, 21);
        Assert.Equal(0, elsewhere.Connections);

        it.Faults.Script = null;
        Assert.Equal(1, (await it.FlushAsync(logger.Client)).Delivered);
    }

    [Theory]
    [InlineData(404), InlineData(410), InlineData(400), InlineData(422)]
    [Trait("Row", "N08"), Trait("Row", "N11")]
    public async Task ARefusalOfOneRowIsReportedAndARefusalOfAllIsNotTheRows(int status)
    {
        await using var it = await FaultWorld.StartAsync();
        var logger = it.Logger();
        it.Faults.ForAllRows(Fault.Status(status));

        for (var i = 0; i < 20; i++)
        {
            logger.Log(name: $"row {i}");
        }
        var result = await logger.Client.FlushAsync();

        Assert.Equal((false, 3, 17), (result.Completed, result.Dropped, result.Pending)); // the price of finding out
        Assert.Equal(3, logger.Client.Ledger.Dropped["rejected"]);
        Assert.Equal(3, it.World.Losses.Sum(loss => loss.Count));
        it.Faults.Script = null;
        Assert.Equal(17, (await it.FlushAsync(logger.Client, TimeSpan.FromSeconds(5))).Delivered);
    }
}
