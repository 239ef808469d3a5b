using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Braintrust.Logging.Local.Tests;

/// <summary>The test kit keeps its own word: a fault that a test orders is the fault that a client sees.</summary>
public sealed class SupportTests
{
    [Fact]
    public async Task ACaptureServerAnswersInTheOrderOfItsCapture()
    {
        await using var server = await CaptureServer.StartAsync("10");
        using var http = Client(server.Url, server.ApiKey);
        var login = JsonNode.Parse(await (await http.PostAsync("/api/apikey/login", null)).Content.ReadAsStringAsync())!;
        Assert.Equal(server.Url, new Uri(login["org_info"]![0]!["api_url"]!.GetValue<string>()));

        Assert.Equal(HttpStatusCode.InternalServerError, (await http.PostAsync("/logs3", Rows("mine"))).StatusCode);
        var answer = await http.PostAsync("/logs3", Rows("mine"));
        Assert.Equal("""{"ids":["mine"],"xact_id":"1000000000000000001"}""", await answer.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.OK, (await http.PostAsync("/logs3", Rows("more"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.PostAsync("/logs3", Rows("again"))).StatusCode);

        Assert.Equal(["mine", "more", "again"], (await server.Rows.WaitForAsync(3)).Select(row => row["id"]!.GetValue<string>()));
        Assert.Equal(4, (await server.Requests.WaitForAsync(4, it => it.Is("POST", "/logs3"), "POST /logs3")).Count);
    }

    [Fact]
    public async Task ACaptureServerTellsProjectsApartWhateverTheOrder()
    {
        await using var server = await CaptureServer.StartAsync("06-two-projects");
        using var http = Client(server.Url, server.ApiKey);
        foreach (var name in new[] { "capture-project-b", "capture-project-a" })
        {
            var answer = await http.PostAsync("/api/project/register", new StringContent($$"""{"project_name":"{{name}}"}"""));
            Assert.Equal(name, JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["project"]!["name"]!.GetValue<string>());
        }
    }

    [Fact]
    public async Task ACaptureServerKeepsRetryAfter()
    {
        await using var server = await CaptureServer.StartAsync("10c");
        using var http = Client(server.Url, server.ApiKey);
        var answer = await http.PostAsync("/logs3", Rows("r"));
        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(5), answer.Headers.RetryAfter!.Delta);
    }

    [Fact]
    public async Task AFakeStoresCountsAndRemembers()
    {
        await using var fake = await FakeBraintrust.StartAsync();
        using var http = Client(fake.Url, fake.ApiKey);
        await http.PostAsync("/api/apikey/login", null);
        await http.PostAsync("/api/project/register", new StringContent("""{"project_name":"p"}"""));
        await http.GetAsync("/version");
        var id = fake.AddProject("p");
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync($"/api/project?id={id}")).StatusCode);

        await http.PostAsync("/logs3", Rows("r", id));
        await http.PostAsync("/logs3", Rows("r", id));
        Assert.Equal(2, (await fake.WaitForRowsAsync(2)).Count);
        Assert.Equal("r", Assert.Single(fake.Stored("p"))["id"]!.GetValue<string>());
        Assert.NotNull(fake.StoredRow("r"));
        Assert.Equal((1, 1, 1, 2), (fake.LoginCount, fake.RegisterCount, fake.VersionCount, fake.Logs3Count));
        Assert.Equal(fake.ApiKey, (await fake.WaitForLoginAsync(1))[0].Bearer);
    }

    [Fact]
    public async Task AFakeFailsAsOrdered()
    {
        await using var fake = await FakeBraintrust.StartAsync();
        using var http = Client(fake.Url, fake.ApiKey);
        var id = fake.AddProject("p");

        fake.OnLogs3 = _ => Task.FromResult<Reply?>(Reply.TooMany("7"));
        Assert.Equal(7, (await http.PostAsync("/logs3", Rows("a", id))).Headers.RetryAfter!.Delta!.Value.TotalSeconds);

        fake.OnLogs3 = _ => Task.FromResult<Reply?>(Reply.Reset);
        await Assert.ThrowsAsync<HttpRequestException>(() => http.PostAsync("/logs3", Rows("b", id)));
        Assert.Empty(fake.Stored("p"));

        fake.OnLogs3 = _ => Task.FromResult<Reply?>(Reply.LostAnswer);
        await Assert.ThrowsAsync<HttpRequestException>(() => http.PostAsync("/logs3", Rows("c", id)));
        Assert.Equal("c", Assert.Single(fake.Stored("p"))["id"]!.GetValue<string>());

        fake.OnLogs3 = null;
        fake.ResetUnread = path => path == "/logs3";
        await Assert.ThrowsAsync<HttpRequestException>(() => http.PostAsync("/logs3", Rows("d", id)));
        Assert.Equal(3, fake.Logs3Count);

        fake.ResetUnread = null;
        fake.PayloadLimitBytes = 10;
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await http.PostAsync("/logs3", Rows("e", id))).StatusCode);
    }

    [Fact]
    public async Task AFakeHoldsRequestsUpUntilToldOrUntilTheClientLeaves()
    {
        await using var fake = await FakeBraintrust.StartAsync();
        using var http = Client(fake.Url, fake.ApiKey);
        var gate = new TaskCompletionSource();
        fake.OnLogin = async _ =>
        {
            await gate.Task;
            return null;
        };
        var login = http.PostAsync("/api/apikey/login", null);
        await fake.WaitForLoginAsync(1);
        Assert.False(login.IsCompleted);
        gate.SetResult();
        Assert.Equal(HttpStatusCode.OK, (await login).StatusCode);

        fake.OnLogs3 = _ => new TaskCompletionSource<Reply?>().Task;
        var hanging = http.PostAsync("/logs3", Rows("r"));
        await fake.WaitForLogs3Async(1);
        await fake.DisposeAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => hanging);
    }

    static HttpClient Client(Uri url, string key)
    {
        var http = new HttpClient { BaseAddress = url };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return http;
    }

    static StringContent Rows(string id, string project = "p") =>
        new($$"""{"rows":[{"id":"{{id}}","project_id":"{{project}}","log_id":"g"}],"api_version":2}""", Encoding.UTF8, "application/json");
}
