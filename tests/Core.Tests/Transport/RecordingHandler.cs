using System.Collections.Concurrent;
using System.Net;

namespace Braintrust.Logging.Tests.Transport;

/// <summary>Answers by path and remembers what was asked.</summary>
sealed class RecordingHandler(Func<HttpRequestMessage, Task<HttpResponseMessage>> answer) : HttpMessageHandler
{
    public const string LoginBody = """{"org_info":[{"id":"org-1","name":"first-org","api_url":"https://api.example/"},{"id":"org-2","name":"second org","api_url":"https://eu.example"}]}""";
    public const string ProjectBody = """{"project":{"id":"project-1","name":"P"},"found_existing":true}""";

    public RecordingHandler(Func<HttpRequestMessage, HttpResponseMessage> answer) : this(request => Task.FromResult(answer(request))) { }

    /// <summary>A service in good health, whose rows are answered by <paramref name="rows"/>.</summary>
    public RecordingHandler(HttpStatusCode rows = HttpStatusCode.OK) : this(request => Healthy(request, rows)) { }

    public ConcurrentQueue<(string Line, string? Key, string Body)> Requests { get; } = new();

    public bool IsDisposed { get; private set; }

    public string[] Lines => [.. Requests.Select(request => request.Line)];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        Requests.Enqueue(($"{request.Method} {request.RequestUri}", request.Headers.Authorization?.Parameter, body));
        return await answer(request);
    }

    public static HttpResponseMessage Healthy(HttpRequestMessage request, HttpStatusCode rows = HttpStatusCode.OK) => request.RequestUri!.AbsolutePath switch
    {
        "/api/apikey/login" => Json(LoginBody),
        "/api/project/register" => Json(ProjectBody),
        "/api/project" => Json("""{"id":"x","name":"Its name","org_id":"org-1"}"""),
        "/version" => Json("""{"logs3_payload_max_bytes":5242880}"""),
        "/logs3" => Json("""{"ids":["1"]}""", rows),
        _ => Json("", HttpStatusCode.NotFound),
    };

    public static HttpResponseMessage Json(string text, HttpStatusCode status = HttpStatusCode.OK) => new(status) { Content = new StringContent(text) };

    protected override void Dispose(bool disposing) => IsDisposed = true;
}
