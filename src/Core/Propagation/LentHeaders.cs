namespace Braintrust.Logging.Propagation;

/// <summary>Headers that a request has while it is sent. Then it is as before: sent again, in another span or to another host, it gets its own.</summary>
sealed class LentHeaders : IDisposable
{
    static readonly HttpRequestOptionsKey<bool> Key = new("braintrust.logging.seen");

    readonly List<(string Name, string[] Earlier)> _set = [];

    LentHeaders(HttpRequestMessage request) => Request = request;

    /// <summary>What is to be sent: the request itself, or when it is sent again a copy, since HttpClient takes every trace header off a request
    /// that it has had before, whosever they are.</summary>
    public HttpRequestMessage Request { get; }

    /// <summary>Whether the request was sent before, and had no <c>traceparent</c> of the application's then.</summary>
    public static bool HasSeen(HttpRequestMessage request) => request.Options.TryGetValue(Key, out _);

    public static LentHeaders To(HttpRequestMessage request)
    {
        var isAgain = HasSeen(request);
        request.Options.Set(Key, true);
        return new(isAgain ? Copy(request) : request);
    }

    /// <summary>What the request has under a name; several are one list.</summary>
    public string? Earlier(string name) => Request.Headers.NonValidated.TryGetValues(name, out var values) ? string.Join(',', values) : null;

    public void Set(string name, string value)
    {
        _set.Add((name, Request.Headers.NonValidated.TryGetValues(name, out var values) ? [.. values] : []));
        Request.Headers.Remove(name);
        Request.Headers.TryAddWithoutValidation(name, value);
    }

    public void Dispose()
    {
        foreach (var (name, earlier) in _set)
        {
            Request.Headers.Remove(name);
            foreach (var value in earlier)
            {
                Request.Headers.TryAddWithoutValidation(name, value);
            }
        }
    }

    static HttpRequestMessage Copy(HttpRequestMessage request)
    {
        var copy = new HttpRequestMessage(request.Method, request.RequestUri)
        {
            Content = request.Content, // of which the original stays the owner: the copy is never disposed
            Version = request.Version,
            VersionPolicy = request.VersionPolicy,
        };
        foreach (var (name, values) in request.Headers.NonValidated)
        {
            if (!string.Equals(name, TraceParent.Header, StringComparison.OrdinalIgnoreCase))
            {
                copy.Headers.TryAddWithoutValidation(name, values);
            }
        }
        foreach (var (name, value) in request.Options)
        {
            ((IDictionary<string, object?>)copy.Options)[name] = value;
        }
        return copy;
    }
}
