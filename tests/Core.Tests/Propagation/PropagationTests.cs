using System.Collections.ObjectModel;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Braintrust.Logging.Tests.Clients;
using CsCheck;

namespace Braintrust.Logging.Tests.Propagation;

public sealed class PropagationTests
{
    const string Trace = "0af7651916cd43dd8448eb211c80319c";
    const string Remote = "b7ad6b7169203331";

    static Dictionary<string, string> Incoming(string? baggage = null, string flags = "01") => baggage is null
        ? new() { ["traceparent"] = $"00-{Trace}-{Remote}-{flags}" }
        : new() { ["traceparent"] = $"00-{Trace}-{Remote}-{flags}", ["baggage"] = baggage };

    [Fact]
    public async Task ATraceGoesOnInAnotherProcess()
    {
        await using var world = await World.StartAsync();
        var (here, there) = (world.Logger(), world.Logger());

        var headers = new Dictionary<string, string>();
        using (var span = here.StartSpan("caller"))
        {
            span.Inject(headers);
            Assert.Equal($"00-{span.RootSpanId}-{span.SpanId}-01", headers["traceparent"]);
        }
        Assert.Equal("braintrust.parent=project_name%3Aa%20project", headers["baggage"]);
        Assert.False(headers.ContainsKey("tracestate"));

        var parent = BraintrustPropagation.Extract(headers)!;
        Assert.Equal((World.Project, null), (parent.Project, parent.ProjectId));
        using (var span = there.StartSpan("callee", parent: parent))
        {
            there.Log(name: "leaf");
            span.Log(tags: ["t"]);
        }
        await here.Client.FlushAsync();
        await there.Client.FlushAsync();

        var (caller, callee) = (world.Row("caller"), world.Row("callee"));
        Assert.Equal((string?)caller["root_span_id"], (string?)callee["root_span_id"]);
        Assert.Equal([(string?)caller["span_id"]], Parents(callee));
        Assert.Equal([(string?)callee["span_id"]], Parents(world.Row("leaf")));
        Assert.Null(callee["span_attributes"]!["type"]); // a continuation has no default type
        Assert.Equal("t", (string?)callee["metadata"]!["tags"]![0]); // it is no root
    }

    [Fact]
    public async Task FlagsAndTracestateGoOnThroughAllSpansBelow()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        var incoming = Incoming(flags: "00");
        incoming["TraceState"] = "vendor=1,other=2";

        using var entry = logger.StartSpan("entry", parent: BraintrustPropagation.Extract(incoming));
        using var child = logger.StartSpan("child");
        using var grandchild = child.StartSpan("grandchild");
        var headers = new Dictionary<string, string>();
        grandchild.Inject(headers);

        Assert.Equal($"00-{Trace}-{grandchild.SpanId}-00", headers["traceparent"]);
        Assert.Equal("vendor=1,other=2", headers["tracestate"]);
        Assert.Equal("vendor=1,other=2", ((BraintrustSpanContext)grandchild).TraceState);
    }

    [Fact]
    public async Task NamesInAnyCaseAreReplacedAndOtherMembersStay()
    {
        await using var world = await World.StartAsync();
        using var span = world.Logger().StartSpan("work");
        var headers = new Dictionary<string, string>
        {
            ["TraceParent"] = "old",
            ["Baggage"] = "a=1;p=2,braintrust.parent=old",
            ["baggage"] = "b=%2F",
            ["Accept"] = "*/*",
        };

        span.Inject(headers);

        Assert.Equal(["Accept", "baggage", "traceparent"], headers.Keys.Order(StringComparer.Ordinal));
        Assert.Equal($"00-{span.RootSpanId}-{span.SpanId}-01", headers["traceparent"]);
        Assert.Equal("a=1;p=2,b=%2F,braintrust.parent=project_name%3Aa%20project", headers["baggage"]);

        var insensitive = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { ["TRACEPARENT"] = "old" };
        span.Inject(insensitive);
        Assert.Equal(["baggage", "traceparent"], insensitive.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task AProjectMadeByNameIsNamedByItAlsoOnceItsIdIsKnown()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        logger.Log();
        await logger.Client.FlushAsync();
        Assert.NotNull(logger.KnownProjectId);

        using var span = logger.StartSpan("work");
        var headers = new Dictionary<string, string>();
        span.Inject(headers);
        Assert.Equal("braintrust.parent=project_name%3Aa%20project", headers["baggage"]);
    }

    [Fact]
    public void OfSeveralTraceparentsTheFirstCountsAndBaggageIsOneList()
    {
        var context = BraintrustPropagation.Extract(new KeyValuePair<string, string>[]
        {
            new("Baggage", "braintrust.parent=project_name:old"),
            new("TRACEPARENT", $"00-{Trace}-{Remote}-01"),
            new("traceparent", $"00-{Trace}-{new string('1', 16)}-01"),
            new("baggage", "braintrust.parent=project_name:new"),
        })!;
        Assert.Equal((Remote, "new"), (context.SpanId, context.Project));
    }

    [Fact]
    public async Task AProjectMadeByIdIsNamedByIt()
    {
        await using var world = await World.StartAsync();
        var id = Guid.NewGuid().ToString();
        using var span = world.Client().GetLogger(setCurrent: false, projectId: id).StartSpan("work");
        var headers = new Dictionary<string, string>();
        span.Inject(headers);
        Assert.Equal($"braintrust.parent=project_id%3A{id}", headers["baggage"]);
        Assert.Equal(id, BraintrustPropagation.Extract(headers)!.ProjectId);
        span.Logger.Client.GetLogger("other", setCurrent: false).Log(); // the server knows no such id
    }

    [Theory]
    [InlineData(null, null, null)]
    [InlineData("braintrust.parent=project_name%3Ax", "x", null)]
    [InlineData("braintrust.parent=project_name:a:b%0A", "a:b\n", null)]
    [InlineData("braintrust.parent=project_name:", null, null)]
    [InlineData("braintrust.parent=project_name:%20", null, null)]
    [InlineData("braintrust.parent=PROJECT_NAME:x", null, null)]
    [InlineData("braintrust.parent=experiment_id:x", null, null)]
    [InlineData("braintrust.parent=BAICAwCp387bYaFx", null, null)] // a slug is no parent value
    [InlineData("braintrust.parent=project_id:not-an-id", null, null)]
    [InlineData("braintrust.parent=project_id:0b000000-0000-4000-8000-000000000001", null, "0b000000-0000-4000-8000-000000000001")]
    [InlineData("braintrust.parent=%zz", null, null)]
    public void TheBaggageNamesTheProject(string? baggage, string? project, string? projectId)
    {
        var context = BraintrustPropagation.Extract(Incoming(baggage))!;
        Assert.Equal((Trace, Remote, project, projectId), (context.TraceId, context.SpanId, context.Project, context.ProjectId));
    }

    [Fact]
    public void WithoutAValidTraceparentThereIsNoParent()
    {
        Assert.Null(BraintrustPropagation.Extract(new Dictionary<string, string> { ["baggage"] = "braintrust.parent=project_name:x", ["traceparent"] = "00-x" }));
        Assert.Null(BraintrustPropagation.Extract(new Dictionary<string, string>()));
        Assert.Null(BraintrustPropagation.Extract((IEnumerable<KeyValuePair<string, string>>?)null));
    }

    [Fact]
    public void HeadersComeInManyShapes()
    {
        Assert.Equal(Trace, BraintrustPropagation.Extract(name => Incoming().GetValueOrDefault(name))!.TraceId);

        using var request = new HttpRequestMessage();
        request.Headers.Add("Traceparent", Incoming()["traceparent"]);
        request.Headers.Add("Baggage", ["a=1", "braintrust.parent=project_name:x"]);
        Assert.Equal("x", BraintrustPropagation.Extract(request.Headers)!.Project);

        var aspNetCore = new Microsoft.AspNetCore.Http.HeaderDictionary
        {
            ["traceparent"] = Incoming()["traceparent"],
            ["tracestate"] = new(["a=1", "b=2"]),
        };
        Assert.Equal("a=1,b=2", BraintrustPropagation.Extract(aspNetCore)!.TraceState);
        Assert.Equal(Trace, BraintrustPropagation.Extract(new Dictionary<string, string[]> { ["TRACEPARENT"] = [Incoming()["traceparent"]] })!.TraceId);
    }

    [Fact]
    public async Task HostileCarriersBreakNothing()
    {
        await using var world = await World.StartAsync();
        using var span = world.Logger().StartSpan("work");
        span.Inject(null!);
        span.Inject(new ReadOnlyDictionary<string, string>(new Dictionary<string, string>()));
        Assert.Null(BraintrustPropagation.Extract(_ => throw new InvalidOperationException()));
        Assert.Null(BraintrustPropagation.Extract(Throwing()));
        Assert.Null(BraintrustPropagation.Extract([new(null!, null!), new("traceparent", null!)]));
        Assert.Null(BraintrustPropagation.Extract(new Dictionary<string, string[]> { ["traceparent"] = null! }));

        static IEnumerable<KeyValuePair<string, string>> Throwing()
        {
            yield return new("accept", "*/*");
            throw new InvalidOperationException();
        }
    }

    [Fact]
    public async Task ALoggersOwnMethodKeepsItsProjectAndASpanOfAnotherLoggerIsNoParent()
    {
        await using var world = await World.StartAsync();
        var client = world.Client();
        var (one, other) = (client.GetLogger("one", setCurrent: false), client.GetLogger("other", setCurrent: false));
        using (var local = other.StartSpan("local"))
        {
            one.StartSpan("remote below", parent: BraintrustPropagation.Extract(Incoming("braintrust.parent=project_name:third"))).Dispose();
            one.StartSpan("alone", parent: local).Dispose();
            other.StartSpan("below", parent: local).Dispose();
        }
        await client.FlushAsync();

        Assert.Equal([Remote], Parents(world.Server.Stored("one").Single(row => Name(row) == "remote below")));
        Assert.Empty(Parents(world.Server.Stored("one").Single(row => Name(row) == "alone")));
        Assert.Single(Parents(world.Server.Stored("other").Single(row => Name(row) == "below")));
        Assert.Empty(world.Server.Stored("third"));
    }

    [Fact]
    public async Task TheFrontDoorGoesToTheProjectOfTheBaggage()
    {
        await using var world = await World.StartAsync();
        var client = world.Client();
        using (client.GetLogger("one", setCurrent: false).StartSpan("around"))
        {
            BraintrustLog.StartSpan("named", parent: BraintrustPropagation.Extract(Incoming("braintrust.parent=project_name:x%2Fy"))).Dispose();
            BraintrustLog.StartSpan("unnamed", parent: BraintrustPropagation.Extract(Incoming())).Dispose();
            BraintrustLog.StartSpan("no parent", parent: BraintrustPropagation.Extract([])).Dispose();
            Assert.Equal("0b000000-0000-4000-8000-000000000001", BraintrustLog.StartSpan("by id",
                parent: BraintrustPropagation.Extract(Incoming("braintrust.parent=project_id:0b000000-0000-4000-8000-000000000001"))).Logger.Project);
        }
        await client.FlushAsync();

        Assert.Equal([Remote], Parents(Assert.Single(world.Server.Stored("x/y"))));
        Assert.Equal([Remote], Parents(world.Server.Stored("one").Single(row => Name(row) == "unnamed")));
        Assert.Equal(2, world.Server.Stored("one").Count(row => Trace != (string?)row["root_span_id"]));
    }

    [Fact]
    public async Task TheFirstSpanHereIsWaitedForWithoutAsyncFlush()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.AsyncFlush = false);
        using (logger.StartSpan("entry", parent: BraintrustPropagation.Extract(Incoming())))
        {
        }
        Assert.Equal("entry", Name(Assert.Single(world.Rows)));
    }

    [Theory]
    [InlineData("project_name:a project", Remote)] // below the caller
    [InlineData("project_name:another", null)] // a root of its trace
    public async Task WhatTheFrameworkHasExtractedIsContinuedLikeWhatExtractGives(string baggage, string? parent)
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.AsyncFlush = false);
        var activity = new Activity("request").SetParentId($"00-{Trace}-{Remote}-01");
        activity.TraceStateString = "vendor=1";
        activity.AddBaggage("braintrust.parent", baggage);
        activity.Start();
        var headers = new Dictionary<string, string>();
        using (var span = logger.StartSpan("entry"))
        using (var child = logger.StartSpan("child"))
        {
            child.Inject(headers);
        }
        activity.Stop();

        var entry = world.Row("entry"); // the first of its trace here has been waited for
        Assert.Equal((Trace, parent), ((string?)entry["root_span_id"], Parents(entry).SingleOrDefault()));
        Assert.Equal("vendor=1", headers["tracestate"]);
    }

    [Fact]
    public async Task AnyProjectNameArrives()
    {
        await using var world = await World.StartAsync();
        var client = world.Client();
        Gen.String.Where(name => !string.IsNullOrWhiteSpace(name)).Sample(name =>
        {
            using var span = client.GetLogger(name, setCurrent: false).StartSpan("work");
            var headers = new Dictionary<string, string> { ["Baggage"] = "a=1,b=2" };
            span.Inject(headers);
            var context = BraintrustPropagation.Extract(headers)!;
            return context.TraceId == span.RootSpanId && context.SpanId == span.SpanId
                && context.Project == new string([.. name.EnumerateRunes().SelectMany(rune => rune.ToString())]);
        }, iter: 300, threads: 1);
        await client.DisposeAsync();
    }

    static string? Name(JsonObject row) => (string?)row["span_attributes"]?["name"];

    static IEnumerable<string?> Parents(JsonObject row) => row["span_parents"]?.AsArray().Select(parent => (string?)parent) ?? [];

    [Theory]
    [InlineData("vendor=1\r\nx-admin: true")]
    [InlineData("vendor=1\nx-admin: true")]
    [InlineData("vendor=\0")]
    [InlineData("vendor=\u00e9")]
    public async Task AStateThatIsNoHeaderIsNotSentOn(string state)
    {
        await using var world = await World.StartAsync();
        var headers = new Dictionary<string, string>();

        using var span = world.Logger().StartSpan("work", parent: BraintrustPropagation.Extract(new Dictionary<string, string>
        {
            ["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            ["tracestate"] = state,
        }));
        span.Inject(headers);

        Assert.False(headers.ContainsKey("tracestate"));
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", span.RootSpanId);
    }
}
