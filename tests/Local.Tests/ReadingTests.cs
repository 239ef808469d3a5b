using System.Net;
using System.Text.Json.Nodes;
using Braintrust.Logging.Local.Server;
using Braintrust.Logging.Local.Storage;
using Microsoft.Extensions.Time.Testing;

namespace Braintrust.Logging.Local.Tests;

/// <summary>What the page, and tests, ask for.</summary>
public sealed class ReadingTests : IAsyncLifetime
{
    LocalClient _client = null!;
    string _project = "";

    public async Task InitializeAsync()
    {
        _client = await LocalClient.StartAsync();
        _project = await _client.RegisterAsync("Shop/Küche");
        await _client.LogAsync(
            _project,
            """{"id":"1","span_id":"s1","root_span_id":"a","span_attributes":{"name":"GET /"},"metrics":{"start":100,"end":101},"tags":["web"],"scores":{"good":0.5}}""",
            """{"id":"2","span_id":"s2","root_span_id":"a","span_parents":["s1"],"span_attributes":{"name":"ask","type":"llm"},"metrics":{"start":100,"end":103,"prompt_tokens":3,"completion_tokens":4,"estimated_cost":0.5},"metadata":{"model":"gpt","Guest":"Äda 100% _x"},"scores":{"good":1}}""",
            """{"id":"3","span_id":"s3","root_span_id":"b","span_attributes":{"name":"job"},"metrics":{"start":200},"error":"It \"broke\"\nat once"}""",
            """{"id":"4","span_id":"s4","root_span_id":"c","output":"hello","metrics":{"start":300,"end":300},"span_attributes":{"type":"log","log_level":"info"},"created":"2026-01-01T00:00:00Z"}""");
    }

    public async Task DisposeAsync() => await _client.DisposeAsync();

    [Theory]
    [InlineData("", "c b a")]
    [InlineData("errors=1", "b")]
    [InlineData("running=1", "b")]
    [InlineData("tag=web", "a")]
    [InlineData("tag=we", "")]
    [InlineData("model=gpt", "a")]
    [InlineData("score=good", "a")]
    [InlineData("score=good&score_min=0.7&score_max=0.8", "a")]
    [InlineData("score=good&score_min=0.8", "")]
    [InlineData("since=200", "c b")]
    [InlineData("until=200", "a")]
    [InlineData("text=äDA 100%", "a")]
    [InlineData("text=ada", "")]
    [InlineData("text=100% _X", "a")]
    [InlineData("text=100x", "")]
    [InlineData("text=guest", "a")]
    [InlineData("text=it \"broke\"", "b")]
    [InlineData("text=HELLO", "c")]
    [InlineData("text=span_attributes", "")]
    [InlineData("text=2026-01", "")]
    [InlineData("text=o&errors=1", "b")]
    [InlineData("limit=2", "c b")]
    [InlineData("limit=2&after=b&after_start=200", "a")]
    public async Task TracesAreFiltered(string query, string expected)
    {
        var (status, body) = await _client.GetAsync($"/local/projects/{_project}/traces?{Uri.EscapeDataString(query).Replace("%3D", "=").Replace("%26", "&")}");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(expected, string.Join(' ', body!.AsArray().Select(trace => trace!["root_span_id"]!.GetValue<string>())));
    }

    [Fact]
    public async Task WhatASearchFindsIsFoundInTheTraceAndInComments()
    {
        await _client.LogAsync(_project, """{"id":"5","origin":{"id":"2"},"comment":{"text":"Ananas"}}""", """{"id":"6","span_id":"s6","root_span_id":"a","input":["ananas"]}""");
        var (_, traces) = await _client.GetAsync($"/local/projects/{_project}/traces?text=ananas");
        Assert.Equal("a", (string)Assert.Single(traces!.AsArray())!["root_span_id"]!);
        Assert.Equal(["2", "6"], await HitsAsync("a", "ANANAS"));
        Assert.Equal(["2"], await HitsAsync("a", "äda"));
        Assert.Equal(["2"], await HitsAsync("a", "gpt"));
        Assert.Empty(await HitsAsync("b", "ananas"));
        Assert.Empty(await HitsAsync("a", "span_attributes"));
        Assert.Empty(await HitsAsync("a", ""));
        Assert.Empty(await HitsAsync("nowhere", "ananas"));

        async Task<IEnumerable<string>> HitsAsync(string trace, string text) =>
            (await _client.GetAsync($"/local/projects/{_project}/traces/{trace}/hits?text={Uri.EscapeDataString(text)}")).Body!["ids"]!.AsArray().Select(id => (string)id!).Order();
    }

    [Theory]
    [InlineData("100%_~", "%100~%~_~~%")]
    [InlineData("Küche no. 1", "%che no. 1%")]
    [InlineData("say \"no\"", "%say %")]
    [InlineData("é\\", "%%")]
    public void TheLongestPieceThatStandsInTheTextAsItIsNarrowsASearch(string text, string pattern) => Assert.Equal(pattern, TextSearch.Like(text));

    [Fact]
    public async Task ASearchThatNobodyWaitsForEnds()
    {
        using var store = new LocalStore(null, TimeProvider.System);
        await store.Rows.ApplyAsync([JsonNode.Parse("""{"id":"r","project_id":"p","input":"needle"}""")!.AsObject()]);
        await store.Traces.RecountAsync("p");
        Assert.Single(store.Traces.List("p", new() { Text = "needle" }));
        Assert.Throws<OperationCanceledException>(() => store.Traces.List("p", new() { Text = "needle" }, new CancellationToken(canceled: true)));
        Assert.Throws<OperationCanceledException>(() => store.Traces.Hits("p", "r", "needle", new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task ASearchGoesOnBeyondTheFirstPage()
    {
        await _client.LogAsync(_project, [.. Enumerable.Range(0, TraceFilter.MostAtOnce).Select(i => $$"""{"id":"n{{i}}","root_span_id":"n{{i}}","metrics":{"start":{{1000 + i}} } }""")]);
        var (_, traces) = await _client.GetAsync($"/local/projects/{_project}/traces?text=hello");
        Assert.Equal("c", (string)Assert.Single(traces!.AsArray())!["root_span_id"]!);
    }

    [Fact]
    public async Task ATraceIsSummedUp()
    {
        var (_, traces) = await _client.GetAsync($"/local/projects/{Uri.EscapeDataString("Shop/Küche")}/traces?tag=web");
        var trace = Assert.Single(traces!.AsArray())!.AsObject();
        trace.Remove("updated");
        Assert.Equal(
            """{"root_span_id":"a","root_id":"1","name":"GET /","type":null,"start":100,"duration":3,"rows":2,"spans":2,"running":0,"errors":0,"prompt_tokens":3,"prompt_cached_tokens":null,"completion_tokens":4,"tokens":7,"estimated_cost":0.5,"models":["gpt"],"tags":["web"],"scores":{"good":0.75},"input":null,"output":null}""",
            trace.ToJsonString());
        var (_, facets) = await _client.GetAsync($"/local/projects/{_project}/facets");
        Assert.Equal("""{"tags":["web"],"scores":["good"],"models":["gpt"]}""", facets!.ToJsonString());
    }

    [Fact]
    public async Task ATraceIsReadWithoutContentsAndThenOnlyWhatChanged()
    {
        var (_, all) = await _client.GetAsync($"/local/projects/{_project}/traces/a");
        Assert.Equal(["1", "2"], all!["spans"]!.AsArray().Select(span => span!["id"]!.GetValue<string>()));
        Assert.Equal("""{"seq":2,"id":"2","span_id":"s2","parent":"s1","name":"ask","type":"llm","model":"gpt","start":100,"end":103,"tokens":7,"cost":0.5,"scores":{"good":1}}""", all["spans"]![1]!.ToJsonString());
        await _client.LogAsync(_project, """{"id":"2","output":"done","_is_merge":true}""");
        var (_, changed) = await _client.GetAsync($"/local/projects/{_project}/traces/a?after={all["version"]}");
        Assert.Equal("2", Assert.Single(changed!["spans"]!.AsArray())!["id"]!.GetValue<string>());
        var (_, row) = await _client.GetAsync($"/local/projects/{_project}/rows/2");
        Assert.Equal("done", row!["row"]!["output"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync($"/local/projects/{_project}/rows/9")).Status);
    }

    [Fact]
    public async Task ARowThatLeavesItsTraceChangesBoth()
    {
        await _client.GetAsync($"/local/projects/{_project}/traces");
        await _client.LogAsync(_project, """{"id":"2","root_span_id":"c","metrics":{"tokens":1}}""", """{"id":"3","_object_delete":true}""");
        var (_, traces) = await _client.GetAsync($"/local/projects/{_project}/traces");
        Assert.Equal(["c 2", "a 1"], traces!.AsArray().Select(trace => $"{trace!["root_span_id"]} {trace["rows"]}"));
    }

    [Fact]
    public async Task ARowIsFoundByItsIdAlone()
    {
        var (_, found) = await _client.GetAsync("/local/rows/2");
        Assert.Equal($$"""{"project":"Shop/K\u00FCche","project_id":"{{_project}}","trace":"a","id":"2"}""", found!.ToJsonString());
        Assert.Equal(HttpStatusCode.OK, (await _client.GetAsync("/local/rows/2?project=Shop%2FK%C3%BCche")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync("/local/rows/9")).Status);
    }

    [Theory]
    [InlineData(".", "%252E")]
    [InlineData("..", "%252E%252E")]
    [InlineData("a/b", "a%2Fb")]
    [InlineData("a%2Fb", "a%252Fb")]
    [InlineData("100 %", "100%20%25")]
    public async Task WhateverAProjectATraceOrARowIsCalledItOpens(string name, string step)
    {
        var project = await _client.RegisterAsync(name);
        await _client.LogAsync(project, new JsonObject { ["id"] = name, ["span_id"] = name, ["root_span_id"] = name, ["input"] = 1 }.ToJsonString());

        var (_, traces) = await _client.GetAsync($"/local/projects/{step}/traces");
        Assert.Equal(name, (string)Assert.Single(traces!.AsArray())!["root_span_id"]!);
        Assert.Equal(HttpStatusCode.OK, (await _client.GetAsync($"/local/projects/{step}/traces/{step}?after=0")).Status);
        Assert.Equal(name, (string)(await _client.GetAsync($"/local/projects/{step}/rows/{step}")).Body!["row"]!["id"]!);
        Assert.Equal(name, (string)(await _client.GetAsync($"/local/rows/{step}?project={Uri.EscapeDataString(name)}")).Body!["project"]!);
    }

    [Fact]
    public async Task ExportsAreOneRowALine()
    {
        using var http = new HttpClient { BaseAddress = _client.Local.Url };
        var lines = (await http.GetStringAsync($"/local/projects/{_project}/export")).Trim().Split('\n');
        Assert.Equal(_client.Local.Rows(_project).Select(row => row.ToJsonString()), lines.Select(line => JsonNode.Parse(line)!.ToJsonString()));
        Assert.Equal(2, (await http.GetStringAsync("/local/traces/a/export")).Trim().Split('\n').Length);
        await _client.LogAsync(await _client.RegisterAsync("Other"), """{"id":"1","root_span_id":"a"}""");
        Assert.Equal(2, (await http.GetStringAsync($"/local/projects/{_project}/traces/a/export")).Trim().Split('\n').Length);
    }

    [Fact]
    public async Task ChangesAreToldAsTheyHappen()
    {
        using var http = new HttpClient { BaseAddress = _client.Local.Url };
        using var reader = new StreamReader(await http.GetStreamAsync("/local/changes"));
        Assert.Equal("event: ready data: {} ", $"{await reader.ReadLineAsync()} {await reader.ReadLineAsync()} {await reader.ReadLineAsync()}");
        await _client.LogAsync(_project, """{"id":"5","root_span_id":"a"}""", """{"id":"c","origin":{"id":"3"},"comment":{"text":"hm"}}""");
        Assert.Equal("event: changed", await reader.ReadLineAsync());
        Assert.Equal($$"""data: {"traces":[["{{_project}}","a"],["{{_project}}","b"]]}""", await reader.ReadLineAsync());
    }

    [Fact]
    public async Task NumbersBeyondAllMeasureAreNeitherSummedNorAsked()
    {
        await _client.LogAsync(
            _project,
            """{"id":"5","root_span_id":"d","metrics":{"start":-1e308,"end":1e308,"tokens":1e308}}""", """{"id":"6","root_span_id":"d","metrics":{"tokens":1e308}}""");
        var (status, body) = await _client.GetAsync($"/local/projects/{_project}/traces");
        Assert.Equal(HttpStatusCode.OK, status);
        var trace = body!.AsArray().Single(it => (string)it!["root_span_id"]! == "d")!;
        Assert.Null(trace["tokens"]);
        Assert.Null(trace["duration"]);
        Assert.Equal(HttpStatusCode.OK, (await _client.GetAsync($"/local/projects/{_project}/traces/d")).Status);

        foreach (var query in new[] { "since=NaN", "until=-Infinity", "limit=NaN", "limit=1e999", "after=a&after_start=NaN", "score=good&score_min=NaN" })
            Assert.Equal(HttpStatusCode.OK, (await _client.GetAsync($"/local/projects/{_project}/traces?{query}")).Status);
    }

    [Fact]
    public async Task WhoDoesNotListenIsToldThatMuchHasChangedAndNothingIsMissed()
    {
        var feed = new ChangeFeed();
        using var listener = feed.Listen();
        feed.Tell([new TraceKey("p", "1")]);
        feed.Tell([new TraceKey("p", "1"), new TraceKey("p", "2")]);
        Assert.Equal([new TraceKey("p", "1"), new TraceKey("p", "2")], await listener.NextAsync(default));
        for (var i = 0; i < 1000; i++)
            feed.Tell([new TraceKey("p", $"{i}")]);
        Assert.Null(await listener.NextAsync(default));
        var next = listener.NextAsync(default);
        Assert.False(next.IsCompleted);
        feed.Tell([new TraceKey("p", "3")]);
        Assert.Equal([new TraceKey("p", "3")], await next);
    }

    [Fact]
    public async Task WhatRetentionRemovesIsToldAsAChange()
    {
        var clock = new FakeTimeProvider();
        await using var client = await LocalClient.StartAsync(new() { TimeProvider = clock, MaxAge = TimeSpan.FromDays(2) });
        var project = await client.RegisterAsync("p");
        await client.LogAsync(project, """{"id":"old","root_span_id":"t"}""");
        using var http = new HttpClient { BaseAddress = client.Local.Url };
        using var reader = new StreamReader(await http.GetStreamAsync("/local/changes"));
        for (var i = 0; i < 3; i++)
            await reader.ReadLineAsync(); // ready
        clock.Advance(TimeSpan.FromDays(3));
        Assert.Equal("event: changed", await MinutesUntil(reader.ReadLineAsync(), clock));
        Assert.Equal($$"""data: {"traces":[["{{project}}","t"]]}""", await reader.ReadLineAsync());
    }

    [Fact]
    public async Task OldTracesGoWithAWord()
    {
        var clock = new FakeTimeProvider();
        var told = new Journal<string>();
        await using var client = await LocalClient.StartAsync(new() { TimeProvider = clock, MaxAge = TimeSpan.FromDays(2), OnMessage = it => told.Add(it) });
        var project = await client.RegisterAsync("p");
        await client.LogAsync(project, """{"id":"old","root_span_id":"old"}""", """{"id":"c","origin":{"id":"old"},"comment":{"text":"hm"}}""");
        clock.Advance(TimeSpan.FromDays(3));
        Assert.Equal("Removed 1 trace that had not changed for 2 days, which is how long they are kept.", (await MinutesUntil(told.WaitForAsync(1), clock))[0]);
        Assert.Empty(client.Local.Rows("p"));
    }

    [Fact]
    public async Task TracesBeyondTheSizeGoWithAWordTheOldestFirst()
    {
        var clock = new FakeTimeProvider();
        var told = new Journal<string>();
        await using var client = await LocalClient.StartAsync(new() { TimeProvider = clock, MaxDatabaseBytes = 800_000, OnMessage = it => told.Add(it) });
        var project = await client.RegisterAsync("p");
        foreach (var i in Enumerable.Range(0, 300))
            await client.LogAsync(project, $$"""{"id":"r{{i}}","root_span_id":"t{{i}}","input":"{{new string('x', 4000)}}"}""");
        Assert.Matches("Removed the oldest [0-9]+ traces: the database had grown beyond 0.8 MiB.", (await MinutesUntil(told.WaitForAsync(1), clock))[0]);
        Assert.Equal("r299", client.Local.Rows("p")[^1]["id"]!.GetValue<string>());
        Assert.InRange(client.Local.Rows("p").Count, 50, 150);
    }

    /// <summary>Each minute it is looked what may go, unless the look of the minute before takes longer than that: on the clock of a test it may.</summary>
    static async Task<T> MinutesUntil<T>(Task<T> done, FakeTimeProvider clock)
    {
        var patience = Task.Delay(Patience.Limit);
        while (!done.IsCompleted && !patience.IsCompleted)
        {
            clock.Advance(TimeSpan.FromMinutes(1));
            await Task.WhenAny(done, Task.Delay(5)); // real time for the writer; nothing is asserted about it
        }
        Assert.True(done.IsCompleted, "Nothing was removed, however many minutes passed.");
        return await done;
    }
}
