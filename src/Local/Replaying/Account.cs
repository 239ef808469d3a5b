using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Braintrust.Logging.Local.Storage;

namespace Braintrust.Logging.Local.Replaying;

/// <summary>A project of a Braintrust that one has logged in to.</summary>
sealed class Account
{
    const int UnannouncedLimitBytes = 6 * 1024 * 1024;

    readonly RetryingClient _http;
    readonly ReplayTarget _target;
    string _apiUrl = "";
    string _organizationId = "";
    bool _takesOverflow;

    Account(RetryingClient http, ReplayTarget target) => (_http, _target) = (http, target);

    public string ProjectId { get; private set; } = "";
    public int PayloadLimitBytes { get; private set; } = UnannouncedLimitBytes;

    public static async Task<Account> OpenAsync(RetryingClient http, ReplayTarget target, string project, CancellationToken cancellationToken)
    {
        var account = new Account(http, target);
        var login = await account.AskAsync(HttpMethod.Post, account.App("/api/apikey/login"), null, cancellationToken).ConfigureAwait(false);
        var organization = Choose(login["org_info"] as JsonArray ?? [], target.Organization);
        account._organizationId = (string)organization["id"]!;
        account._apiUrl = ((string?)organization["api_url"] ?? throw new ReplayException("The login answered without an api_url.")).TrimEnd('/');

        var registered = await account.AskAsync(
            HttpMethod.Post, account.App("/api/project/register"), new JsonObject { ["project_name"] = project, ["org_id"] = account._organizationId }, cancellationToken).ConfigureAwait(false);
        account.ProjectId = (string?)registered["project"]?["id"] ?? throw new ReplayException("The project was registered without an id.");

        var version = await account.AskAsync(HttpMethod.Get, account.Api("/version"), null, cancellationToken).ConfigureAwait(false);
        if (version["logs3_payload_max_bytes"] is JsonValue limit && limit.TryGetValue(out double bytes) && bytes > 0)
            (account.PayloadLimitBytes, account._takesOverflow) = ((int)Math.Min(bytes, int.MaxValue), true);
        return account;
    }

    public async Task SendRowsAsync(IReadOnlyList<ReplayRow> rows, CancellationToken cancellationToken)
    {
        var body = new JsonObject { ["rows"] = new JsonArray([.. rows.Select(row => row.Row.DeepClone())]), ["api_version"] = 2 };
        if (_takesOverflow && Encoding.UTF8.GetByteCount(RowText.Write(body)) > PayloadLimitBytes)
            body = await OverflowAsync(rows, body, cancellationToken).ConfigureAwait(false);
        await AskAsync(HttpMethod.Post, Api("/logs3"), body, cancellationToken).ConfigureAwait(false);
    }

    public async Task SendFileAsync(Attachment file, CancellationToken cancellationToken)
    {
        var announced = await AskAsync(HttpMethod.Post, Api("/attachment"), new JsonObject
        {
            ["key"] = file.Key,
            ["filename"] = file.Filename,
            ["content_type"] = file.ContentType,
            ["org_id"] = _organizationId,
        }, cancellationToken).ConfigureAwait(false);
        await UploadAsync(announced, file.Bytes!, cancellationToken).ConfigureAwait(false);
        await AskAsync(HttpMethod.Post, Api("/attachment/status"), new JsonObject
        {
            ["key"] = file.Key,
            ["org_id"] = _organizationId,
            ["status"] = new JsonObject { ["upload_status"] = "done" },
        }, cancellationToken).ConfigureAwait(false);
    }

    async Task<JsonObject> OverflowAsync(IReadOnlyList<ReplayRow> rows, JsonObject body, CancellationToken cancellationToken)
    {
        var bytes = Encoding.UTF8.GetBytes(RowText.Write(body));
        var announced = await AskAsync(HttpMethod.Post, Api("/logs3/overflow"), new JsonObject
        {
            ["content_type"] = "application/json",
            ["size_bytes"] = bytes.Length,
            ["rows"] = new JsonArray([.. rows.Select(row => (JsonNode)new JsonObject
            {
                ["object_ids"] = new JsonObject { ["project_id"] = ProjectId, ["log_id"] = "g" },
                ["is_delete"] = false,
                ["input_row"] = new JsonObject { ["byte_size"] = row.Bytes },
            })]),
        }, cancellationToken).ConfigureAwait(false);
        await UploadAsync(announced, bytes, cancellationToken).ConfigureAwait(false);
        return new JsonObject { ["rows"] = new JsonObject { ["type"] = "logs3_overflow", ["key"] = (string?)announced["key"] }, ["api_version"] = 2 };
    }

    /// <summary>To the signed address, which needs no key and must not get it.</summary>
    async Task UploadAsync(JsonObject announced, byte[] bytes, CancellationToken cancellationToken)
    {
        var address = (string?)announced["signedUrl"] ?? throw new ReplayException("An upload was announced without an address.");
        using var answer = await _http.SendAsync(() => Upload(announced, address, bytes), cancellationToken).ConfigureAwait(false);
        if (!answer.IsSuccessStatusCode)
            throw new ReplayException($"An upload was answered with {(int)answer.StatusCode}.");
    }

    static HttpRequestMessage Upload(JsonObject announced, string address, byte[] bytes)
    {
        var content = new ByteArrayContent(bytes);
        var headers = (announced["headers"] as JsonObject ?? []).Select(it => (it.Key, Value: (string?)it.Value));
        if (announced["fields"] is not JsonObject fields || (string?)announced["method"] != "POST")
        {
            var request = new HttpRequestMessage(HttpMethod.Put, address) { Content = content };
            foreach (var (name, value) in headers)
                if (!request.Headers.TryAddWithoutValidation(name, value))
                    content.Headers.TryAddWithoutValidation(name, value);
            if (address.Contains("blob.core.windows.net", StringComparison.Ordinal))
                request.Headers.TryAddWithoutValidation("x-ms-blob-type", "BlockBlob");
            return request;
        }
        var form = new MultipartFormDataContent();
        foreach (var (name, value) in fields)
            form.Add(new StringContent((string?)value ?? ""), name);
        content.Headers.TryAddWithoutValidation("Content-Type", (string?)fields["Content-Type"] ?? "application/json");
        form.Add(content, "file", "logs3.json");
        var post = new HttpRequestMessage(HttpMethod.Post, address) { Content = form };
        foreach (var (name, value) in headers.Where(it => !it.Key.Equals("Content-Type", StringComparison.OrdinalIgnoreCase)))
            post.Headers.TryAddWithoutValidation(name, value);
        return post;
    }

    async Task<JsonObject> AskAsync(HttpMethod method, string address, JsonObject? body, CancellationToken cancellationToken)
    {
        using var answer = await _http.SendAsync(() => new HttpRequestMessage(method, address)
        {
            Headers = { Authorization = _target.Authorization },
            Content = body is null ? null : new StringContent(RowText.Write(body), Encoding.UTF8, "application/json"),
        }, cancellationToken).ConfigureAwait(false);
        var text = await answer.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        if (!answer.IsSuccessStatusCode)
            throw new ReplayException($"{new Uri(address).AbsolutePath} was answered with {(int)answer.StatusCode}{Advice(answer.StatusCode)} {Short(text)}");
        try
        {
            return JsonNode.Parse(text) as JsonObject ?? [];
        }
        catch (JsonException)
        {
            throw new ReplayException($"{new Uri(address).AbsolutePath} did not answer with JSON: {Short(text)}");
        }
    }

    static JsonObject Choose(JsonArray organizations, string? wanted)
    {
        var all = organizations.OfType<JsonObject>().ToList();
        if (all.Count == 0)
            throw new ReplayException("The key belongs to no organisation.");
        return wanted is null ? all[0]
            : all.Find(it => (string?)it["name"] == wanted)
            ?? throw new ReplayException($"The key does not belong to the organisation \"{wanted}\", only to {string.Join(", ", all.Select(it => (string?)it["name"]))}.");
    }

    static string Advice(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized => ": check BRAINTRUST_API_KEY.",
        HttpStatusCode.Forbidden => ": the key may not write to this project.",
        _ => ":",
    };

    static string Short(string text) => text.Length > 300 ? text[..300] + "…" : text;

    string App(string path) => _target.AppUrl.ToString().TrimEnd('/') + path;

    string Api(string path) => _apiUrl + path;
}
