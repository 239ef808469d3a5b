using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Braintrust.Logging.Local.Browser.Tests;

/// <summary>Sends rows as any SDK would.</summary>
sealed class Rows : IDisposable
{
    readonly HttpClient _http;

    public Rows(BraintrustLocal local)
    {
        _http = new HttpClient { BaseAddress = local.Url };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", local.ApiKey);
    }

    public async Task<string> ProjectAsync(string name)
    {
        var answer = await PostAsync("/api/project/register", new JsonObject { ["project_name"] = name });
        return (string)answer["project"]!["id"]!;
    }

    public Task SendAsync(string project, params IEnumerable<JsonObject> rows) => PostAsync("/logs3", new JsonObject
    {
        ["rows"] = new JsonArray([.. rows.Select(row =>
        {
            row["project_id"] = project;
            row["log_id"] = "g";
            return (JsonNode)row;
        })]),
        ["api_version"] = 2,
    });

    public static JsonObject Row(string json) => JsonNode.Parse(json)!.AsObject();

    /// <summary>A span of a trace in seconds from its beginning; an end of null is still to come.</summary>
    public static JsonObject Span(string trace, string id, string? parent, string name, string type, double start, double? end, string more = "{}")
    {
        var row = Row(more);
        var metrics = row["metrics"]?.AsObject() ?? [];
        metrics["start"] = start;
        if (end is { } it)
            metrics["end"] = it;
        row["id"] = id;
        row["span_id"] = id;
        row["root_span_id"] = trace;
        if (parent is not null)
            row["span_parents"] = new JsonArray(parent);
        row["metrics"] = metrics;
        row["span_attributes"] = new JsonObject { ["name"] = name, ["type"] = type };
        return row;
    }

    public static JsonObject Log(string trace, string id, string span, string level, string text, double at) => new()
    {
        ["id"] = id,
        ["span_id"] = span,
        ["root_span_id"] = trace,
        ["output"] = text,
        ["metrics"] = new JsonObject { ["start"] = at, ["end"] = at },
        ["span_attributes"] = new JsonObject { ["type"] = "log", ["log_level"] = level },
    };

    async Task<JsonObject> PostAsync(string path, JsonObject body)
    {
        using var answer = await _http.PostAsync(path, new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!.AsObject();
    }

    public void Dispose() => _http.Dispose();
}
