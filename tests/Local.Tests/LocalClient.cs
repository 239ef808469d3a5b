using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Braintrust.Logging.Local.Tests;

/// <summary>A local Braintrust and a plain HTTP client for it.</summary>
sealed class LocalClient : IAsyncDisposable
{
    readonly HttpClient _http;

    LocalClient(BraintrustLocal local)
    {
        Local = local;
        _http = new HttpClient { BaseAddress = local.Url };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", local.ApiKey);
    }

    public BraintrustLocal Local { get; }
    public HttpRequestHeaders Headers => _http.DefaultRequestHeaders;

    public static async Task<LocalClient> StartAsync(BraintrustLocalOptions? options = null) => new(await BraintrustLocal.StartAsync(options));

    public async Task<(HttpStatusCode Status, JsonNode? Body)> GetAsync(string path) => await Read(await _http.GetAsync(path));

    public async Task<(HttpStatusCode Status, JsonNode? Body)> PostAsync(string path, string body) =>
        await Read(await _http.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json")));

    public async Task<(HttpStatusCode Status, JsonNode? Body)> PostAsync(string path, HttpContent body) => await Read(await _http.PostAsync(path, body));

    public async Task<(HttpStatusCode Status, JsonNode? Body)> DeleteAsync(string path) => await Read(await _http.DeleteAsync(path));

    public async Task<string> RegisterAsync(string name)
    {
        var (_, body) = await PostAsync("/api/project/register", new JsonObject { ["project_name"] = name, ["org_id"] = "any" }.ToJsonString());
        return body!["project"]!["id"]!.GetValue<string>();
    }

    /// <summary>Posts rows that all shall be accepted; routing is put in where a row has none.</summary>
    public async Task<IReadOnlyList<string>> LogAsync(string projectId, params string[] rows)
    {
        var routed = rows.Select(text =>
        {
            var row = JsonNode.Parse(text)!.AsObject();
            row["project_id"] ??= projectId;
            row["log_id"] ??= "g";
            return (JsonNode)row;
        });
        var (status, body) = await PostAsync("/logs3", new JsonObject { ["rows"] = new JsonArray([.. routed]), ["api_version"] = 2 }.ToJsonString());
        Assert.True(status == HttpStatusCode.OK, body?.ToJsonString());
        return [.. body!["ids"]!.AsArray().Select(id => id!.GetValue<string>())];
    }

    static async Task<(HttpStatusCode, JsonNode?)> Read(HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        return (answer.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text, documentOptions: new() { MaxDepth = 256 }));
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Local.DisposeAsync();
    }
}
