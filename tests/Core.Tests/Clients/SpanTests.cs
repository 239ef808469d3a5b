using System.Reflection;
using System.Text.Json.Nodes;

namespace Braintrust.Logging.Tests.Clients;

public sealed class SpanTests
{
    [Fact]
    public async Task ASpanThatEndsBeforeItIsSentIsOneRow()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();

        using (var span = logger.StartSpan("work", input: new { Question = "why" }))
        {
            world.Clock.Advance(TimeSpan.FromMilliseconds(250));
            span.Log(output: "because", scores: new Dictionary<string, double> { ["good"] = 0.5 }, metadata: new { tenant = 7 }, tags: ["a", "b"]);
        }
        var result = await logger.Client.FlushAsync();

        Assert.Equal(new FlushResult(true, 1, 0, 0, 0, null), result);
        var row = Assert.Single(world.Server.Arrivals.Entries);
        Assert.Equal("work", (string?)row["span_attributes"]!["name"]);
        Assert.Equal("task", (string?)row["span_attributes"]!["type"]);
        Assert.Equal("why", (string?)row["input"]!["Question"]);
        Assert.Equal("because", (string?)row["output"]);
        Assert.Equal(0.5, (double)row["scores"]!["good"]!);
        Assert.Equal(7, (int)row["metadata"]!["tenant"]!);
        Assert.Equal(["a", "b"], row["tags"]!.AsArray().Select(tag => (string?)tag));
        Assert.Equal(0.25, (double)row["metrics"]!["end"]! - (double)row["metrics"]!["start"]!, 6);
        Assert.Equal("g", (string?)row["log_id"]);
        Assert.Null(row["span_parents"]);
        Assert.Equal("SpanTests.cs", (string?)row["context"]!["caller_filename"]);
    }

    [Fact]
    public async Task SpansNestByTheAsyncFlow()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();

        await logger.TracedAsync("root", async root =>
        {
            await Task.Yield();
            logger.Traced("child", child => logger.Log(output: 1, name: "leaf"));
            await Task.WhenAll(Enumerable.Range(0, 5).Select(i => Task.Run(() => logger.Traced($"parallel {i}", _ => { }))));
        });
        logger.Log(name: "outside");
        await logger.Client.FlushAsync();

        var root = world.Row("root");
        Assert.Equal([(string?)root["span_id"]], Parents(world.Row("child")));
        Assert.Equal([(string?)world.Row("child")["span_id"]], Parents(world.Row("leaf")));
        Assert.All(Enumerable.Range(0, 5), i => Assert.Equal([(string?)root["span_id"]], Parents(world.Row($"parallel {i}"))));
        Assert.Equal(8, world.Rows.Count(row => (string?)row["root_span_id"] == (string?)root["root_span_id"]));
        Assert.Empty(Parents(world.Row("outside")));
        Assert.NotEqual((string?)root["root_span_id"], (string?)world.Row("outside")["root_span_id"]);
    }

    [Fact]
    public async Task WhatTheWorkThrowsIsLoggedToEverySpanAroundItAndThrownOn()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();

        await Assert.ThrowsAsync<InvalidOperationException>(() => logger.TracedAsync("outer", async _ =>
        {
            await Task.Yield();
            logger.Traced("inner", _ => Fail());
        }));
        await logger.Client.FlushAsync();

        Assert.StartsWith("System.InvalidOperationException: broken", (string?)world.Row("inner")["error"]);
        Assert.StartsWith("System.InvalidOperationException: broken", (string?)world.Row("outer")["error"]);

        static void Fail() => throw new InvalidOperationException("broken");
    }

    /// <summary>Code that is obsolete itself may call what the compiler refuses elsewhere, so that it can be seen which overload it picks.</summary>
    [Fact, Obsolete("Calls what the compiler refuses.")]
    public async Task AsynchronousWorkInTracedIsRefusedByTheCompilerAndWouldBeAwaited()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();

        await Assert.ThrowsAsync<InvalidOperationException>(() => logger.Traced("nothing returned", async _ =>
        {
            await Task.Yield();
            throw new InvalidOperationException("broken");
        }));
        Assert.Equal(1, await logger.Traced("something returned", async _ =>
        {
            await Task.Yield();
            return 1;
        }));
        await logger.Client.FlushAsync();

        Assert.StartsWith("System.InvalidOperationException: broken", (string?)world.Row("nothing returned")["error"]);
        foreach (var door in new[] { typeof(BraintrustLogger), typeof(BraintrustLog) })
        {
            var refused = door.GetMethods().Where(it => it.Name == "Traced" && typeof(Task).IsAssignableFrom(it.ReturnType)).ToList();
            Assert.Equal(2, refused.Count);
            Assert.All(refused, it => Assert.True(it.GetCustomAttribute<ObsoleteAttribute>() is { IsError: true, Message: { } text } && text.StartsWith("Use TracedAsync", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task TracedWorkGoesOnWithATraceOfElsewhereAndHasMetadataAndAStart()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        var parent = BraintrustPropagation.Extract(new Dictionary<string, string> { ["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" });
        var start = world.Clock.GetUtcNow().AddSeconds(-2);

        logger.Traced("one", _ => { }, parent: parent, metadata: new { from = "afar" }, startTime: start);
        logger.Traced("two", _ => 2, parent: parent, metadata: new { from = "afar" }, startTime: start);
        await logger.TracedAsync("three", _ => Task.CompletedTask, parent: parent, metadata: new { from = "afar" }, startTime: start);
        await logger.TracedAsync("four", _ => Task.FromResult(4), parent: parent, metadata: new { from = "afar" }, startTime: start);
        using (var span = logger.StartSpan("here"))
        {
            BraintrustLog.Traced("five", _ => { }, parent: span, metadata: new { from = "afar" }, startTime: start); // the parent's logger, whichever is current
            await BraintrustLog.TracedAsync("six", _ => Task.FromResult(6), parent: span, metadata: new { from = "afar" }, startTime: start);
        }
        await logger.Client.FlushAsync();

        var here = (string?)world.Row("here")["span_id"];
        Assert.All(new[] { "one", "two", "three", "four", "five", "six" }, name =>
        {
            var row = world.Row(name);
            Assert.Equal([name is "five" or "six" ? here : "b7ad6b7169203331"], Parents(row));
            Assert.Equal("afar", (string?)row["metadata"]!["from"]);
            Assert.Equal(2, (double)row["metrics"]!["end"]! - (double)row["metrics"]!["start"]!, 3);
        });
    }

    [Fact]
    public async Task ASpanOfAnotherProjectIsNoParent()
    {
        await using var world = await World.StartAsync();
        var client = world.Client();
        var (one, other) = (client.GetLogger("one", setCurrent: false), client.GetLogger("other", setCurrent: false));

        using (one.StartSpan("in one"))
        using (other.StartSpan("in other"))
        {
            one.Log(name: "leaf of one");
        }
        await client.FlushAsync();

        var root = world.Server.Stored("one").Single(row => (string?)row["span_attributes"]!["name"] == "in one");
        var leaf = world.Server.Stored("one").Single(row => (string?)row["span_attributes"]!["name"] == "leaf of one");
        Assert.Equal([(string?)root["span_id"]], Parents(leaf));
        Assert.Empty(Parents(Assert.Single(world.Server.Stored("other"))));
        Assert.Equal(1, world.Server.Logs3Count);
    }

    [Fact]
    public async Task AnOpenSpanIsWrittenWithWhatItBeganWithAndItsEndCompletesIt()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();

        var span = logger.StartSpan("long", input: "question", metadata: new { tenant = "t" });
        span.Log(output: "not yet");
        Assert.Equal(1, (await logger.Client.FlushAsync()).Delivered);
        var open = Assert.Single(world.Server.Arrivals.Entries);
        Assert.Equal(("question", "t"), ((string?)open["input"], (string?)open["metadata"]!["tenant"]));
        Assert.Null(open["output"]);
        Assert.Null(open["metrics"]!["end"]);

        await logger.Client.FlushAsync();
        Assert.Single(world.Server.Arrivals.Entries); // once is enough

        span.End();
        await logger.Client.FlushAsync();
        var row = Assert.Single(world.Rows);
        Assert.Equal("not yet", (string?)row["output"]);
        Assert.NotNull(row["metrics"]!["end"]);
        Assert.Equal("question", (string?)row["input"]);
    }

    [Fact]
    public async Task AnyOrderAndRepetitionOfASpansWritesEndsInTheSameRow()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        var span = logger.StartSpan("long", input: new { a = 1 }, metadata: new { tenant = "t" });
        await logger.Client.FlushAsync();
        span.Log(output: "done", metadata: new { more = true }, scores: new Dictionary<string, double> { ["s"] = 1 });
        span.End();
        await logger.Client.FlushAsync();
        logger.LogFeedback(span.Id, new Dictionary<string, double> { ["thumbs"] = 1 });
        await logger.Client.FlushAsync();

        var (open, end, feedback) = (world.Server.Arrivals.Entries[0], world.Server.Arrivals.Entries[1], world.Server.Arrivals.Entries[2]);
        var expected = Sorted(world.Rows.Single());
        foreach (var order in new[] { new[] { end, open, feedback }, [open, end, open, feedback, end], [open, end, feedback, end, open] })
        {
            JsonObject? row = null;
            foreach (var write in order)
            {
                row = Local.Storage.RowMerge.Apply(row, (JsonObject)write.DeepClone());
            }
            Assert.Equal(expected, Sorted(row!));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task SpansThatOverlapWithoutEndLetGoOfThoseThatEnded(int open)
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        var all = new List<WeakReference>();
        var still = new Queue<BraintrustSpan>();
        for (var i = 0; i < 50; i++)
        {
            Begin(i);
        }
        await logger.Client.FlushAsync();

        await Patience.UntilAsync(() =>
        {
            Faults.Inside.Collect();
            return all.Count(span => span.IsAlive) <= open + 10; // a loop that waits for a processor may hold what it has just read
        });
        Assert.All(still, span => Assert.False(span.IsEnded));

        // In a method of its own: a local variable would keep a span alive.
        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        void Begin(int i)
        {
            var span = logger.StartSpan($"span {i}");
            all.Add(new(span));
            still.Enqueue(span);
            if (still.Count > open)
            {
                still.Dequeue().End();
            }
        }
    }

    [Fact]
    public async Task EndingTwiceLateOrElsewhereBreaksNothing()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();

        var outer = logger.StartSpan("outer");
        var inner = logger.StartSpan("inner");
        outer.Dispose();
        outer.Dispose();
        logger.Log(name: "in inner");
        await Task.Run(inner.Dispose);
        logger.Log(name: "after both");
        await logger.Client.FlushAsync();

        Assert.Equal(4, world.Rows.Count);
        Assert.Equal([(string?)world.Row("inner")["span_id"]], Parents(world.Row("in inner")));
        Assert.Empty(Parents(world.Row("after both")));
        Assert.Null(BraintrustSpan.Current);
    }

    [Fact]
    public async Task WhatIsLoggedAfterTheEndIsAnUpdate()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();

        var span = logger.StartSpan("work");
        span.End();
        span.Log(output: "before it was written");
        await logger.Client.FlushAsync();
        span.Log(scores: new Dictionary<string, double> { ["late"] = 1 });
        await logger.Client.FlushAsync();

        var row = Assert.Single(world.Rows);
        Assert.Equal("before it was written", (string?)row["output"]);
        Assert.Equal(1, (double)row["scores"]!["late"]!);
    }

    [Fact]
    public async Task FeedbackFollowsItsRowAndKeepsWhatElseIsThere()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();

        var id = logger.Log(input: "q", output: "a", scores: new Dictionary<string, double> { ["first"] = 0.25 });
        logger.LogFeedback(id, new Dictionary<string, double> { ["thumbs"] = 1 }, expected: "b", comment: "looks right", metadata: new { user = "u" }, source: "app");
        var result = await logger.Client.FlushAsync();

        Assert.Equal((3, 0), (result.Delivered, result.Dropped));
        var row = world.Server.StoredRow(id)!;
        Assert.Equal((0.25, 1, "b"), ((double)row["scores"]!["first"]!, (double)row["scores"]!["thumbs"]!, (string?)row["expected"]));
        Assert.Equal("a", (string?)row["output"]);
        var comment = world.Server.Arrivals.Entries.Single(arrival => arrival["comment"] is not null);
        Assert.Equal(id, (string?)comment["origin"]!["id"]);
        Assert.All(world.Server.Requests.Entries.Where(request => request.Path == "/logs3"), request =>
            Assert.Distinct(request.Json!["rows"]!.AsArray().Select(sent => (string?)sent!["id"])));
    }

    [Theory]
    [InlineData(2.0, "external")]
    [InlineData(double.NaN, "external")]
    [InlineData(1.0, "elsewhere")]
    public async Task WrongFeedbackIsRefusedAtTheCall(double score, string source)
    {
        await using var world = await World.StartAsync();
        Assert.Throws<ArgumentException>(() => world.Logger().LogFeedback("id", new Dictionary<string, double> { ["s"] = score }, source: source));
    }

    [Fact]
    public async Task FeedbackThatSaysNothingIsRefusedAndSendsNothingBesideAComment()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        var id = logger.Log(output: "a");
        await logger.Client.FlushAsync();

        Assert.Throws<ArgumentException>(() => logger.LogFeedback(id, scores: new Dictionary<string, double>(), tags: []));
        Assert.Throws<ArgumentException>(() => logger.LogFeedback(id, tags: [null!]));
        logger.LogFeedback(id, scores: new Dictionary<string, double>(), comment: "looks right");
        await logger.Client.FlushAsync();

        Assert.Equal("looks right", (string?)Assert.Single(world.Server.Arrivals.Entries.Skip(1))["comment"]!["text"]);
    }

    [Fact]
    public async Task TagsOfAChildStayInItsMetadata()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        using (var root = logger.StartSpan("root"))
        {
            root.Log(tags: ["r"]);
            using var child = logger.StartSpan("child");
            child.Log(tags: ["c"], metrics: new Dictionary<string, double> { ["start"] = 1, ["rows"] = 3 });
        }
        await logger.Client.FlushAsync();

        Assert.Equal("r", (string?)world.Row("root")["tags"]![0]);
        Assert.Null(world.Row("child")["tags"]);
        Assert.Equal("c", (string?)world.Row("child")["metadata"]!["tags"]![0]);
        Assert.Equal(3, (int)world.Row("child")["metrics"]!["rows"]!);
        Assert.True((double)world.Row("child")["metrics"]!["start"]! > 1e9); // its own
    }

    [Fact]
    public async Task TagsThatAChildGetsAfterItsEndJoinThoseInItsMetadata()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        BraintrustSpan child;
        using (var root = logger.StartSpan("root"))
        {
            child = logger.StartSpan("child");
            child.Log(tags: ["c"]);
            child.End();
            root.End();
            await logger.Client.FlushAsync();
            root.Log(tags: ["r"]);
        }

        child.Log(tags: ["late", "c"]);
        child.Log(tags: ["later"]);
        child.Log(metadata: new { more = 1 });
        await logger.Client.FlushAsync();

        Assert.All(world.Server.Arrivals.Entries.Where(row => (string?)row["id"] == child.Id), row => Assert.Null(row["tags"])); // the service may refuse the row
        Assert.Equal(["c", "late", "later"], world.Row("child")["metadata"]!["tags"]!.AsArray().Select(tag => (string?)tag));
        Assert.Equal("r", (string?)world.Row("root")["tags"]![0]);
    }

    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task AModelAndTokensMakeAnLlmSpanWhenEverTheModelIsNamed(bool atStart)
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();

        using (var span = logger.StartSpan("answer", metadata: atStart ? new { model = "m", provider = "p" } : null))
        {
            span.Log(metadata: atStart ? null : new { model = "m", provider = "p" }, metrics: new Dictionary<string, double> { ["prompt_tokens"] = 3 });
        }
        await logger.Client.FlushAsync();

        var row = world.Row("answer");
        Assert.Equal(("llm", "m", "p"), ((string?)row["span_attributes"]!["type"], (string?)row["metadata"]!["model"], (string?)row["metadata"]!["provider"]));
    }

    [Fact]
    public async Task ASpanDoesNotEndBeforeItBegan()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        var now = world.Clock.GetUtcNow();

        logger.StartSpan("ended in the past").End(now.AddSeconds(-5));
        logger.StartSpan("begins in the future", startTime: now.AddSeconds(5)).End();
        logger.StartSpan("in time", startTime: now.AddSeconds(-5)).End(now.AddSeconds(-2));
        await logger.Client.FlushAsync();

        double Duration(string name) => (double)world.Row(name)["metrics"]!["end"]! - (double)world.Row(name)["metrics"]!["start"]!;
        Assert.Equal((0, 0, 3), (Duration("ended in the past"), Duration("begins in the future"), Duration("in time")));
    }

    [Theory]
    [InlineData(1, false), InlineData(1, true), InlineData(0, false)]
    public async Task ASpanWhoseEndIsWrittenHoldsNothingOfWhatItSaid(double ratio, bool isMasked)
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => (options.SamplingRatio, options.Mask) = (ratio, isMasked ? (_, value) => value : null));
        var span = logger.StartSpan("work", input: "said", metadata: new { tenant = "t" });
        span.Log(output: "said too");

        span.End();
        await logger.Client.FlushAsync();
        span.Log(scores: new Dictionary<string, double> { ["late"] = 1 });
        await logger.Client.FlushAsync();

        Assert.Equal((null, null, "", null), (span.Begun.Input, span.Begun.Metadata, span.Begun.Name, span.Opening)); // a timer started inside may hold the span for hours
        Assert.Equal(ratio, world.Rows.Count);
        Assert.All(world.Rows, row => Assert.Equal(("work", "said", "said too", 1), ((string?)row["span_attributes"]!["name"], (string?)row["input"], (string?)row["output"], (double)row["scores"]!["late"]!)));
    }

    [Fact]
    public async Task AThousandConcurrentSpansHaveTheirOwnChildren()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();

        await Parallel.ForAsync(0, 1000, async (i, _) =>
        {
            using var span = logger.StartSpan($"span {i}");
            for (var j = 0; j < 20; j++)
            {
                logger.Log(name: "leaf", metadata: new { owner = i });
                if (j % 5 == 0)
                {
                    await Task.Yield();
                }
            }
        });
        var result = await logger.Client.FlushAsync();

        Assert.Equal((true, 0), (result.Completed, result.Dropped));
        Assert.Equal(21_000, world.Rows.Count);
        var spans = world.Rows.Where(row => row["span_parents"] is null).ToDictionary(row => (string)row["span_id"]!, row => (string)row["span_attributes"]!["name"]!);
        Assert.Equal(1000, spans.Count);
        Assert.All(world.Rows.Where(row => row["span_parents"] is not null), leaf =>
            Assert.Equal($"span {(int)leaf["metadata"]!["owner"]!}", spans[Assert.Single(Parents(leaf))!]));
    }

    static IEnumerable<string?> Parents(JsonObject row) => row["span_parents"]?.AsArray().Select(parent => (string?)parent) ?? [];

    static string Sorted(JsonNode node) => node switch
    {
        JsonObject map => "{" + string.Join(",", map.OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => $"\"{member.Key}\":{(member.Value is null ? "null" : Sorted(member.Value))}")) + "}",
        JsonArray list => "[" + string.Join(",", list.Select(item => item is null ? "null" : Sorted(item))) + "]",
        _ => node.ToJsonString(),
    };

    [Fact]
    public async Task ASpanCanSayThatItOnlyScores()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();

        var span = logger.StartSpan("judge", SpanTypes.Llm);
        span.SetAttributes(purpose: "scorer");
        span.End();
        await logger.Client.FlushAsync();
        span.SetAttributes(purpose: "scorer"); // as an update too
        await logger.Client.FlushAsync();

        Assert.Equal(("judge", "llm", "scorer"), ((string?)world.Rows[0]["span_attributes"]!["name"], (string?)world.Rows[0]["span_attributes"]!["type"], (string?)world.Rows[0]["span_attributes"]!["purpose"]));
        Assert.Equal("scorer", (string?)world.Server.Arrivals.Entries[1]["span_attributes"]!["purpose"]);
    }
}
