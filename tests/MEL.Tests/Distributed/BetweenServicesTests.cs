using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Braintrust.Logging.Tests.Mel.Distributed;

/// <summary>One trace over several services, as an application sets them up: <c>AddBraintrust</c> on both sides and the handler in between.</summary>
[Collection("distributed")]
public sealed class BetweenServicesTests
{
    const string Old = ".NET 8";
    const string New = ".NET 10";

    public static TheoryData<string> Names => new()
    {
        "shop", "Größe und Übermut", "日本語のプロジェクト", "a,b;c=d%e+f\"g\\h", "%41%zz", "two  blanks", " blanks around ", "tab\tand\r\nlines", "🙂 and 👩‍👩‍👧",
        new string('n', 300), new string('ß', 300), "x" + string.Concat(Enumerable.Repeat("🙂", 60)), "https://example.org/?a=b&c#d", "project_name:x", "'[]{}<>@^`|~",
    };

    [Theory]
    [InlineData(New, New)]
    [InlineData(New, Old)]
    [InlineData(Old, New)]
    [InlineData(Old, Old)]
    public async Task WhatTheOtherServiceLogsNestsBelowTheCallingSpan(string sender, string receiver)
    {
        await using var world = await World.StartAsync();
        await using var services = new Services(world);
        var there = await services.StartAsync(propagator: receiver);
        var here = await services.StartAsync(propagator: sender);

        await Services.VisitAsync(Services.Call(here, there + "/leaf", say: "more than one word"));
        await services.DisposeAsync();

        var rows = await world.StoredAsync(World.Project);
        AssertBelow(rows, "GET /call", "calling", "GET /leaf", "leaf");
        Assert.Null(rows.Named("GET /leaf").Type()); // it is no root
        var (_, baggage) = Assert.Single(services.Received);
        Assert.Equal(["braintrust.parent", "said"], baggage.Keys.Order());
        Assert.Equal("more than one word", baggage["said"]!.Replace('+', ' ')); // the older sender writes a plus, which only the older reader understands
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task AnyProjectNameIsUnderstood(string project)
    {
        foreach (var propagator in new[] { New, Old })
        {
            await using var world = await World.OnSocketsAsync();
            await using var services = new Services(world);
            var there = await services.StartAsync(project, propagator);
            var here = await services.StartAsync(project, propagator);

            await Services.VisitAsync(Services.Call(here, there + "/leaf"));
            await services.DisposeAsync();

            AssertBelow([.. world.Server.Arrivals.Entries], "GET /call", "calling", "GET /leaf", "leaf");
        }
    }

    [Fact] // on its own: the test runner's way of passing arguments loses it
    public Task ALoneSurrogateInTheNameIsUnderstood() => AnyProjectNameIsUnderstood("lone \ud83d surrogate");

    [Fact]
    public async Task AProjectWhoseNameFitsInNoHeaderMakesTheOtherServiceARootOfTheSameTrace()
    {
        await using var world = await World.StartAsync();
        await using var services = new Services(world);
        var project = new string('€', 1000); // nine bytes each
        var there = await services.StartAsync(project);
        var here = await services.StartAsync(project);

        await Services.VisitAsync(Services.Call(here, there + "/leaf", say: "yes"));
        await services.DisposeAsync();

        var rows = await world.StoredAsync(project);
        Assert.Null(rows.Named("GET /leaf").Parent());
        Assert.Equal(rows.Named("GET /call").Trace(), rows.Named("GET /leaf").Trace());
        Assert.Equal("yes", Assert.Single(services.Received).Baggage["said"]);
    }

    [Theory]
    [InlineData("many", New)]
    [InlineData("many", Old)]
    [InlineData("large", New)]
    [InlineData("large", Old)]
    [InlineData("without a value", New)]
    [InlineData("without a value", Old)]
    public async Task OtherVendorsMembersStayAndOursIsAmongThem(string kind, string propagator)
    {
        var others = kind switch
        {
            "many" => Enumerable.Range(0, 80).Select(i => $"k{i}=v%2C{i}").ToArray(),
            "large" => [.. Enumerable.Range(0, 20).Select(i => $"k{i}={new string('v', 500)}")],
            _ => ["a=", "k0=v;p=1"],
        };
        await using var world = await World.StartAsync();
        await using var services = new Services(world);
        var there = await services.StartAsync(propagator: propagator);
        var here = await services.StartAsync(propagator: propagator, client: inner => new Adds("baggage", string.Join(',', others)) { InnerHandler = Services.Traced(inner) });

        await Services.VisitAsync(Services.Call(here, there + "/leaf"));
        await services.DisposeAsync();

        AssertBelow(await world.StoredAsync(World.Project), "GET /call", "calling", "GET /leaf", "leaf");
        var sent = Assert.Single(services.Received).Headers["baggage"];
        var members = sent.Split(',');
        Assert.True(members.Length <= 64 && sent.Length <= 8192);
        Assert.Equal(others.Take(members.Length - 1), members.Skip(1)); // byte for byte, and as many as fit
        Assert.True(members.Length == others.Length + 1 || members.Length == 64 || sent.Length + 500 > 8192);
    }

    [Fact]
    public async Task TracesOnOneConnectionStayApart()
    {
        await using var world = await World.StartAsync();
        await using var services = new Services(world);
        var there = await services.StartAsync();
        var here = await services.StartAsync();

        for (var i = 0; i < 3; i++)
        {
            await Services.VisitAsync(Services.Call(here, there + "/leaf"));
        }
        await services.DisposeAsync();

        var traces = (await world.StoredAsync(World.Project)).GroupBy(row => row.Trace()).ToList();
        Assert.Equal(3, traces.Count);
        Assert.All(traces, rows => AssertBelow([.. rows], "GET /call", "calling", "GET /leaf", "leaf"));
        Assert.Single(traces.Select(rows => (string?)rows.Named("GET /leaf").Meta("ConnectionId")).Distinct());
    }

    [Fact]
    public async Task ATraceGoesThroughSeveralServices()
    {
        await using var world = await World.StartAsync();
        await using var services = new Services(world);
        var third = await services.StartAsync();
        var second = await services.StartAsync();
        var first = await services.StartAsync();

        await Services.VisitAsync(Services.Call(first, Services.Call(second, third + "/leaf")));
        await services.DisposeAsync();

        var rows = await world.StoredAsync(World.Project);
        Assert.Equal(["GET /call", "calling", "GET /call", "calling", "GET /leaf", "leaf"], Way(rows, rows.Named("leaf")));
        Assert.Single(services.Received[0].Headers["baggage"].Split("braintrust.parent").Skip(1)); // that of the second replaced that of the first
    }

    [Fact]
    public async Task AServiceOfAnotherProjectIsARootOfTheSameTrace()
    {
        await using var world = await World.StartAsync();
        await using var services = new Services(world);
        var there = await services.StartAsync("another");
        var here = await services.StartAsync();

        await Services.VisitAsync(Services.Call(here, there + "/leaf"));
        await services.DisposeAsync();

        var (caller, callee) = ((await world.StoredAsync(World.Project)).Named("calling"), (await world.StoredAsync("another")).Named("GET /leaf"));
        Assert.Equal((null, "task"), (callee.Parent(), callee.Type()));
        Assert.Equal(caller.Trace(), callee.Trace());
    }

    [Fact]
    public async Task ExtractPutsASpanOfAnyProjectBelowTheCaller()
    {
        await using var world = await World.StartAsync();
        await using var services = new Services(world);
        var options = new BraintrustOptions();
        world.Lead(options);
        await using var client = new BraintrustClient(options);
        var logger = client.GetLogger("third", setCurrent: false);
        var there = await services.StartAsync(map: app => app.MapGet("/search", (HttpContext context) =>
            logger.StartSpan("search", parent: BraintrustPropagation.Extract(context.Request.Headers)).Dispose()));
        var here = await services.StartAsync();

        await Services.VisitAsync(Services.Call(here, there + "/search"));
        await services.DisposeAsync();
        await client.FlushAsync();

        var (caller, callee) = ((await world.StoredAsync(World.Project)).Named("calling"), Assert.Single(await world.StoredAsync("third")));
        Assert.Equal((caller.SpanId(), caller.Trace()), (callee.Parent(), callee.Trace()));
    }

    [Fact]
    public async Task AClientOfTheFactoryIsSetUpInOneLine()
    {
        await using var world = await World.StartAsync();
        await using var services = new Services(world);
        var there = await services.StartAsync();
        var here = await services.StartAsync(
            build: builder => builder.Services.AddHttpClient("next").AddHttpMessageHandler(() => new BraintrustPropagationHandler("127.0.0.1")),
            map: app => app.MapGet("/ask", (IHttpClientFactory clients) => clients.CreateClient("next").GetStringAsync(there + "/leaf")));

        await Services.VisitAsync(here + "/ask");
        await services.DisposeAsync();

        var way = Way(await world.StoredAsync(World.Project), (await world.StoredAsync(World.Project)).Named("leaf"));
        Assert.Equal(("GET /ask", "GET /leaf", "leaf"), (way[0], way[^2], way[^1]));
        Assert.StartsWith("HTTP GET http://127.0.0.1", way[1]); // the factory's scope
    }

    [Fact]
    public async Task CapturedActivitiesAreCallersAndCallees()
    {
        await using var world = await World.StartAsync();
        await using var services = new Services(world);
        using var source = new ActivitySource($"test.{Guid.NewGuid():N}");
        void Capture(Extensions.Logging.BraintrustLoggerOptions options) => options.ActivitySources = [source.Name];
        var there = await services.StartAsync(change: Capture, map: app => app.MapGet("/tool", () => source.StartActivity("callee")!.Dispose()));
        var here = await services.StartAsync(change: Capture, map: app => app.MapGet("/ask", async (HttpClient http) =>
        {
            using var activity = source.StartActivity("caller");
            await http.GetStringAsync(there + "/tool");
        }));

        await Services.VisitAsync(here + "/ask");
        await services.DisposeAsync();

        AssertBelow(await world.StoredAsync(World.Project), "GET /ask", "caller", "GET /tool", "callee");
    }

    [Theory]
    [InlineData("around")]
    [InlineData("within")]
    public async Task ARequestThatIsSentAgainNamesItsCallerOnce(string retries)
    {
        await using var world = await World.StartAsync();
        await using var services = new Services(world);
        var there = await services.StartAsync();
        var here = await services.StartAsync(client: inner => retries == "around"
            ? new SendsTwice { InnerHandler = Services.Traced(inner) }
            : Services.Traced(new SendsTwice { InnerHandler = Services.Traced(inner) })); // and one handler too many

        await Services.VisitAsync(Services.Call(here, there + "/leaf", say: "x"));
        await services.DisposeAsync();

        Assert.Equal(2, services.Received.Count);
        var rows = await world.StoredAsync(World.Project);
        var caller = rows.Named("calling");
        Assert.All(services.Received, received =>
        {
            Assert.StartsWith($"00-{caller.Trace()}-{caller.SpanId()}-", received.Headers["traceparent"]);
            Assert.Equal("braintrust.parent=project_name%3Aa%20project,said = x", received.Headers["baggage"]);
        });
        Assert.Equal([caller.SpanId(), caller.SpanId()], rows.Where(row => row.Name() == "GET /leaf").Select(row => row.Parent()));
    }

    /// <summary>The names from the root down to a row.</summary>
    static List<string?> Way(IReadOnlyList<JsonObject> rows, JsonObject row)
    {
        var spans = rows.DistinctBy(it => it.SpanId()).ToDictionary(it => it.SpanId());
        var way = new List<string?> { row.Name() };
        while (row.Parent() is { } parent)
        {
            Assert.Equal(row.Trace(), spans[parent].Trace());
            row = spans[parent];
            way.Insert(0, row.Name());
        }
        return way;
    }

    static void AssertBelow(IReadOnlyList<JsonObject> rows, params string[] names) =>
        Assert.Equal(names, Way(rows, rows.Last(row => row.Name() == names[^1])));

    sealed class Adds(string name, string value) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.TryAddWithoutValidation(name, value);
            return base.SendAsync(request, cancellationToken);
        }
    }
}

/// <summary>Sends every request again, as a handler does that retries.</summary>
sealed class SendsTwice : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        (await base.SendAsync(request, cancellationToken)).Dispose();
        return await base.SendAsync(request, cancellationToken);
    }
}
