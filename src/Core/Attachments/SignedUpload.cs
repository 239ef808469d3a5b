using System.Buffers;
using System.Text.Json;
using Braintrust.Logging.Session;

namespace Braintrust.Logging.Attachments;

/// <summary>Where the service wants the bytes, and what the store is to be told.</summary>
sealed class SignedUpload
{
    const string AzureStore = ".blob.core.windows.net";

    static readonly SearchValues<char> TokenCharacters = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    // The connection's own: what is sent decides them.
    static readonly HashSet<string> NotTheServices = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Content-Length", "Expect", "Host", "Keep-Alive", "Proxy-Authorization", "TE", "Trailer", "Transfer-Encoding", "Upgrade",
    };

    SignedUpload(string url, List<KeyValuePair<string, string>> headers, List<KeyValuePair<string, string>>? fields, string? key)
    {
        Url = url;
        Headers = headers;
        Fields = fields;
        Key = key;
    }

    /// <summary>Whoever has it may write: never shown.</summary>
    public string Url { get; }

    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; }

    /// <summary>The form to send the bytes with, before the file; null: they are put there as they are.</summary>
    public IReadOnlyList<KeyValuePair<string, string>>? Fields { get; }

    /// <summary>What the service knows the bytes by, if it says so.</summary>
    public string? Key { get; }

    /// <summary>Null: not an answer of Braintrust's.</summary>
    public static SignedUpload? Read(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            var url = json.RootElement.GetProperty("signedUrl").GetString();
            var headers = new List<KeyValuePair<string, string>>();
            if (json.RootElement.TryGetProperty("headers", out var told) && told.ValueKind != JsonValueKind.Null)
            {
                foreach (var header in told.EnumerateObject())
                {
                    var value = header.Value.GetString();
                    if (value is null || !IsFit(header.Name, value))
                    {
                        return null;
                    }
                    if (!NotTheServices.Contains(header.Name))
                    {
                        headers.Add(new(header.Name, value));
                    }
                }
            }
            if (url is null)
            {
                return null;
            }
            var isForm = json.RootElement.TryGetProperty("method", out var method) && method.GetString() == "POST";
            var fields = isForm && json.RootElement.TryGetProperty("fields", out var form) && form.ValueKind == JsonValueKind.Object
                ? form.EnumerateObject().Select(static field => KeyValuePair.Create(field.Name, field.Value.GetString() ?? "")).ToList()
                : isForm ? [] : null;
            if (isForm)
            {
                headers.RemoveAll(static header => header.Key.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)); // the form has its own
            }
            if (!isForm && IsAzure(url) && !headers.Exists(static header => header.Key.Equals("x-ms-blob-type", StringComparison.OrdinalIgnoreCase)))
            {
                headers.Add(new("x-ms-blob-type", "BlockBlob")); // Azure refuses a PUT without it
            }
            var key = json.RootElement.TryGetProperty("key", out var named) && named.ValueKind == JsonValueKind.String ? named.GetString() : null;
            return new(url, headers, fields, key);
        }
        catch (Exception exception) when (ControlPlane.IsMisread(exception))
        {
            return null;
        }
    }

    static bool IsAzure(string url) => Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Host.EndsWith(AzureStore, StringComparison.OrdinalIgnoreCase);

    /// <summary>What could end the header, or be read as another one, is not sent.</summary>
    static bool IsFit(string name, string value) =>
        name.Length > 0 && !name.AsSpan().ContainsAnyExcept(TokenCharacters) && !value.AsSpan().ContainsAnyExceptInRange(' ', '~');
}
