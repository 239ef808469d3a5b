using System.Net;
using Braintrust.Logging.Local.Tool;

namespace Braintrust.Logging.Local.Tests;

/// <summary>What is removed by hand: a trace, a project, all.</summary>
public sealed class RemovalTests : IAsyncLifetime
{
    readonly string _folder = Directory.CreateTempSubdirectory("braintrust-local-tests").FullName;
    LocalClient _client = null!;
    string _project = "";

    string Db => Path.Combine(_folder, "traces.db");

    public async Task InitializeAsync()
    {
        _client = await LocalClient.StartAsync(new() { DatabasePath = Db });
        _project = await _client.RegisterAsync("Shop");
        await _client.LogAsync(
            _project,
            """{"id":"a1","span_id":"a1","root_span_id":"a"}""", """{"id":"a2","span_id":"a2","root_span_id":"a","span_parents":["a1"]}""",
            """{"id":"b1","span_id":"b1","root_span_id":"b"}""", """{"id":"on a2","origin":{"id":"a2"},"comment":{"text":"hm"}}""");
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task ATraceGoesWithItsCommentsAndThatIsTold()
    {
        using var http = new HttpClient { BaseAddress = _client.Local.Url };
        using var reader = new StreamReader(await http.GetStreamAsync("/local/changes"));
        using var patience = new CancellationTokenSource(Patience.Limit);
        await reader.ReadLineAsync(patience.Token); // ready
        Assert.Equal(HttpStatusCode.NoContent, (await _client.DeleteAsync("/local/projects/Shop/traces/a")).Status);
        while (await reader.ReadLineAsync(patience.Token) != "event: changed")
        {
        }
        Assert.Equal($$"""data: {"traces":[["{{_project}}","a"]]}""", await reader.ReadLineAsync(patience.Token));
        Assert.Equal(["b1"], _client.Local.Rows("Shop").Select(row => (string)row["id"]!));
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync("/local/projects/Shop/traces/a")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await _client.DeleteAsync("/local/projects/Shop/traces/a")).Status);
    }

    [Fact]
    public async Task AProjectGoesAndComesBackWithWhatIsLoggedToIt()
    {
        await _client.LogAsync(_project, """{"id":"on nothing","origin":{"id":"never came"},"comment":{"text":"hm"}}""");
        await _client.LogAsync(await _client.RegisterAsync("Other"), """{"id":"a1","root_span_id":"a"}""");
        Assert.Equal(HttpStatusCode.NoContent, (await _client.DeleteAsync("/local/projects/Shop")).Status);
        Assert.Equal(["Other"], await ProjectsAsync());
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync("/local/projects/Shop/traces")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await _client.DeleteAsync($"/local/projects/{_project}")).Status);
        Assert.Single(_client.Local.Rows("Other"));

        // An app that runs on has the id from before.
        await _client.LogAsync(_project, """{"id":"c1","root_span_id":"c"}""");
        Assert.Equal(["Shop", "Other"], await ProjectsAsync());
        Assert.Equal(["c1"], _client.Local.Rows("Shop").Select(row => (string)row["id"]!));

        await _client.DeleteAsync("/local/projects/Shop");
        Assert.Equal(_project, await _client.RegisterAsync("Shop"));
        Assert.Equal(["Shop", "Other"], await ProjectsAsync());
    }

    [Fact]
    public async Task TheCommandClearsAProjectOrAllWhileTheServerRuns()
    {
        await _client.LogAsync(await _client.RegisterAsync("Other"), """{"id":"a1","root_span_id":"a"}""");
        Assert.Contains("only Shop, Other", (await Assert.ThrowsAsync<UsageException>(() => Clear("--project", "Shoe"))).Message, StringComparison.Ordinal);
        Assert.Equal(0, await Clear("--project", "Shop"));
        Assert.Equal(["Other"], await ProjectsAsync());
        Assert.Equal(0, await Clear());
        Assert.Empty(await ProjectsAsync());

        Task<int> Clear(params string[] options) => ClearCommand.RunAsync(Arguments.Parse(["clear", "--db", Db, .. options]), CancellationToken.None);
    }

    async Task<IEnumerable<string>> ProjectsAsync() => (await _client.GetAsync("/local/projects")).Body!.AsArray().Select(project => (string)project!["name"]!);
}
