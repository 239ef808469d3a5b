namespace Braintrust.Logging.Tests;

/// <summary>What a test wants a server to answer in place of its usual answer.</summary>
public sealed record Reply(int Status, string Body = "")
{
    /// <summary>Headers besides the content type, which is JSON.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Do as usual first (store the rows), then give this answer.</summary>
    public bool StoreFirst { get; init; }

    /// <summary>Reset the connection in place of an answer.</summary>
    public bool Abort { get; init; }

    /// <summary>Hold the answer back until this completes.</summary>
    public Task Until { get; init; } = Task.CompletedTask;

    /// <summary>The service is out of order.</summary>
    public static Reply ServerError { get; } = new(500, """{"error":"out of order"}""");

    /// <summary>The connection is reset and nothing stored.</summary>
    public static Reply Reset { get; } = new(0) { Abort = true };

    /// <summary>The rows are stored, but the sender never learns it.</summary>
    public static Reply LostAnswer { get; } = new(0) { Abort = true, StoreFirst = true };

    /// <summary>Too many requests; <c>Retry-After</c> as given, seconds or a date.</summary>
    public static Reply TooMany(string? retryAfter = null) => new(429, """{"error":"slow down"}""") { Headers = RetryAfter(retryAfter) };

    /// <summary>Out of service for a while.</summary>
    public static Reply Unavailable(string? retryAfter = null) => new(503, """{"error":"try later"}""") { Headers = RetryAfter(retryAfter) };

    static Dictionary<string, string> RetryAfter(string? value) => value is null ? [] : new() { ["Retry-After"] = value };
}
