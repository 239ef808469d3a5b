using System.Net.Http.Headers;

namespace Braintrust.Logging.Propagation;

/// <summary>Headers that a request has while it is sent. Then it is as before: sent again, in another span or to another host, it gets its own.</summary>
sealed class LentHeaders(HttpRequestHeaders headers) : IDisposable
{
    readonly List<(string Name, string[] Earlier)> _set = [];

    /// <summary>What the request has under a name; several are one list.</summary>
    public string? Earlier(string name) => headers.NonValidated.TryGetValues(name, out var values) ? string.Join(',', values) : null;

    public void Set(string name, string value)
    {
        _set.Add((name, headers.NonValidated.TryGetValues(name, out var values) ? [.. values] : []));
        headers.Remove(name);
        headers.TryAddWithoutValidation(name, value);
    }

    public void Dispose()
    {
        foreach (var (name, earlier) in _set)
        {
            headers.Remove(name);
            foreach (var value in earlier)
            {
                headers.TryAddWithoutValidation(name, value);
            }
        }
    }
}
