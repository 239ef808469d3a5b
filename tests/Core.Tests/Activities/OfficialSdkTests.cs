using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Braintrust.Logging.Tests.Clients;

namespace Braintrust.Logging.Tests.Activities;

/// <summary>
/// Beside Braintrust's official SDK, which exports the activities of the source <c>braintrust-dotnet</c> by itself (semantics: ids and parents). A
/// listener that records them stands in for it.
/// </summary>
[Collection("process-wide state")]
public sealed class OfficialSdkTests : IDisposable
{
    readonly ActivitySource _sdk = new("braintrust-dotnet");
    readonly ActivitySource _other = new($"test.{Guid.NewGuid():N}");
    readonly List<ActivityListener> _listeners = [];

    public void Dispose()
    {
        _listeners.ForEach(listener => listener.Dispose());
        _sdk.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task ItsActivitiesAreParents()
    {
        Listen(_sdk.Name);
        await using var world = await World.StartAsync();
        var logger = Logger(world);
        using var exported = _sdk.StartActivity("exported")!;
        logger.Log(name: "leaf");
        logger.StartSpan("span").Dispose();
        await logger.Client.FlushAsync();

        Assert.All([world.Row("leaf"), world.Row("span")], row => AssertBelow(exported, row));
        Assert.Null(world.Row("span")["span_attributes"]!["type"]); // no root
    }

    [Fact]
    public async Task TheNearestOneAboveCounts()
    {
        Listen(_sdk.Name);
        Listen(_other.Name);
        await using var world = await World.StartAsync();
        var logger = Logger(world);
        using var outer = _sdk.StartActivity("outer");
        using var exported = _sdk.StartActivity("exported")!;
        using var between = _other.StartActivity("nobody's row");
        logger.Log(name: "leaf");
        await logger.Client.FlushAsync();

        Assert.NotNull(between);
        AssertBelow(exported, world.Row("leaf"));
    }

    [Fact]
    public async Task ThoseThatAreNotRecordedAreNoParents()
    {
        Listen(_sdk.Name, ActivitySamplingResult.AllData); // sampled out: it will have no row
        await using var world = await World.StartAsync();
        var logger = Logger(world);
        using var unrecorded = _sdk.StartActivity("unrecorded")!;
        logger.Log(name: "leaf");
        await logger.Client.FlushAsync();

        var leaf = world.Row("leaf");
        Assert.Equal((unrecorded.TraceId.ToHexString(), null), ((string?)leaf["root_span_id"], leaf["span_parents"]));
    }

    [Fact]
    public async Task OfASpanAndAnActivityTheOneThatBeganLaterIsTheParent()
    {
        Listen(_sdk.Name);
        await using var world = await World.StartAsync();
        var logger = Logger(world);
        using (var exported = _sdk.StartActivity("exported")!)
        using (var span = logger.StartSpan("span"))
        {
            logger.Log(name: "in the span");
            using var inner = _sdk.StartActivity("inner")!;
            logger.Log(name: "in the activity");
            await logger.Client.FlushAsync();

            Assert.Equal(span.SpanId, (string?)world.Row("in the span")["span_parents"]![0]);
            AssertBelow(inner, world.Row("in the activity"));
        }
    }

    [Theory]
    [InlineData("*")]
    [InlineData("braintrust-dotnet")]
    public async Task WhatItExportsIsNotSentASecondTime(string sources)
    {
        Listen(_sdk.Name);
        await using var world = await World.StartAsync();
        var logger = Logger(world, options => options.ActivitySources = [sources]);
        string trace;
        using (var exported = _sdk.StartActivity("exported")!)
        {
            trace = exported.TraceId.ToHexString();
            logger.Log(name: "leaf");
            await logger.Client.FlushAsync();
            AssertBelow(exported, world.Row("leaf"));
        }
        await logger.Client.FlushAsync();

        Assert.Equal(["leaf"], world.Rows.Where(row => (string?)row["root_span_id"] == trace).Select(row => (string?)row["span_attributes"]!["name"]));
    }

    [Fact]
    public async Task WithoutItsExporterItsActivitiesMayBeCaptured()
    {
        await using var world = await World.StartAsync();
        var logger = Logger(world, options => options.ActivitySources = [_sdk.Name]);
        _sdk.StartActivity("captured")!.Dispose();
        await logger.Client.FlushAsync();
        Assert.NotNull(world.Row("captured"));
    }

    [Fact]
    public async Task WeStartNoActivityAndPutNothingIntoItsBaggage()
    {
        Listen(_sdk.Name);
        await using var world = await World.StartAsync();
        var logger = Logger(world);
        var started = new ConcurrentQueue<Activity>();
        using var exported = _sdk.StartActivity("exported")!;
        Listen("*", onStarted: started.Enqueue);
        var headers = new Dictionary<string, string>();
        using (var span = logger.StartSpan("span", input: "a secret"))
        {
            Assert.Same(exported, Activity.Current);
            span.Log(output: "another");
            logger.Log(name: "leaf");
            span.Inject(headers);
        }
        logger.LogFeedback(logger.Log(name: "judged"), comment: "a third");
        await logger.Client.FlushAsync();

        Assert.Same(exported, Activity.Current);
        Assert.Empty(exported.Baggage);
        Assert.Empty(exported.TagObjects);
        Assert.Equal("braintrust.parent=project_name%3Aa%20project", headers["baggage"]);
        Assert.DoesNotContain(started, activity => activity.TraceId == exported.TraceId); // other tests' are heard too, and those of .NET's own sockets
        Assert.DoesNotContain(started, activity =>
            activity.Source.Name.StartsWith("Braintrust", StringComparison.OrdinalIgnoreCase) && activity.Source.Name != "Braintrust.Logging.Tests");
    }

    /// <summary>With the clock that activities have: which began later is a matter of time.</summary>
    static BraintrustLogger Logger(World world, Action<BraintrustOptions>? change = null) => world.Logger(options =>
    {
        options.TimeProvider = TimeProvider.System;
        change?.Invoke(options);
    });

    static void AssertBelow(Activity parent, JsonObject row) => Assert.Equal(
        (parent.TraceId.ToHexString(), parent.SpanId.ToHexString()), ((string?)row["root_span_id"], (string?)row["span_parents"]?[0]));

    void Listen(string source, ActivitySamplingResult decision = ActivitySamplingResult.AllDataAndRecorded, Action<Activity>? onStarted = null)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = it => source == "*" || it.Name == source,
            Sample = (ref _) => decision,
            ActivityStarted = onStarted,
        };
        ActivitySource.AddActivityListener(listener);
        _listeners.Add(listener);
    }
}
