using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Braintrust.Logging.Local.Tests;

public sealed class ProtocolTests : IAsyncLifetime
{
    LocalClient _client = null!;

    public async Task InitializeAsync() => _client = await LocalClient.StartAsync();
    public async Task DisposeAsync() => await _client.DisposeAsync();

    [Fact]
    public async Task LoginAnswersWithOneOrganisationAtItsOwnUrl()
    {
        var (status, body) = await _client.PostAsync("/api/apikey/login", "");
        Assert.Equal(HttpStatusCode.OK, status);
        var organisation = Assert.Single(body!["org_info"]!.AsArray())!;
        Assert.Equal("local", organisation["name"]!.GetValue<string>());
        Assert.Equal(_client.Local.Url, new Uri(organisation["api_url"]!.GetValue<string>()));
        Assert.True(_client.Local.Url.IsLoopback);
    }

    [Theory]
    [InlineData("/api/experiment/register")]
    [InlineData("/v1/dataset/d.json")]
    [InlineData("/local/projects")]
    public async Task WhatItDoesNotOfferItSays(string path)
    {
        var (status, body) = await _client.PostAsync(path, "{}");
        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Contains($"does not know POST {path}: it keeps logs, attachments and feedback", (string)body!["error"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Bearer ")]
    [InlineData("Basic bG9jYWw=")]
    public async Task WithoutAKeyEverythingIs401(string? authorization)
    {
        _client.Headers.Remove("Authorization");
        if (authorization is not null)
            _client.Headers.TryAddWithoutValidation("Authorization", authorization);
        Assert.Equal(HttpStatusCode.Unauthorized, (await _client.PostAsync("/api/apikey/login", "")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await _client.PostAsync("/api/project/register", "{}")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await _client.GetAsync("/version")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await _client.PostAsync("/logs3", "{}")).Status);
    }

    [Fact]
    public async Task AnyNonblankKeyWillDo()
    {
        _client.Headers.Authorization = new("Bearer", "sk-whatever");
        Assert.Equal(HttpStatusCode.OK, (await _client.PostAsync("/api/apikey/login", "")).Status);
    }

    [Fact]
    public async Task AProjectIsMadeOnceAndFoundByNameAndId()
    {
        var (_, first) = await _client.PostAsync("/api/project/register", """{"project_name":"Mein Projekt é/✓"}""");
        var (_, second) = await _client.PostAsync("/api/project/register", """{"project_name":"Mein Projekt é/✓"}""");
        Assert.False(first!["found_existing"]!.GetValue<bool>());
        Assert.True(second!["found_existing"]!.GetValue<bool>());
        var id = first["project"]!["id"]!.GetValue<string>();
        Assert.Equal(id, second["project"]!["id"]!.GetValue<string>());

        var (_, found) = await _client.GetAsync($"/api/project?id={id}");
        Assert.Equal("Mein Projekt é/✓", found!["name"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync("/api/project?id=other")).Status);
    }

    [Fact]
    public async Task NamesDifferByCase() => Assert.NotEqual(await _client.RegisterAsync("Shop"), await _client.RegisterAsync("shop"));

    [Theory]
    [InlineData("")]
    [InlineData("no json")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"project_name":" "}""")]
    [InlineData("""{"project_name":7}""")]
    [InlineData("""{"project_name":"a","project_name":"b"}""")]
    [InlineData("""{"project_name":"\ud83d"}""")]
    public async Task AProjectWithoutANameIsRefused(string body) =>
        Assert.Equal(HttpStatusCode.BadRequest, (await _client.PostAsync("/api/project/register", body)).Status);

    [Fact]
    public async Task VersionAnnouncesTheLimit() =>
        Assert.Equal(6 * 1024 * 1024, (await _client.GetAsync("/version")).Body!["logs3_payload_max_bytes"]!.GetValue<int>());

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ABodyBeyondTheLimitIs413AndTheConnectionGoesOn(bool chunked)
    {
        await using var client = await LocalClient.StartAsync(new BraintrustLocalOptions { PayloadLimitBytes = 1000 });
        var project = await client.RegisterAsync("p");
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes($$"""{"rows":[],"api_version":2,"x":"{{new string('x', 3_000_000)}}"}"""));
        client.Headers.TransferEncodingChunked = chunked;
        var (status, body) = await client.PostAsync("/logs3", content);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, status);
        Assert.Contains("1000 bytes", body!["error"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(["r"], await client.LogAsync(project, """{"id":"r"}"""));
    }

    [Fact]
    public async Task RowsAreAnsweredByTheirIdsInOrder()
    {
        var project = await _client.RegisterAsync("p");
        Assert.Equal(["b", "a"], await _client.LogAsync(project, """{"id":"b"}""", """{"id":"a"}"""));
        Assert.Equal(["b", "a"], _client.Local.Rows("p").Select(row => row["id"]!.GetValue<string>()));
    }

    [Fact]
    public async Task RowsOfSeveralProjectsTravelInOneBody()
    {
        var (a, b) = (await _client.RegisterAsync("a"), await _client.RegisterAsync("b"));
        await _client.LogAsync(a, """{"id":"r","input":"to a"}""", $$"""{"id":"r","input":"to b","project_id":"{{b}}"}""");
        Assert.Equal("to a", Assert.Single(_client.Local.Rows("a"))["input"]!.GetValue<string>());
        Assert.Equal("to b", Assert.Single(_client.Local.Rows(b))["input"]!.GetValue<string>());
    }

    [Fact]
    public async Task ADeepValueIsTakenAndGivenBack()
    {
        var project = await _client.RegisterAsync("p");
        var deep = new string('[', 200) + "1" + new string(']', 200);
        var (status, _) = await _client.PostAsync("/logs3", $$"""{"rows":[{"id":"r","project_id":"{{project}}","log_id":"g","root_span_id":"t","input":{{deep}}}],"api_version":2}""");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(HttpStatusCode.OK, (await _client.GetAsync("/local/traces/t")).Status);
    }

    [Fact]
    public async Task TheReadAddressesTellWhatIsStored()
    {
        var project = await _client.RegisterAsync("Shop");
        await _client.LogAsync(
            project,
            """{"id":"1","span_id":"s1","root_span_id":"t1","span_attributes":{"name":"first"},"metrics":{"start":100,"end":101.5},"error":"no"}""",
            """{"id":"2","span_id":"s2","root_span_id":"t1","span_parents":["s1"],"metrics":{"start":100,"end":101,"prompt_tokens":3,"completion_tokens":4}}""",
            """{"id":"3","span_id":"s3","root_span_id":"t2","span_attributes":{"name":"second"},"metrics":{"start":200}}""",
            """{"id":"4","origin":{"id":"1"},"comment":{"text":"hm"}}""");

        var (_, projects) = await _client.GetAsync("/local/projects");
        Assert.Equal(4, Assert.Single(projects!.AsArray())!["rows"]!.GetValue<int>());

        var (_, traces) = await _client.GetAsync("/local/projects/Shop/traces");
        Assert.Equal(["t2", "t1"], traces!.AsArray().Select(trace => trace!["root_span_id"]!.GetValue<string>()));
        var older = traces[1]!;
        Assert.Equal(("first", 100, 1.5, 7, 1, 2), (
            older["name"]!.GetValue<string>(), older["start"]!.GetValue<double>(), older["duration"]!.GetValue<double>(),
            older["tokens"]!.GetValue<double>(), older["errors"]!.GetValue<int>(), older["rows"]!.GetValue<int>()));
        Assert.Null(traces[0]!["duration"]);
        Assert.True(JsonNode.DeepEquals(traces, (await _client.GetAsync($"/local/projects/{project}/traces")).Body));

        var (_, rows) = await _client.GetAsync("/local/traces/t1");
        Assert.Equal(["1", "2", "4"], rows!.AsArray().Select(row => row!["id"]!.GetValue<string>()));
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync("/local/traces/t9")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync("/local/projects/t9/traces")).Status);
    }

    [Fact]
    public async Task TwoOfThemKeepApartAndATakenPortIsSaid()
    {
        await using var other = await LocalClient.StartAsync();
        await other.RegisterAsync("p");
        Assert.Empty((await _client.GetAsync("/local/projects")).Body!.AsArray());
        await Assert.ThrowsAsync<IOException>(() => BraintrustLocal.StartAsync(new BraintrustLocalOptions { Port = other.Local.Url.Port }));
    }
}
