using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Braintrust.Logging.Local.Server;
using Braintrust.Logging.Local.Storage;
using Braintrust.Logging.Testing.Service;

namespace Braintrust.Logging.Tests;

/// <summary>
/// A Braintrust on a real socket that can be told to fail. Healthy unless a hook says otherwise: a hook gets the request and returns a reply, or null for
/// the usual answer; it may await something first, which holds the request up before anything is stored.
/// </summary>
public sealed class FakeBraintrust : IAsyncDisposable
{
    const string OrganizationId = "0a000000-0000-4000-8000-000000000001";
    const string StorePath = "/storage/";

    /// <summary>What must never be shown.</summary>
    public const string SignatureSecret = "signature-s3cret";

    readonly Lock _lock = new();
    readonly ServiceStore _store = new();
    LoopbackServer _server = null!;
    long _transaction = 1_000_000_000_000_000_000;

    FakeBraintrust() { }

    /// <param name="certificate">Given: over https.</param>
    public static async Task<FakeBraintrust> StartAsync(X509Certificate2? certificate = null)
    {
        var fake = new FakeBraintrust();
        fake._server = await LoopbackServer.StartAsync(fake.AnswerAsync, certificate);
        return fake;
    }

    public Uri Url => _server.Url;

    /// <summary>A fresh key of this server's own; any other is accepted too.</summary>
    public string ApiKey { get; } = Some.ApiKey();

    /// <summary>The name of the one organisation that login answers with.</summary>
    public string Organization { get; init; } = "fake-org";

    public Func<RecordedRequest, Task<Reply?>>? OnLogin { get; set; }
    public Func<RecordedRequest, Task<Reply?>>? OnRegister { get; set; }
    public Func<RecordedRequest, Task<Reply?>>? OnProject { get; set; }
    public Func<RecordedRequest, Task<Reply?>>? OnVersion { get; set; }
    public Func<RecordedRequest, Task<Reply?>>? OnLogs3 { get; set; }

    /// <summary>POST /attachment, which answers where the bytes go.</summary>
    public Func<RecordedRequest, Task<Reply?>>? OnAttachment { get; set; }

    /// <summary>The PUT of the bytes to /storage/{key}, on this same server.</summary>
    public Func<RecordedRequest, Task<Reply?>>? OnStorage { get; set; }

    /// <summary>POST /attachment/status.</summary>
    public Func<RecordedRequest, Task<Reply?>>? OnAttachmentStatus { get; set; }

    /// <summary>Whether to reset the connection of a request for this path before its body is read.</summary>
    public Func<string, bool>? ResetUnread { get => _server.ResetUnread; set => _server.ResetUnread = value; }

    /// <summary>Whether bodies that are too large may come by way of the store, with a PUT or as a form; null: there is no such way.</summary>
    public string? OverflowMethod { get; set; }

    public Func<RecordedRequest, Task<Reply?>>? OnOverflow { get; set; }

    /// <summary>What /version announces and /logs3 enforces with 413; null for no limit.</summary>
    public int? PayloadLimitBytes { get; set; }

    /// <summary>Every request that was read, whatever it was answered.</summary>
    public Journal<RecordedRequest> Requests => _server.Requests;

    /// <summary>Every row as it came, of requests that were stored; a row sent twice stands twice.</summary>
    public Journal<JsonObject> Arrivals { get; } = new();

    public int LoginCount => Count(IsLogin);
    public int RegisterCount => Count(IsRegister);
    public int VersionCount => Count(IsVersion);
    public int Logs3Count => Count(IsLogs3);

    /// <summary>What is in the object store: keys to bytes.</summary>
    public ConcurrentDictionary<string, byte[]> StoredFiles { get; } = new();

    /// <summary>What was said of attachments: keys to <c>done</c>, or <c>error</c> and why.</summary>
    public ConcurrentDictionary<string, string> AttachmentStatus { get; } = new();

    public IReadOnlyList<RecordedRequest> AttachmentRequests => [.. Requests.Entries.Where(IsAttachment)];

    public IReadOnlyList<RecordedRequest> StorageRequests => [.. Requests.Entries.Where(IsStorage)];

    public IReadOnlyList<RecordedRequest> StatusRequests => [.. Requests.Entries.Where(IsStatus)];

    /// <summary>Completes once this many uploads were read, whatever they were answered.</summary>
    public Task<IReadOnlyList<RecordedRequest>> WaitForStorageAsync(int count) => Requests.WaitForAsync(count, IsStorage, "PUT /storage");

    /// <summary>Completes once this many times something was said of an attachment.</summary>
    public Task<IReadOnlyList<RecordedRequest>> WaitForStatusAsync(int count) => Requests.WaitForAsync(count, IsStatus, "POST /attachment/status");

    /// <summary>The rows of a project as they are stored now, in the order of first arrival.</summary>
    public IReadOnlyList<JsonObject> Stored(string projectName)
    {
        lock (_lock)
            return [.. _store.Rows.Where(it => it.Project == projectName).Select(it => (JsonObject)it.Row.DeepClone())];
    }

    /// <summary>The row with that id as it is stored now, in whichever project.</summary>
    public JsonObject? StoredRow(string id)
    {
        lock (_lock)
            return (JsonObject?)_store.Rows.FirstOrDefault(it => RowMerge.IdOf(it.Row) == id).Row?.DeepClone();
    }

    /// <summary>A project that exists before anybody registers it, and its id.</summary>
    public string AddProject(string name) => RegisterProject(name, out _);

    /// <summary>Completes once this many rows were stored, repetitions counted; gives them.</summary>
    public Task<IReadOnlyList<JsonObject>> WaitForRowsAsync(int count) => Arrivals.WaitForAsync(count);

    /// <summary>Completes once this many /logs3 requests were read, whatever they were answered; gives them.</summary>
    public Task<IReadOnlyList<RecordedRequest>> WaitForLogs3Async(int count) => Requests.WaitForAsync(count, IsLogs3, "POST /logs3");

    /// <summary>Completes once this many logins were read.</summary>
    public Task<IReadOnlyList<RecordedRequest>> WaitForLoginAsync(int count) => Requests.WaitForAsync(count, IsLogin, "POST /api/apikey/login");

    static bool IsLogin(RecordedRequest request) => request.Is("POST", "/api/apikey/login");
    static bool IsRegister(RecordedRequest request) => request.Is("POST", "/api/project/register");
    static bool IsProject(RecordedRequest request) => request.Is("GET", "/api/project");
    static bool IsVersion(RecordedRequest request) => request.Is("GET", "/version");
    static bool IsLogs3(RecordedRequest request) => request.Is("POST", "/logs3");
    static bool IsAttachment(RecordedRequest request) => request.Is("POST", "/attachment");
    static bool IsStatus(RecordedRequest request) => request.Is("POST", "/attachment/status");
    static bool IsStorage(RecordedRequest request) => request.Method == "PUT" && request.Path.StartsWith(StorePath, StringComparison.Ordinal);

    int Count(Func<RecordedRequest, bool> kind) => Requests.Entries.Count(kind);

    Task<Reply> AnswerAsync(RecordedRequest request) => request switch
    {
        _ when IsLogin(request) => AnswerAsync(request, OnLogin, Login),
        _ when IsRegister(request) => AnswerAsync(request, OnRegister, Register),
        _ when IsProject(request) => AnswerAsync(request, OnProject, Project),
        _ when IsVersion(request) => AnswerAsync(request, OnVersion, Version),
        _ when IsLogs3(request) => AnswerAsync(request, OnLogs3, Logs3),
        _ when OverflowMethod is not null && request.Is("POST", "/logs3/overflow") => AnswerAsync(request, OnOverflow, Overflow),
        _ when request.Method == "POST" && request.Path.StartsWith(StorePath, StringComparison.Ordinal) => StoreAsync(request),
        _ when IsAttachment(request) => AnswerAsync(request, OnAttachment, Attachment),
        _ when IsStatus(request) => AnswerAsync(request, OnAttachmentStatus, Status),
        _ when IsStorage(request) => StoreAsync(request),
        _ => Task.FromResult(Refuse(404, $"There is no {request.Method} {request.Path}.")),
    };

    static async Task<Reply> AnswerAsync(RecordedRequest request, Func<RecordedRequest, Task<Reply?>>? hook, Func<RecordedRequest, Reply> usual)
    {
        var wanted = hook is null ? null : await hook(request);
        if (wanted is { StoreFirst: false })
            return wanted;
        var answer = string.IsNullOrWhiteSpace(request.Bearer) ? Refuse(401, "No API key.") : usual(request);
        return wanted ?? answer;
    }

    Reply Login(RecordedRequest request) => Json(new JsonObject
    {
        ["org_info"] = new JsonArray(new JsonObject { ["id"] = OrganizationId, ["name"] = Organization, ["api_url"] = _server.BaseUrl }),
    });

    Reply Register(RecordedRequest request)
    {
        if ((request.Json as JsonObject)?["project_name"] is not JsonValue value || !value.TryGetValue(out string? name) || string.IsNullOrWhiteSpace(name))
            return Refuse(400, "project_name must be a nonblank string.");
        var id = RegisterProject(name, out var foundExisting);
        return Json(new JsonObject { ["project"] = Describe(id, name), ["found_existing"] = foundExisting });
    }

    Reply Project(RecordedRequest request)
    {
        lock (_lock)
        {
            var id = Uri.UnescapeDataString(request.Query.Replace("?id=", "", StringComparison.Ordinal));
            return _store.NameOf(id) is { } name ? Json(Describe(id, name)) : Refuse(404, "There is no such project.");
        }
    }

    Reply Version(RecordedRequest request) => Json(new JsonObject { ["version"] = "fake", ["logs3_payload_max_bytes"] = PayloadLimitBytes });

    Reply Logs3(RecordedRequest request)
    {
        if (request.Bytes.Length > PayloadLimitBytes)
            return Refuse(413, $"The body is larger than {PayloadLimitBytes} bytes.");
        return (string?)((request.Json as JsonObject)?["rows"] as JsonObject)?["key"] is not { } key ? Logs3(request.Bytes)
            : StoredFiles.TryGetValue(key, out var body) ? Logs3(body) with { Body = """{"ids":[],"xact_id":"1"}""" }
            : Refuse(400, "There is no such overflow.");
    }

    Reply Logs3(byte[] bytes)
    {
        string transaction;
        Logs3Body body;
        lock (_lock)
        {
            body = _store.Store(bytes, id => _store.NameOf(id) is not null);
            if (body.Refusal is { } reason)
                return Refuse(400, reason);
            transaction = $"{++_transaction}";
        }
        Arrivals.Add([.. body.Rows.Select(row => (JsonObject)row.DeepClone())]);
        return Json(new JsonObject { ["ids"] = new JsonArray([.. body.Rows.Select(row => JsonValue.Create(RowMerge.IdOf(row)))]), ["xact_id"] = transaction });
    }

    Reply Attachment(RecordedRequest request)
    {
        if (request.Json is not JsonObject body || Missing(body, "key", "filename", "content_type", "org_id") is not null)
            return Refuse(400, "An attachment needs key, filename, content_type and org_id.");
        return Json(new JsonObject { ["signedUrl"] = SignedUrl((string)body["key"]!), ["headers"] = new JsonObject { ["x-test-signed"] = "1" } });
    }

    Reply Overflow(RecordedRequest request)
    {
        var key = $"overflow-{Guid.NewGuid()}";
        var answer = new JsonObject { ["method"] = OverflowMethod, ["signedUrl"] = SignedUrl(key), ["headers"] = new JsonObject { ["x-test-signed"] = "1", ["Content-Type"] = "application/json" }, ["key"] = key };
        if (OverflowMethod == "POST")
            answer["fields"] = new JsonObject { ["key"] = key, ["policy"] = "cG9saWN5", ["Content-Type"] = "application/json" };
        return Json(answer);
    }

    /// <summary>Where the bytes of an attachment may be put; there is a secret in it.</summary>
    public string SignedUrl(string key) => $"{_server.BaseUrl}{StorePath}{key}?sig={SignatureSecret}";

    Reply Status(RecordedRequest request)
    {
        if (request.Json is not JsonObject body || Missing(body, "key", "org_id", "status") is not null)
            return Refuse(400, "A status needs key, org_id and status.");
        AttachmentStatus[(string)body["key"]!] = $"{body["status"]!["upload_status"]} {body["status"]!["error_message"]}".Trim();
        return Json([]);
    }

    async Task<Reply> StoreAsync(RecordedRequest request)
    {
        if (OnStorage is { } hook && await hook(request) is { } wanted)
            return wanted;
        if (request.Query != $"?sig={SignatureSecret}" || request.Headers.GetValueOrDefault("x-test-signed") != "1")
            return new Reply(403, "<Error>AccessDenied</Error>");
        StoredFiles[request.Path[StorePath.Length..]] = request.Method == "PUT" ? request.Bytes : FileOf(request);
        return new Reply(200);
    }

    /// <summary>The last part of a form.</summary>
    static byte[] FileOf(RecordedRequest form)
    {
        var from = form.Bytes.AsSpan().LastIndexOf("\r\n\r\n"u8) + 4;
        return form.Bytes.AsSpan(from, form.Bytes.AsSpan(from).LastIndexOf("\r\n--"u8)).ToArray();
    }

    static string? Missing(JsonObject body, params string[] names) => names.FirstOrDefault(name => body[name] is null);

    string RegisterProject(string name, out bool foundExisting)
    {
        lock (_lock)
        {
            return _store.Register(name, out foundExisting);
        }
    }

    static JsonObject Describe(string id, string name) => new() { ["id"] = id, ["org_id"] = OrganizationId, ["name"] = name };

    static Reply Json(JsonObject body) => new(200, body.ToJsonString());

    static Reply Refuse(int status, string reason) => new(status, new JsonObject { ["error"] = reason }.ToJsonString());

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
