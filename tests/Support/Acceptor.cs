using System.Net;
using System.Text;
using System.Text.Json;
using Braintrust.Logging.Tests.Watching;

namespace Braintrust.Logging.Tests;

/// <summary>A Braintrust in the place of the network: takes all rows, checks that they are whole, and counts them. For numbers that sockets would make slow.</summary>
public sealed class Acceptor : HttpMessageHandler
{
    readonly Lock _lock = new();
    readonly HashSet<string> _ids = [];
    readonly HashSet<string> _found = [];
    long _rows;
    int _requests;

    /// <summary>What is awaited before each batch is answered; a fault it throws is what the client gets.</summary>
    public Func<CancellationToken, Task> Before { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Given: asked for the status of a batch; 200 stores it.</summary>
    public Func<HttpStatusCode>? Status { get; set; }

    /// <summary>Texts that are looked for in each body.</summary>
    public IReadOnlyList<string> LookedFor { get; init; } = [];

    /// <summary>Those that were found in none.</summary>
    public IReadOnlyList<string> NeverFound
    {
        get
        {
            lock (_lock)
                return [.. LookedFor.Except(_found)];
        }
    }

    public long Rows => Interlocked.Read(ref _rows);

    public int Requests => Volatile.Read(ref _requests);

    /// <summary>How many different rows there are.</summary>
    public int Ids
    {
        get
        {
            lock (_lock)
                return _ids.Count;
        }
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => request.RequestUri!.AbsolutePath switch
    {
        "/api/apikey/login" => Json("""{"org_info":[{"id":"org-1","name":"an org","api_url":"https://api.example"}]}"""),
        "/api/project/register" => Json("""{"project":{"id":"0b000000-0000-4000-8000-00000000000a","name":"P"},"found_existing":true}"""),
        "/version" => Json("""{"logs3_payload_max_bytes":6291456}"""),
        _ => await TakeAsync(request, cancellationToken),
    };

    async Task<HttpResponseMessage> TakeAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        Interlocked.Increment(ref _requests);
        await Before(cancel);
        if (Status?.Invoke() is { } status and not HttpStatusCode.OK)
            return Json("{}", status);
        var bytes = await request.Content!.ReadAsByteArrayAsync(cancel);
        Canary.Check("the body of a request", bytes);
        using var body = JsonDocument.Parse(bytes, new() { MaxDepth = 256 });
        lock (_lock)
        {
            _found.UnionWith(LookedFor.Where(text => !_found.Contains(text) && bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0));
            foreach (var row in body.RootElement.GetProperty("rows").EnumerateArray())
            {
                if ((row.TryGetProperty("root_span_id", out var trace) && trace.GetString()!.Length != 32) || row.GetProperty("project_id").GetString()!.Length != 36 || row.GetProperty("log_id").GetString() != "g")
                    throw new InvalidDataException("A row without its ids: " + row.GetRawText());
                _ids.Add(row.GetProperty("id").GetString()!);
                _rows++;
            }
        }
        return Json("{}");
    }

    static HttpResponseMessage Json(string text, HttpStatusCode status = HttpStatusCode.OK) => new(status) { Content = new StringContent(text) };
}
