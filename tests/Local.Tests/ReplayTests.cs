using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Braintrust.Logging.Local.Replaying;
using Braintrust.Logging.Local.Storage;
using Braintrust.Logging.Local.Tool;

namespace Braintrust.Logging.Local.Tests;

/// <summary>From one Braintrust to another: the other one is local too, or a fake that fails as ordered.</summary>
public sealed class ReplayTests : IAsyncLifetime
{
    readonly string _folder = Directory.CreateTempSubdirectory("braintrust-local-tests").FullName;
    readonly HttpClient _http = new();
    LocalClient _source = null!;
    string _project = "";

    string Db => Path.Combine(_folder, "traces.db");

    public async Task InitializeAsync()
    {
        _source = await LocalClient.StartAsync(new() { DatabasePath = Db });
        _project = await _source.RegisterAsync("Shop");
        await _source.LogAsync(_project, [.. Enumerable.Range(0, 250).Select(i => $$"""{"id":"r{{i}}","span_id":"s{{i}}","root_span_id":"t{{i / 10}}","input":{{i}}}""")]);
        await _source.LogAsync(
            _project,
            """{"id":"r0","output":{"file":{"type":"braintrust_attachment","key":"k","filename":"a.txt","content_type":"text/plain"} },"_is_merge":true}""",
            """{"id":"c","origin":{"id":"r0"},"comment":{"text":"hm"}}""");
        var (_, announced) = await _source.PostAsync("/attachment", """{"key":"k","filename":"a.txt","content_type":"text/plain","org_id":"o"}""");
        await _http.PutAsync(announced!["signedUrl"]!.GetValue<string>(), new StringContent("a file"));
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _source.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task ReplayedTwiceEveryRowIsThereOnceWithItsFile()
    {
        await using var target = await LocalClient.StartAsync();
        var progress = new List<int>();
        for (var i = 0; i < 2; i++)
            Assert.Equal(251, await SendAsync(target.Local, progress.Add));

        Assert.Equal([100, 200, 251], progress[..3]);
        Assert.Equal(WithoutProject(_source.Local.Rows("Shop")), WithoutProject(target.Local.Rows("Elsewhere")));
        using var http = new HttpClient { BaseAddress = target.Local.Url };
        Assert.Equal("a file", await http.GetStringAsync("/local/attachments/k"));
    }

    [Fact]
    public async Task ARowBeyondTheLimitGoesAsAnUpload()
    {
        await using var target = await LocalClient.StartAsync(new() { PayloadLimitBytes = 20_000 });
        await _source.LogAsync(_project, $$"""{"id":"large","input":"{{new string('x', 50_000)}}"}""");
        Assert.Equal(252, await SendAsync(target.Local));
        Assert.Equal(50_000, target.Local.Rows("Elsewhere").Single(row => (string?)row["id"] == "large")["input"]!.GetValue<string>().Length);
    }

    [Fact]
    public async Task WhatPassesIsTriedAgainAndWhatDoesNotEndsWithAdvice()
    {
        await using var fake = await FakeBraintrust.StartAsync();
        var failures = 2;
        fake.OnLogs3 = _ => Task.FromResult(failures-- > 0 ? Reply.TooMany("0") : null);
        Assert.Equal(251, await SendAsync(fake.Url, fake.ApiKey, withFiles: false));

        await using var locked = await LocalClient.StartAsync(new() { Token = "right" });
        var error = await Assert.ThrowsAsync<ReplayException>(() => SendAsync(locked.Local.Url, "wrong"));
        Assert.Contains("BRAINTRUST_API_KEY", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheCommandsExportAndReplayFromTheFileOfARunningServer()
    {
        var file = Path.Combine(_folder, "out.ndjson");
        Assert.Equal(0, await ExportCommand.RunAsync(Arguments.Parse(["export", "--project", "Shop", "--out", file, "--db", Db]), default));
        Assert.Equal(_source.Local.Rows("Shop").Select(row => row.ToJsonString()), (await File.ReadAllLinesAsync(file, Encoding.UTF8)).Select(line => JsonNode.Parse(line)!.ToJsonString()));

        using var store = new LocalStore(Db, TimeProvider.System, _ => { });
        Assert.Equal(10, ExportCommand.Rows(store, Arguments.Parse(["export", "--trace", "t3"])).Count());
        Assert.Equal(11, ExportCommand.Rows(store, Arguments.Parse(["export", "--trace", "t0"])).Count()); // with its comment
        Assert.Contains("only Shop", Assert.Throws<UsageException>(() => ExportCommand.Rows(store, Arguments.Parse(["export", "--project", "Shoe"]))).Message, StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => ExportCommand.Rows(store, Arguments.Parse(["export", "--trace", "t99"])));
    }

    [Fact]
    public async Task ATraceInSeveralProjectsIsAskedForByProject()
    {
        var other = await _source.RegisterAsync("Shoes");
        await _source.LogAsync(other, """{"id":"r0","span_id":"x","root_span_id":"t0","input":"of Shoes"}""");
        using var store = new LocalStore(Db, TimeProvider.System);
        var shoes = Assert.Single(ExportCommand.Rows(store, Arguments.Parse(["export", "--trace", "t0", "--project", "Shoes"])));
        Assert.Contains("of Shoes", shoes, StringComparison.Ordinal);
        Assert.Equal(11, ExportCommand.Rows(store, Arguments.Parse(["export", "--trace", "t0", "--project", "Shop"])).Count());
        Assert.Contains("Shoes, Shop", Refusal("--trace", "t0"), StringComparison.Ordinal);
        Assert.Contains("no project \"Shoe\"", Refusal("--trace", "t0", "--project", "Shoe"), StringComparison.Ordinal);
        Assert.Contains("in the project \"Shoes\"", Refusal("--trace", "t1", "--project", "Shoes"), StringComparison.Ordinal);

        string Refusal(params string[] options) => Assert.Throws<UsageException>(() => ExportCommand.Rows(store, Arguments.Parse(["export", .. options]))).Message;
    }

    [Theory]
    [InlineData("{", "line 3: ")]
    [InlineData("[1]", "line 3: a row is a JSON object")]
    [InlineData("null", "line 3: a row is a JSON object")]
    public async Task ALineThatIsNoRowIsNamed(string line, string message)
    {
        var file = Path.Combine(_folder, "rows.ndjson");
        await File.WriteAllLinesAsync(file, ["""{"id":"r"}""", "", line]);
        Assert.Contains(message, Assert.Throws<UsageException>(() => ReplayCommand.RowsIn(file).Count()).Message, StringComparison.Ordinal);
    }

    Task<int> SendAsync(BraintrustLocal to, Action<int>? progress = null) => SendAsync(to.Url, to.ApiKey, progress);

    async Task<int> SendAsync(Uri to, string key, Action<int>? progress = null, bool withFiles = true)
    {
        using var store = new LocalStore(Db, TimeProvider.System, _ => { });
        var rows = ExportCommand.Rows(store, Arguments.Parse(["replay", "--project", "Shop"]));
        return await new Replay(_http, new ReplayTarget(to, key, null), TimeProvider.System).SendAsync(rows, "Elsewhere", withFiles ? store.Blobs.Find : _ => null, progress ?? (_ => { }), default);
    }

    static IEnumerable<string> WithoutProject(IEnumerable<JsonObject> rows) => rows.Select(row =>
    {
        row.Remove("project_id");
        return row.ToJsonString();
    });
}
