using System.Text.Json.Nodes;

namespace Braintrust.Logging.Tests.Captures;

/// <summary>Our requests against a capture's: which, in which order, with which headers and bodies.</summary>
static class ExchangeComparison
{
    static readonly string[] HeadersWeSend = ["Accept", "Accept-Encoding", "Authorization", "Content-Length", "Content-Type", "Host", "User-Agent"];

    /// <summary>
    /// The same kinds of requests as in the capture, each of start-up exactly as often, save that we log in once. What is asked for before the first rows
    /// is asked for in the same order, save that /version may come before the project: it tells the size of a body, whatever the project.
    /// </summary>
    public static void AssertSameExchange(this CaptureRun run)
    {
        var theirs = run.Capture.Requests;
        var ours = run.Server.Requests.Entries;

        Assert.Equal(StartUp(theirs.Select(Kind)), StartUp(ours.Select(Kind)));
        Assert.Equal("POST /api/apikey/login", Kind(ours[0]));
        Assert.Equal(1, ours.Count(it => it.Is("POST", "/api/apikey/login"))); // JS: one per logger when they race
        if (run.Clients.Count == 1) // of several with one login one asks, and the others deliver meanwhile
            Assert.True(IndexOf(ours, "GET /version") < IndexOf(ours, "POST /logs3"), "/version is asked for before the first rows");
        Assert.Equal(Bodies(theirs.Where(it => it.Is("POST", "/api/project/register")).Select(it => it.Body)), Bodies(ours.Where(it => it.Is("POST", "/api/project/register")).Select(it => it.Json)));
        Assert.All(ours, request =>
        {
            AssertHeaders(request, theirs.First(it => Kind(it) == Kind(request)), run.Server.ApiKey);
            if (request.Is("POST", "/logs3"))
                AssertEnvelope(request);
        });
    }

    /// <summary>Every span row merges, so that any order and repetition of deliveries ends in the same row; JS replaces with the first and merges the rest.</summary>
    public static void AssertSpanRowsMerge(this CaptureRun run) =>
        Assert.All(run.Logs3.SelectMany(it => it.Rows).Where(row => row["comment"] is null), row => Assert.True((bool?)row["_is_merge"], row.ToJsonString()));

    static void AssertHeaders(RecordedRequest ours, CaptureRequest theirs, string key)
    {
        Assert.Equal("Bearer " + key, ours.Headers["Authorization"]);
        Assert.Equal("application/json", ours.Headers["Accept"]); // as in the capture, save that JS takes anything as the answer to a login
        Assert.Equal(theirs.Headers.GetValueOrDefault("content-type"), ours.Headers.GetValueOrDefault("Content-Type"));
        Assert.Empty(ours.Headers.Keys.Except(HeadersWeSend, StringComparer.OrdinalIgnoreCase));
    }

    static void AssertEnvelope(RecordedRequest request)
    {
        var body = request.Json!.AsObject();
        Assert.Equal(["rows", "api_version"], body.Select(member => member.Key));
        Assert.Equal(2, (int)body["api_version"]!);
        Assert.NotEmpty(request.Rows);
        Assert.Distinct(request.Rows.Select(row => (string?)row["id"])); // a body must not hold the same row twice
        Assert.All(request.Rows, row => Assert.Equal("g", (string?)row["log_id"]));
    }

    /// <summary>What is asked for besides rows, and how often.</summary>
    static IEnumerable<string> StartUp(IEnumerable<string> kinds) =>
        kinds.Where(kind => kind != "POST /logs3").CountBy(kind => kind)
            .Select(it => it.Key == "POST /api/apikey/login" ? $"{it.Key} once" : $"{it.Key} × {it.Value}").Order(StringComparer.Ordinal);

    static IEnumerable<string> Bodies(IEnumerable<JsonNode?> bodies) =>
        bodies.Select(body => string.Join(", ", body!.AsObject().OrderBy(it => it.Key, StringComparer.Ordinal).Select(it => $"{it.Key}: {it.Value}"))).Order(StringComparer.Ordinal);

    static int IndexOf(IReadOnlyList<RecordedRequest> requests, string kind) => requests.Select(Kind).ToList().IndexOf(kind);

    static string Kind(CaptureRequest request) => $"{request.Method} {request.Path}{request.Query}";

    static string Kind(RecordedRequest request) => $"{request.Method} {request.Path}{request.Query}";
}
