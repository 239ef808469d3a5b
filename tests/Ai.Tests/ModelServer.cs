using System.Text.Json.Nodes;

namespace Braintrust.Logging.Tests.Ai;

/// <summary>The chat completions API on loopback: asks for a tool if it is given some and has no result yet, streams if it is asked to.</summary>
sealed class ModelServer : IAsyncDisposable
{
    LoopbackServer _server = null!;
    int _answers;

    public Uri Url => new(_server.Url, "v1");

    /// <summary>Answers with this status and no more.</summary>
    public int? Refusal { get; set; }

    public static async Task<ModelServer> StartAsync()
    {
        var model = new ModelServer();
        model._server = await LoopbackServer.StartAsync(request => Task.FromResult(model.Answer(request)));
        return model;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    Reply Answer(RecordedRequest request)
    {
        if (Refusal is { } status)
        {
            return new(status, """{"error":{"message":"The model is out of order.","type":"invalid_request_error"}}""");
        }
        var asked = (JsonObject)request.Json!;
        var id = $"chatcmpl-{Interlocked.Increment(ref _answers)}";
        if ((bool?)asked["stream"] == true)
        {
            return new(200, Stream(id)) { Headers = new Dictionary<string, string> { ["Content-Type"] = "text/event-stream" } };
        }
        var tool = (string?)asked["tools"]?[0]?["function"]?["name"];
        var knows = asked["messages"]!.AsArray().Any(message => (string?)message!["role"] == "tool");
        return new(200, tool is null || knows
            ? Whole(id, """{"role":"assistant","content":"It is sunny."}""", "stop", """{"prompt_tokens":20,"completion_tokens":4,"total_tokens":24,"prompt_tokens_details":{"cached_tokens":8},"completion_tokens_details":{"reasoning_tokens":3}}""")
            : Whole(id, $$$"""{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"{{{tool}}}","arguments":"{\"city\":\"Paris\"}"}}]}""", "tool_calls", """{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}"""));
    }

    static string Whole(string id, string message, string reason, string usage) =>
        $$"""{"id":"{{id}}","object":"chat.completion","created":1700000000,"model":"gpt-4o-mini-2024","choices":[{"index":0,"message":{{message}},"finish_reason":"{{reason}}"}],"usage":{{usage}}}""";

    static string Stream(string id) => string.Concat(
        new[]
        {
            Chunk(id, """[{"index":0,"delta":{"role":"assistant","content":"It is "},"finish_reason":null}]"""),
            Chunk(id, """[{"index":0,"delta":{"content":"sunny."},"finish_reason":"stop"}]"""),
            Chunk(id, "[]", ""","usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":1}}"""),
            "[DONE]",
        }.Select(data => $"data: {data}\n\n"));

    static string Chunk(string id, string choices, string rest = "") =>
        $$"""{"id":"{{id}}","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o-mini-2024","choices":{{choices}}{{rest}}}""";
}
