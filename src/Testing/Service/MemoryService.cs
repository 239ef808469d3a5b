using System.Text.Json;
using System.Text.Json.Nodes;
using Braintrust.Logging.Local.Server;
using Braintrust.Logging.Local.Storage;

namespace Braintrust.Logging.Testing.Service;

/// <summary>Braintrust as far as its protocol goes, for one account, in memory: it stores and refuses as the real one does.</summary>
sealed class MemoryService(string url)
{
    const string OrganizationId = "0a000000-0000-4000-8000-000000000001";
    const string StorePath = "/storage/";

    public const string Organization = "in-memory";

    readonly object _lock = new();
    readonly ServiceStore _store = new();
    readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);
    long _transaction;

    /// <summary>The stored rows as they are now, each with the name of its project, in the order of their first arrival.</summary>
    public IReadOnlyList<(string Project, JsonElement Row)> Rows()
    {
        lock (_lock)
        {
            return [.. _store.Rows.Select(static stored => (stored.Project, JsonElementOf(stored.Row)))];
        }
    }

    /// <summary>The bytes of an attachment, by the key that rows refer to it with.</summary>
    public byte[]? File(string key)
    {
        lock (_lock)
        {
            return _files.GetValueOrDefault(key);
        }
    }

    public ServiceReply Answer(ServiceRequest request)
    {
        lock (_lock)
        {
            return (request.Method, request.Path) switch
            {
                ("PUT", _) when request.Path.StartsWith(StorePath, StringComparison.Ordinal) => Store(request.Path[StorePath.Length..], request.Body),
                _ when string.IsNullOrWhiteSpace(request.Key) => Refuse(401, "No API key."),
                ("POST", "/api/apikey/login") => Login(),
                ("POST", "/api/project/register") => Register(request),
                ("GET", "/api/project") => Project(request),
                ("GET", "/version") => Reply(new JsonObject { ["version"] = "in memory" }),
                ("POST", "/logs3") => Logs3(request.Body),
                ("POST", "/logs3/overflow") => Overflow(),
                ("POST", "/attachment") => Attachment(request),
                ("POST", "/attachment/status") => Reply([]),
                _ => Refuse(404, $"There is no {request.Method} {request.Path}."),
            };
        }
    }

    ServiceReply Login() => Reply(new JsonObject
    {
        ["org_info"] = new JsonArray(new JsonObject { ["id"] = OrganizationId, ["name"] = Organization, ["api_url"] = url }),
    });

    ServiceReply Register(ServiceRequest request)
    {
        if (Text(Json(request.Body), "project_name") is not { } name || string.IsNullOrWhiteSpace(name))
        {
            return Refuse(400, "project_name must be a nonblank string.");
        }
        var id = _store.Register(name, out var isKnown);
        return Reply(new JsonObject { ["project"] = Describe(id, name), ["found_existing"] = isKnown });
    }

    /// <summary>Whatever id is asked for exists: a test that logs by id has no other place to make the project.</summary>
    ServiceReply Project(ServiceRequest request)
    {
        var id = Uri.UnescapeDataString(request.Query.Replace("?id=", "", StringComparison.Ordinal));
        if (_store.NameOf(id) is null)
        {
            _store.Add(id, id);
        }
        return Reply(Describe(id, _store.NameOf(id)!));
    }

    ServiceReply Logs3(byte[] bytes)
    {
        // A body that was too large came by way of the store.
        if (Text((Json(bytes) as JsonObject)?["rows"], "key") is { } key)
        {
            return _files.TryGetValue(key, out var large) ? Logs3(large) with { Body = """{"ids":[],"xact_id":"1"}""" } : Refuse(400, "There is no such overflow.");
        }
        var body = _store.Store(bytes, static id => Guid.TryParse(id, out _));
        if (body.Refusal is { } reason)
        {
            return Refuse(400, reason);
        }
        return Reply(new JsonObject { ["ids"] = new JsonArray([.. body.Rows.Select(static row => JsonValue.Create(RowMerge.IdOf(row)))]), ["xact_id"] = $"{++_transaction}" });
    }

    ServiceReply Overflow()
    {
        var key = $"overflow-{Guid.NewGuid()}";
        return Reply(new JsonObject { ["method"] = "PUT", ["signedUrl"] = $"{url}{StorePath}{key}", ["headers"] = new JsonObject(), ["key"] = key });
    }

    ServiceReply Attachment(ServiceRequest request) => Text(Json(request.Body), "key") is { } key
        ? Reply(new JsonObject { ["signedUrl"] = $"{url}{StorePath}{key}", ["headers"] = new JsonObject() })
        : Refuse(400, "An attachment needs a key.");

    ServiceReply Store(string key, byte[] bytes)
    {
        _files[key] = bytes;
        return new(200, "");
    }

    static JsonObject Describe(string id, string name) => new() { ["id"] = id, ["org_id"] = OrganizationId, ["name"] = name };

    static JsonNode? Json(byte[] body) => StrictJson.Parse(body, out _);

    static string? Text(JsonNode? from, string name) =>
        (from as JsonObject)?[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    static ServiceReply Reply(JsonNode body) => new(200, body.ToJsonString());

    static ServiceReply Reply(JsonArray body) => new(200, body.ToJsonString());

    static ServiceReply Refuse(int status, string reason) => new(status, new JsonObject { ["error"] = reason }.ToJsonString());

    static JsonElement JsonElementOf(JsonObject row)
    {
        using var document = JsonDocument.Parse(row.ToJsonString());
        return document.RootElement.Clone();
    }
}
