using System.Text.Json.Nodes;

namespace Braintrust.Logging.Tests;

/// <summary>
/// A server built from a capture: each request gets the answer that the same request got there, in the order of the capture, the last one again and
/// again. What depends on the client, base URLs and row ids, is put in.
/// </summary>
public sealed class CaptureServer : IAsyncDisposable
{
    readonly Lock _lock = new();
    readonly Dictionary<string, Queue<CaptureResponse>> _answers = [];
    LoopbackServer _server = null!;

    CaptureServer(Capture capture)
    {
        Capture = capture;
        foreach (var request in capture.Requests)
        {
            var key = Key(request.Method, request.Path, request.Query, request.Body);
            if (!_answers.TryGetValue(key, out var answers))
                _answers.Add(key, answers = new());
            answers.Enqueue(request.Response);
        }
    }

    public Capture Capture { get; }
    public Uri Url => _server.Url;

    /// <summary>A fresh key of this server's own.</summary>
    public string ApiKey { get; } = Some.ApiKey();

    public Journal<RecordedRequest> Requests => _server.Requests;

    /// <summary>The rows of all /logs3 requests that were answered with success, as they came.</summary>
    public Journal<JsonObject> Rows { get; } = new();

    /// <param name="name">As for <see cref="Capture.Load"/>: "02" is "02-nested-spans".</param>
    public static async Task<CaptureServer> StartAsync(string name)
    {
        var server = new CaptureServer(Capture.Load(name));
        server._server = await LoopbackServer.StartAsync(server.AnswerAsync);
        return server;
    }

    Task<Reply> AnswerAsync(RecordedRequest request)
    {
        if (Next(request) is not { } answer)
            return Task.FromResult(new Reply(404, $$"""{"error":"{{Capture}} has no {{request.Method}} {{request.Path}}"}"""));

        var body = answer.Text.Replace("{app_url}", _server.BaseUrl, StringComparison.Ordinal).Replace("{api_url}", _server.BaseUrl, StringComparison.Ordinal)
            .Replace("{storage_url}", _server.BaseUrl, StringComparison.Ordinal);
        if (request.Is("POST", "/logs3") && answer.Status is >= 200 and < 300)
        {
            var ids = request.Rows.Select(row => (JsonNode?)row["id"]?.DeepClone());
            body = new JsonObject { ["ids"] = new JsonArray([.. ids]), ["xact_id"] = answer.Body?["xact_id"]?.DeepClone() }.ToJsonString();
            Rows.Add([.. request.Rows]);
        }
        return Task.FromResult(new Reply(answer.Status, body) { Headers = answer.Headers });
    }

    CaptureResponse? Next(RecordedRequest request)
    {
        lock (_lock)
        {
            if (!_answers.TryGetValue(Key(request.Method, request.Path, request.Query, request.Json), out var answers)
                && !_answers.TryGetValue(Key(request.Method, request.Path, "", null), out answers))
                return null;
            return answers.Count > 1 ? answers.Dequeue() : answers.Peek();
        }
    }

    /// <summary>Projects are told apart by name and by id, since clients may ask for them in another order than the capture.</summary>
    static string Key(string method, string path, string query, JsonNode? body) =>
        path == "/api/project/register" ? $"{method} {path} {(body as JsonObject)?["project_name"]}" : $"{method} {path}{query}";

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
