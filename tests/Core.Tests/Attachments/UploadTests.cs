using System.Diagnostics;
using System.Diagnostics.Metrics;
using Braintrust.Logging.Tests.Clients;

namespace Braintrust.Logging.Tests.Attachments;

/// <summary>What becomes of an upload when something goes wrong, and who waits for it.</summary>
public sealed class UploadTests
{
    readonly BraintrustAttachment _picture = new(Some.Bytes(100_000), "picture.png");

    [Fact]
    public async Task TheBytesArriveAsTheyAreAndTheStoreLearnsNothingOfUs()
    {
        await using var world = await World.StartAsync();
        var largest = new BraintrustAttachment(Some.Bytes(8 * 1024 * 1024), "large.bin");
        var logger = world.Logger();
        using var trace = new Activity("the user's own").Start();
        trace.AddBaggage("secret", "baggage");

        logger.Log(input: new object[] { _picture, largest });
        await logger.Client.FlushAsync();

        Assert.Equal(_picture.Content.ToArray(), world.Server.StoredFiles[_picture.Key!]);
        Assert.Equal(largest.Content.ToArray(), world.Server.StoredFiles[largest.Key!]);
        Assert.Equal(2, world.Server.StorageRequests.Count);
        Assert.All(world.Server.StorageRequests, put =>
        {
            Assert.Equal(["Accept-Encoding", "Content-Length", "Host", "User-Agent", "x-test-signed"], put.Headers.Keys.Order(StringComparer.OrdinalIgnoreCase));
            Assert.DoesNotContain(world.Server.ApiKey, string.Join('\n', put.Headers.Values));
        });
        Assert.All(world.Server.AttachmentRequests.Concat(world.Server.StatusRequests), post => Assert.Equal(world.Server.ApiKey, post.Bearer));
    }

    [Fact]
    public async Task NothingIsUploadedBeforeTheRowWasDelivered()
    {
        await using var world = await World.StartAsync();
        var row = new TaskCompletionSource();
        world.Server.OnLogs3 = async _ =>
        {
            await row.Task;
            return null;
        };
        var logger = world.Logger();
        logger.Log(input: _picture);
        var flush = logger.Client.FlushAsync();
        await world.Server.WaitForLogs3Async(1);
        Assert.Empty(world.Server.AttachmentRequests);
        Assert.InRange(logger.Client.Ledger.ResidentBytes, 100_000, 102_000);

        row.SetResult();
        await flush;

        Assert.Equal("done", world.Server.AttachmentStatus[_picture.Key!]);
        Assert.Equal((0, 0), (logger.Client.Ledger.ResidentBytes, logger.Client.Ledger.UploadBytes));
    }

    [Fact]
    public async Task ARowThatIsDroppedTakesItsAttachmentsAlong()
    {
        await using var world = await World.StartAsync();
        world.Server.OnLogs3 = _ => Task.FromResult<Reply?>(new Reply(400));
        var logger = world.Logger();

        logger.Log(input: _picture);
        await logger.Client.FlushAsync();

        Assert.Equal(("rejected", 1), (Assert.Single(world.Losses).Reason, world.Losses[0].Count));
        Assert.Empty(world.Server.AttachmentRequests);
        Assert.Equal(0, logger.Client.Ledger.ResidentBytes);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(429)]
    [InlineData(408)]
    [InlineData(403)] // expired: S3, Azure
    [InlineData(400)] // expired: Google
    [InlineData(0)]   // the connection is reset
    public async Task AStoreThatFailsIsTriedAgainWithANewAddress(int status)
    {
        await using var world = await World.StartAsync();
        world.Server.OnStorage = _ => Task.FromResult(world.Server.StorageRequests.Count > 2 ? null : status == 0 ? Reply.Reset : new Reply(status));
        var logger = world.Logger();

        logger.Log(input: _picture);
        var flush = logger.Client.FlushAsync(TimeSpan.FromHours(1));
        await world.Server.WaitForStorageAsync(1);
        await world.AdvanceUntil(flush);

        Assert.Equal(3, world.Server.StorageRequests.Count);
        Assert.Equal(3, world.Server.AttachmentRequests.Count);
        Assert.Equal(_picture.Content.ToArray(), world.Server.StoredFiles[_picture.Key!]);
        Assert.Equal("done", world.Server.AttachmentStatus[_picture.Key!]);
        Assert.Equal(new FlushResult(true, 1, 0, 0, 0, null), await flush);
        Assert.Empty(world.Losses);
        Assert.Single(world.Rows);
        Assert.Equal(1, world.Server.Logs3Count); // the row was not sent again
    }

    [Theory]
    [InlineData(500)]
    [InlineData(401)]
    [InlineData(0)]
    public async Task AServiceThatDoesNotAnswerIsAskedAgain(int status)
    {
        await using var world = await World.StartAsync();
        var refusal = status == 0 ? Reply.Reset : new Reply(status);
        world.Server.OnAttachment = _ => Task.FromResult(world.Server.AttachmentRequests.Count > 2 ? null : refusal);
        world.Server.OnAttachmentStatus = _ => Task.FromResult(world.Server.StatusRequests.Count > 2 ? null : refusal);
        var logger = world.Logger();

        logger.Log(input: _picture);
        await world.AdvanceUntil(logger.Client.FlushAsync(TimeSpan.FromHours(1)));

        Assert.Equal((3, 1, 3), (world.Server.AttachmentRequests.Count, world.Server.StorageRequests.Count, world.Server.StatusRequests.Count));
        Assert.Equal("done", world.Server.AttachmentStatus[_picture.Key!]);
        Assert.Empty(world.Losses);
    }

    [Theory]
    [InlineData("<html>captive portal</html>")]
    [InlineData("")]
    [InlineData("{}")]
    public async Task AnAnswerThatIsNotBraintrustsIsNoAddress(string body)
    {
        await using var world = await World.StartAsync();
        world.Server.OnAttachment = _ => Task.FromResult(world.Server.AttachmentRequests.Count > 1 ? null : new Reply(200, body));
        var logger = world.Logger();

        logger.Log(input: _picture);
        await world.AdvanceUntil(logger.Client.FlushAsync(TimeSpan.FromHours(1)));

        Assert.Equal(2, world.Server.AttachmentRequests.Count);
        Assert.Equal("done", world.Server.AttachmentStatus[_picture.Key!]);
    }

    [Fact]
    public async Task AfterEightTriesItIsGivenUpAndSaid()
    {
        await using var world = await World.StartAsync();
        world.Server.OnStorage = _ => Task.FromResult<Reply?>(Reply.Unavailable());
        var logger = world.Logger();

        logger.Log(input: _picture, name: "row");
        var flush = logger.Client.FlushAsync(TimeSpan.FromHours(1));
        await world.AdvanceUntil(flush);

        Assert.Equal(8, world.Server.StorageRequests.Count);
        var loss = Assert.Single(world.Losses);
        Assert.Equal((LossReasons.Attachment, 1), (loss.Reason, loss.Count));
        Assert.Contains("503", loss.Message);
        Assert.StartsWith("error An attachment could not be uploaded.", world.Server.AttachmentStatus[_picture.Key!]);
        Assert.Single(world.Server.StatusRequests);

        // The row is there, and nothing was lost of the rows.
        Assert.NotNull(world.Row("row"));
        Assert.Equal(new FlushResult(true, 1, 0, 0, 0, loss.Message), await flush);
        var ledger = logger.Client.Ledger;
        Assert.Equal((1, 1, 0, 0, 1), (ledger.Accepted, ledger.Delivered, ledger.DroppedRows, ledger.Uploaded, ledger.LostUploads));
        Assert.Equal(0, ledger.ResidentBytes);
    }

    [Fact]
    public async Task WhatWasGivenUpIsTriedAnewForALaterRow()
    {
        await using var world = await World.StartAsync();
        world.Server.OnStorage = _ => Task.FromResult(world.Server.StorageRequests.Count == 1 ? new Reply(413) : null);
        var logger = world.Logger();

        logger.Log(input: _picture);
        await logger.Client.FlushAsync();
        Assert.StartsWith("error", world.Server.AttachmentStatus[_picture.Key!]);
        logger.Log(input: _picture);
        await logger.Client.FlushAsync();

        Assert.Equal("done", world.Server.AttachmentStatus[_picture.Key!]);
        Assert.Single(world.Losses);
    }

    [Theory]
    [InlineData(404, 1)]
    [InlineData(413, 1)]
    [InlineData(301, 1)]
    [InlineData(307, 1)]
    public async Task ARefusalThatTimeDoesNotMendIsGivenUpAtOnce(int status, int tries)
    {
        await using var world = await World.StartAsync();
        await using var elsewhere = await LoopbackServer.StartAsync(_ => Task.FromResult(new Reply(200)));
        world.Server.OnStorage = _ => Task.FromResult<Reply?>(new Reply(status) { Headers = new Dictionary<string, string> { ["Location"] = elsewhere.BaseUrl + "/taken" } });
        var logger = world.Logger();

        logger.Log(input: _picture);
        await logger.Client.FlushAsync();

        Assert.Equal(tries, world.Server.StorageRequests.Count);
        Assert.Equal(0, elsewhere.Requests.Count); // redirects are not followed
        Assert.Contains($"{status}", Assert.Single(world.Losses).Message);
        Assert.StartsWith("error", world.Server.AttachmentStatus[_picture.Key!]);
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest")]
    [InlineData("https://[fe80::1]/key")]
    [InlineData("http://store.example/key")]
    [InlineData("file:///etc/passwd")]
    public async Task AnAddressThatIsNotAllowedGetsNothing(string url)
    {
        await using var world = await World.StartAsync();
        world.Server.OnAttachment = _ => Task.FromResult<Reply?>(new Reply(200, $$"""{"signedUrl":"{{url}}?sig={{FakeBraintrust.SignatureSecret}}"}"""));
        var logger = world.Logger();

        logger.Log(input: _picture);
        await world.AdvanceUntil(logger.Client.FlushAsync(TimeSpan.FromHours(1)));

        Assert.Single(world.Server.AttachmentRequests);
        Assert.StartsWith("error", world.Server.AttachmentStatus[_picture.Key!]);
        Assert.DoesNotContain(FakeBraintrust.SignatureSecret, Assert.Single(world.Losses).Message + world.Server.AttachmentStatus[_picture.Key!]);
    }

    [Fact]
    public async Task NothingSaysWhereTheBytesWent()
    {
        await using var world = await World.StartAsync();
        world.Server.OnStorage = _ => Task.FromResult<Reply?>(Reply.Reset);
        var logger = world.Logger();
        logger.Log(input: _picture);

        await world.AdvanceUntil(logger.Client.FlushAsync(TimeSpan.FromHours(1)));

        Assert.Equal(8, world.Server.StorageRequests.Count);
        var said = $"{Assert.Single(world.Losses)} {world.Server.AttachmentStatus[_picture.Key!]}";
        Assert.DoesNotContain(FakeBraintrust.SignatureSecret, said);
        Assert.DoesNotContain(world.Server.ApiKey, said);
        Assert.DoesNotContain("picture.png", said);
    }

    [Fact]
    public async Task RetryAfterIsHonoured()
    {
        await using var world = await World.StartAsync();
        world.Server.OnStorage = _ => Task.FromResult(world.Server.StorageRequests.Count == 1 ? Reply.TooMany("40") : null);
        var logger = world.Logger();
        logger.Log(input: _picture);

        var early = await logger.Client.FlushAsync(TimeSpan.FromSeconds(39)); // it does not wait for what cannot happen
        Assert.Equal((false, 1, 0), (early.Completed, early.Delivered, early.Pending));
        Assert.NotNull(early.LastError);
        world.Clock.Advance(TimeSpan.FromSeconds(39));
        await world.Settled(logger.Client);
        Assert.Single(world.Server.StorageRequests);

        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await world.Server.WaitForStorageAsync(2);
        Assert.True((await logger.Client.FlushAsync()).Completed);
        Assert.Equal("done", world.Server.AttachmentStatus[_picture.Key!]);
    }

    [Fact]
    public async Task RowsDoNotWaitForUploads()
    {
        await using var world = await World.StartAsync();
        var hanging = new TaskCompletionSource();
        world.Server.OnStorage = async _ =>
        {
            await hanging.Task;
            return null;
        };
        var logger = world.Logger();
        var all = Enumerable.Range(0, 10).Select(i => new BraintrustAttachment(new[] { (byte)i }, $"{i}.bin")).ToArray();
        logger.Log(input: all);
        var flush = logger.Client.FlushAsync();
        await world.Server.WaitForStorageAsync(3);

        logger.Log(name: "later");
        world.Clock.Advance(TimeSpan.FromSeconds(2));
        await world.Server.WaitForRowsAsync(2);

        Assert.Equal(3, world.Server.StorageRequests.Count); // a few at a time
        Assert.False(flush.IsCompleted);
        hanging.SetResult();
        Assert.True((await flush).Completed);
        Assert.Equal(10, world.Server.StoredFiles.Count);
    }

    [Fact]
    public async Task AFlushWaitsForTheUploadsOfItsRowsAndNoLongerThanItWasGiven()
    {
        await using var world = await World.StartAsync();
        var hanging = new TaskCompletionSource();
        world.Server.OnStorage = async _ =>
        {
            await hanging.Task;
            return null;
        };
        var logger = world.Logger();
        logger.Log(input: _picture);
        var flush = logger.Client.FlushAsync(TimeSpan.FromSeconds(10));
        await world.Server.WaitForStorageAsync(1);
        world.Clock.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(flush.IsCompleted);
        world.Clock.Advance(TimeSpan.FromSeconds(0.1));
        var late = await flush;
        Assert.Equal((false, 1, 0, 0), (late.Completed, late.Delivered, late.Dropped, late.Pending));
        Assert.Equal("Attachments are still being uploaded.", late.LastError);

        logger.Log(input: _picture, name: "another row of the same");
        var next = logger.Client.FlushAsync(); // covers what the first one left
        await world.Server.WaitForRowsAsync(2);
        Assert.False(next.IsCompleted);
        hanging.SetResult();

        Assert.Equal(new FlushResult(true, 1, 0, 0, 0, null), await next);
        Assert.Single(world.Server.StorageRequests);
    }

    [Fact]
    public async Task DisposeUploadsWhatItCan()
    {
        await using var world = await World.StartAsync();
        world.Server.OnStorage = _ => Task.FromResult(world.Server.StorageRequests.Count == 1 ? Reply.ServerError : null);
        var logger = world.Logger();
        logger.Log(input: _picture);
        Assert.False((await logger.Client.FlushAsync(TimeSpan.FromMilliseconds(1))).Completed); // it waits for its retry

        await logger.Client.DisposeAsync(); // the clock stands still

        Assert.Equal("done", world.Server.AttachmentStatus[_picture.Key!]);
        Assert.Equal(2, world.Server.StorageRequests.Count);
        Assert.Empty(world.Losses);
    }

    [Fact]
    public async Task DisposeReportsWhatItCannot()
    {
        await using var world = await World.StartAsync();
        world.Server.OnStorage = _ => Task.FromResult<Reply?>(Reply.ServerError);
        var logger = world.Logger();
        logger.Log(input: new[] { _picture, new BraintrustAttachment(new byte[1], "b"), new BraintrustAttachment(new byte[1], "c"), new BraintrustAttachment(new byte[1], "d") });

        await logger.Client.DisposeAsync(); // the clock stands still: one try for each

        Assert.Equal(4, world.Server.StorageRequests.Count);
        Assert.Equal(4, world.Losses.Where(loss => loss.Reason == LossReasons.Attachment).Sum(loss => loss.Count));
        Assert.Equal((1, 0, 4), (logger.Client.Ledger.Delivered, logger.Client.Ledger.DroppedRows, logger.Client.Ledger.LostUploads));
        Assert.Equal(4, world.Server.AttachmentStatus.Values.Count(status => status.StartsWith("error", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task DisposeDoesNotWaitForATimeThatIsTooLate()
    {
        await using var world = await World.StartAsync();
        world.Server.OnStorage = _ => Task.FromResult<Reply?>(Reply.Unavailable("60"));
        var logger = world.Logger();
        logger.Log(input: _picture);
        await logger.Client.FlushAsync(TimeSpan.FromMilliseconds(1));

        await logger.Client.DisposeAsync();

        Assert.Single(world.Server.StorageRequests);
        Assert.Equal(LossReasons.Attachment, Assert.Single(world.Losses).Reason);
        Assert.StartsWith("error", world.Server.AttachmentStatus[_picture.Key!]);
    }

    [Fact]
    public async Task AStoreThatHangsCostsTheBudgetAndBraintrustIsToldInTime()
    {
        await using var world = await World.StartAsync();
        world.Server.OnStorage = _ => new TaskCompletionSource<Reply?>().Task;
        var logger = world.Logger(options => options.ShutdownTimeout = TimeSpan.FromSeconds(10));
        logger.Log(input: Enumerable.Range(0, 5).Select(i => new BraintrustAttachment(new byte[1], $"{i}")));
        var disposal = logger.Client.DisposeAsync().AsTask();
        await world.Server.WaitForStorageAsync(3);

        world.Clock.Advance(TimeSpan.FromSeconds(8.9));
        Assert.False(disposal.IsCompleted);
        Assert.Empty(world.Server.StatusRequests);
        world.Clock.Advance(TimeSpan.FromSeconds(0.1));
        await disposal.WaitAsync(Patience.Limit);

        Assert.Equal(5, world.Server.AttachmentStatus.Count);
        Assert.All(world.Server.AttachmentStatus.Values, status => Assert.StartsWith("error An attachment could not be uploaded before the client was closed.", status));
        Assert.Equal(5, world.Losses.Sum(loss => loss.Count));
    }

    [Fact]
    public async Task WhenNobodyAnswersAnyMoreTheEndComesAllTheSame()
    {
        await using var world = await World.StartAsync();
        world.Server.OnStorage = _ => new TaskCompletionSource<Reply?>().Task;
        world.Server.OnAttachmentStatus = _ => new TaskCompletionSource<Reply?>().Task;
        var logger = world.Logger();
        logger.Log(input: _picture);
        var disposal = logger.Client.DisposeAsync().AsTask();
        await world.Server.WaitForStorageAsync(1);

        world.Clock.Advance(TimeSpan.FromSeconds(4.5));
        await world.Server.WaitForStatusAsync(1);
        Assert.False(disposal.IsCompleted);
        world.Clock.Advance(TimeSpan.FromSeconds(0.5));
        await disposal.WaitAsync(Patience.Limit);

        Assert.Single(world.Server.StatusRequests);
        Assert.Equal((1, 0, 1), (world.Losses.Sum(loss => loss.Count), logger.Client.Ledger.ResidentBytes, logger.Client.Ledger.LostUploads));
    }

    [Fact]
    public async Task AttachmentsCountInTheBoundUntilTheyAreUploaded()
    {
        await using var world = await World.StartAsync();
        var hanging = new TaskCompletionSource();
        world.Server.OnStorage = async _ =>
        {
            await hanging.Task;
            return null;
        };
        var logger = world.Logger(options => options.QueueLimitBytes = 250_000);
        logger.Log(input: _picture, name: "fits");
        var flush = logger.Client.FlushAsync();
        await world.Server.WaitForStorageAsync(1); // its row has left, its bytes have not
        Assert.InRange(logger.Client.Ledger.UploadBytes, 100_000, 101_000);
        Assert.Equal(logger.Client.Ledger.UploadBytes, logger.Client.Ledger.ResidentBytes);

        logger.Log(input: new BraintrustAttachment(Some.Bytes(100_000), "b"), name: "fits too");
        logger.Log(input: new { deep = new[] { new BraintrustAttachment(Some.Bytes(100_000), "c") } }, name: "does not fit");
        hanging.SetResult();
        await flush;
        logger.Log(input: new { deep = new[] { new BraintrustAttachment(Some.Bytes(100_000), "d") } }, name: "fits again");
        await logger.Client.FlushAsync();

        Assert.Equal(["fits", "fits again", "fits too"], world.Rows.Select(row => (string)row["span_attributes"]!["name"]!).Order(StringComparer.Ordinal));
        Assert.Equal(1, logger.Client.Ledger.Dropped[LossReasons.QueueFull]);
        Assert.Equal(3, world.Server.StoredFiles.Count);
        Assert.Equal(0, logger.Client.Ledger.ResidentBytes);
    }

    [Fact]
    public async Task AStoreThatIsOutOfOrderDoesNotKeepRowsOut()
    {
        await using var world = await World.StartAsync();
        world.Server.OnStorage = _ => Task.FromResult<Reply?>(Reply.Unavailable("600"));
        var logger = world.Logger(options => options.QueueLimitBytes = 250_000);
        logger.Log(input: new[] { _picture, new BraintrustAttachment(Some.Bytes(100_000), "b") }, name: "with pictures");
        await logger.Client.FlushAsync(TimeSpan.FromSeconds(1));
        Assert.InRange(logger.Client.Ledger.UploadBytes, 200_000, 202_000); // both wait

        var refused = 0;
        for (; refused < 1000 && logger.Client.Ledger.DroppedRows == 0; refused++)
        {
            logger.Log(input: new string('x', 10_000), name: "row");
        }
        Assert.Equal(1, logger.Client.Ledger.Dropped[LossReasons.QueueFull]);
        await logger.Client.FlushAsync(TimeSpan.FromSeconds(1));

        Assert.InRange(logger.Client.Ledger.UploadBytes, 100_000, 101_000); // one may stay: half of the bound is the rows'
        Assert.Equal(1, world.Losses.Where(loss => loss.Reason == LossReasons.Attachment).Sum(loss => loss.Count));
        Assert.StartsWith("error", Assert.Single(world.Server.AttachmentStatus).Value);
        logger.Log(input: new string('x', 40_000), name: "now it fits");
        await logger.Client.FlushAsync(TimeSpan.FromSeconds(1));
        Assert.NotNull(world.Row("now it fits"));
    }

    [Fact]
    public async Task EmptyOnesHaveABoundToo()
    {
        await using var world = await World.StartAsync();
        var hanging = new TaskCompletionSource();
        world.Server.OnStorage = async _ =>
        {
            await hanging.Task;
            return null;
        };
        var logger = world.Logger(options => options.QueueLimitBytes = 250_000);
        for (var i = 1; i < 10 && logger.Client.Ledger.DroppedRows == 0; i++)
        {
            logger.Log(input: Enumerable.Range(0, 100).Select(_ => new BraintrustAttachment(default, "empty")), name: $"row {i}");
            if (logger.Client.Ledger.DroppedRows == 0)
            {
                world.Clock.Advance(TimeSpan.FromSeconds(3));
                await world.Server.WaitForRowsAsync(i);
            }
        }

        Assert.Equal(1, logger.Client.Ledger.Dropped[LossReasons.QueueFull]);
        Assert.InRange(logger.Client.Ledger.ResidentBytes, 1, 250_000);
        hanging.SetResult();
        await logger.Client.FlushAsync();
        Assert.Equal(0, logger.Client.Ledger.ResidentBytes);
    }

    [Fact]
    public async Task EachMemberOfTheMetadataWeighsItsOwn()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.QueueLimitBytes = 450_000);

        logger.Log(metadata: Enumerable.Range(0, 4).ToDictionary(i => $"file{i}", i => (object)new { file = new BraintrustAttachment(Some.Bytes(100_000), "a") }), name: "row");
        await logger.Client.FlushAsync();

        Assert.Equal(4, world.Row("row")["metadata"]!.AsObject().Count);
        Assert.Equal(4, world.Server.StoredFiles.Count);
    }

    [Fact]
    public async Task ManyLargeOnesInOneRowDoNotOverflowTheBound()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        var content = new byte[BraintrustAttachment.LengthLimit];
        var all = Enumerable.Range(0, 70).Select(i => new BraintrustAttachment(i < 2 ? content : content.AsMemory(0, 1), $"{i}")).ToArray();

        logger.Log(input: Enumerable.Repeat(all[0], 100), output: new { all = all.Concat(all) }, metadata: all.ToDictionary(it => it.Filename, it => all[1]));
        using (var span = logger.StartSpan())
        {
            for (var i = 0; i < 200; i++)
            {
                span.Log(output: all[0]);
            }
        }
        await logger.Client.FlushAsync();

        Assert.Empty(world.Rows); // 4 GiB and more, were each counted: as an int that is a negative number
        Assert.Equal(2, logger.Client.Ledger.Dropped[LossReasons.QueueFull]);
    }

    [Fact]
    public async Task WithAMaskTheyCountTooAndOnlyThoseThatItLeft()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => (options.QueueLimitBytes, options.Mask) = (90_000, static (field, value) => field == "input" ? null : value));
        logger.Log(input: _picture, name: "masked away, so it fits");
        logger.Log(output: _picture, name: "does not fit");
        await logger.Client.FlushAsync();

        Assert.Equal("masked away, so it fits", (string?)Assert.Single(world.Rows)["span_attributes"]!["name"]);
        Assert.Empty(world.Server.AttachmentRequests);
    }

    [Fact]
    public async Task WhatWasUploadedIsNotKept()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        var weak = Log(logger);
        await logger.Client.FlushAsync();
        logger.Log(name: "another");
        await logger.Client.FlushAsync();

        await Patience.UntilAsync(() =>
        {
            Faults.Inside.Collect();
            return !weak.IsAlive;
        });
        Assert.Equal(1, logger.Client.Ledger.Uploaded);

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        static WeakReference Log(BraintrustLogger logger)
        {
            var attachment = new BraintrustAttachment(Some.Bytes(10), "a");
            logger.Log(input: attachment);
            return new WeakReference(attachment);
        }
    }

    [Fact]
    public async Task TheMeterCountsThem()
    {
        await using var world = await World.StartAsync();
        var before = Measure();
        world.Server.OnStorage = request => Task.FromResult(request.Bytes.Length == 1 ? new Reply(413) : null);
        var logger = world.Logger();
        logger.Log(input: new[] { _picture, new BraintrustAttachment(new byte[1], "refused"), new BraintrustAttachment(new byte[2], "b") });
        await logger.Client.FlushAsync();
        await logger.Client.DisposeAsync(); // totals stay

        var after = Measure();
        // Other tests of the process count in the same meter.
        Assert.True(after["braintrust.attachments.uploaded"] - before["braintrust.attachments.uploaded"] >= 2);
        Assert.True(after["braintrust.attachments.failed"] - before["braintrust.attachments.failed"] >= 1);
        Assert.True(after.ContainsKey("braintrust.attachments.bytes"));
        Assert.Equal((2, 1), (logger.Client.Ledger.Uploaded, logger.Client.Ledger.LostUploads));
    }

    static Dictionary<string, long> Measure()
    {
        var found = new Dictionary<string, long>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == "Braintrust.Logging")
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => found[instrument.Name] = found.GetValueOrDefault(instrument.Name) + value);
        listener.Start();
        listener.RecordObservableInstruments();
        return found;
    }
}
