using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Braintrust.Logging.Tests.Mel.Distributed;

/// <summary>Decision 0019: what an exporter of OpenTelemetry's sees of a trace is the same with the handler as without it.</summary>
[Collection("distributed")]
public sealed class OtherTracersTests
{
    const string Http = "System.Net.Http";
    const string AspNetCore = "Microsoft.AspNetCore";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WhereRequestsAreExportedTheirParentageStays(bool withHandler)
    {
        await using var world = await World.StartAsync();
        await using var services = new Services(world);
        using var exporter = new Exporter(Http, AspNetCore);
        var there = await services.StartAsync();
        var here = await services.StartAsync(client: inner => withHandler ? Services.Traced(inner) : inner);

        await Services.VisitAsync(Services.Call(here, there + "/leaf", say: "x"));
        await services.DisposeAsync();

        var (caller, callee) = ((await world.StoredAsync(World.Project)).Named("calling"), (await world.StoredAsync(World.Project)).Named("GET /leaf"));
        var client = Assert.Single(exporter.Of(callee.Trace(), Http));
        Assert.Contains(exporter.Of(callee.Trace(), AspNetCore), server => server.ParentSpanId == client.SpanId);
        Assert.Equal((caller.Trace(), null), (callee.Trace(), callee.Parent())); // beside its caller, and not below a row that does not exist
        Assert.Equal("x", Assert.Single(services.Received).Baggage["said"]);
    }

    [Fact]
    public async Task WithHttpClientsActivitiesCapturedBothTracesAreWhole()
    {
        await using var world = await World.StartAsync();
        await using var services = new Services(world);
        using var exporter = new Exporter(Http, AspNetCore);
        var there = await services.StartAsync();
        var here = await services.StartAsync(change: options => options.ActivitySources = [Http]);

        await Services.VisitAsync(Services.Call(here, there + "/leaf"));
        await services.DisposeAsync();

        var rows = await world.StoredAsync(World.Project);
        var callee = rows.Named("GET /leaf");
        var client = Assert.Single(exporter.Of(callee.Trace(), Http));
        Assert.Contains(exporter.Of(callee.Trace(), AspNetCore), server => server.ParentSpanId == client.SpanId);
        var between = rows.Single(row => row.SpanId() == callee.Parent());
        Assert.Equal((client.SpanId.ToHexString(), rows.Named("calling").SpanId()), (between.SpanId(), between.Parent()));
    }

    [Fact]
    public async Task EachAttemptOfACapturedRequestIsTheParentOfWhatItCalled()
    {
        await using var world = await World.StartAsync();
        await using var services = new Services(world);
        var there = await services.StartAsync();
        var here = await services.StartAsync(change: options => options.ActivitySources = [Http], client: inner => new SendsTwice { InnerHandler = Services.Traced(inner) });

        await Services.VisitAsync(Services.Call(here, there + "/leaf"));
        await services.DisposeAsync();

        var rows = await world.StoredAsync(World.Project);
        var parents = rows.Where(row => row.Name() == "GET /leaf").Select(callee => rows.Single(row => row.SpanId() == callee.Parent())).ToList();
        Assert.Equal(2, parents.Select(parent => parent.SpanId()).Distinct().Count());
        Assert.All(parents, parent => Assert.Equal(rows.Named("calling").SpanId(), parent.Parent()));
    }

    [Fact]
    public async Task WhoeverAsksForItHasHisOwnParentageAndTheSameTrace()
    {
        await using var world = await World.StartAsync();
        await using var services = new Services(world);
        using var exporter = new Exporter(Http, AspNetCore);
        var there = await services.StartAsync();
        var here = await services.StartAsync(client: inner => new BraintrustPropagationHandler("*") { ReplaceTraceParent = true, InnerHandler = inner });

        await Services.VisitAsync(Services.Call(here, there + "/leaf"));
        await services.DisposeAsync();

        var (caller, callee) = ((await world.StoredAsync(World.Project)).Named("calling"), (await world.StoredAsync(World.Project)).Named("GET /leaf"));
        Assert.Equal(caller.SpanId(), callee.Parent());
        Assert.Equal(2, exporter.Of(callee.Trace(), AspNetCore).Count);
    }

    [Fact]
    public async Task ACallersClaimIsNotSentOnWithAParentThatIsNoRow()
    {
        await using var world = await World.StartAsync();
        await using var services = new Services(world);
        using var exporter = new Exporter(Http);
        var there = await services.StartAsync();
        var here = await services.StartAsync();

        using (var caller = RawHttp.To(here))
        {
            var claim = "baggage: a=1,braintrust.parent=project_name%3Aa%20project"; // true of the id that it came with
            await caller.SendAsync("GET", "/call?to=" + Uri.EscapeDataString(there + "/leaf"), "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", claim);
        }
        await services.DisposeAsync();

        var rows = await world.StoredAsync(World.Project);
        Assert.Equal(("b7ad6b7169203331", null), (rows.Named("GET /call").Parent(), rows.Named("GET /leaf").Parent()));
        Assert.Equal(["a"], Assert.Single(services.Received).Baggage.Keys);
    }

    [Theory]
    [InlineData(ActivitySamplingResult.AllDataAndRecorded, "01")]
    [InlineData(ActivitySamplingResult.PropagationData, "00")]
    public async Task WhatASamplerDecidedIsWhatTheOtherServiceHears(ActivitySamplingResult decision, string flags)
    {
        await using var world = await World.StartAsync();
        await using var services = new Services(world);
        using var exporter = new Exporter(decision, AspNetCore);
        var there = await services.StartAsync();
        var here = await services.StartAsync();

        await Services.VisitAsync(Services.Call(here, there + "/leaf"));
        await services.DisposeAsync();

        var caller = (await world.StoredAsync(World.Project)).Named("calling");
        Assert.Equal($"00-{caller.Trace()}-{caller.SpanId()}-{flags}", Assert.Single(services.Received).Headers["traceparent"]);
        Assert.Equal(caller.SpanId(), (await world.StoredAsync(World.Project)).Named("GET /leaf").Parent());
    }

    [Fact]
    public async Task WithoutASamplerATraceIsSampled()
    {
        await using var world = await World.StartAsync();
        await using var services = new Services(world);
        var there = await services.StartAsync();
        var here = await services.StartAsync();

        await Services.VisitAsync(Services.Call(here, there + "/leaf"));
        Assert.EndsWith("-01", Assert.Single(services.Received).Headers["traceparent"]);
    }

    /// <summary>Stands in for OpenTelemetry: its sampler and its exporter.</summary>
    sealed class Exporter : IDisposable
    {
        readonly ConcurrentQueue<Activity> _stopped = [];
        readonly ActivityListener _listener;

        public Exporter(params string[] sources) : this(ActivitySamplingResult.AllDataAndRecorded, sources)
        {
        }

        public Exporter(ActivitySamplingResult decision, params string[] sources)
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => sources.Contains(source.Name),
                Sample = (ref _) => decision,
                ActivityStopped = _stopped.Enqueue,
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public List<Activity> Of(string trace, string source) => [.. _stopped.Where(it => it.TraceId.ToHexString() == trace && it.Source.Name == source)];

        public void Dispose() => _listener.Dispose();
    }
}
