using System.Buffers;
using System.Text.Json;
using Braintrust.Logging.Attachments;
using Braintrust.Logging.Rows;
using Braintrust.Logging.Session;

namespace Braintrust.Logging.Transport;

/// <summary>
/// The way for a body that is larger than the server takes (PROTOCOL section 11.2): it goes to an object store, and the server is told where. One
/// per batch: an upload that was finished is not repeated when telling failed. No member throws.
/// </summary>
sealed class OverflowUpload
{
    // A slow line at least: the deadline of a request is for small bodies.
    const double BytesPerSecond = 128 * 1024;

    string? _key;

    /// <summary>Only the server is still to be told.</summary>
    public bool IsStored => _key is not null;

    /// <summary>The server answered at the last try: if that failed, the store is to blame.</summary>
    public bool HasAsked { get; private set; }

    public async Task<Answer> SendAsync(HttpExchange http, BraintrustSession session, Login login, ReadOnlySequence<byte> body, int rows, CancellationToken cancel)
    {
        if (_key is null && await UploadAsync(http, session, login, body, cancel).ConfigureAwait(false) is { IsAccepted: false } failure)
        {
            return failure;
        }
        var reply = await http.PostAsync($"{login.ApiUrl}/logs3", login.Key, Reference(_key!), cancel).ConfigureAwait(false);
        var now = http.Time.GetUtcNow();
        var answer = ResponseRule.ForRows(reply, rows, now);
        return answer.Kind == AnswerKind.Unacknowledged ? ResponseRule.ForRows(reply, 0, now) : answer; // recorded: an empty list of ids (CAP 09)
    }

    async Task<Answer> UploadAsync(HttpExchange http, BraintrustSession session, Login login, ReadOnlySequence<byte> body, CancellationToken cancel)
    {
        HasAsked = false;
        var reply = await http.PostAsync($"{login.ApiUrl}/logs3/overflow", login.Key, Question(body), cancel).ConfigureAwait(false);
        var answer = ResponseRule.ByStatus(reply, http.Time.GetUtcNow());
        if (answer.Kind == AnswerKind.Rejected) return answer with { Kind = AnswerKind.TooLarge }; // it does not take bodies this way
        if (!answer.IsAccepted) return answer;
        if (SignedUpload.Read(reply.Body) is not { Key: { } key } upload)
            return answer with { Kind = AnswerKind.Unacknowledged, Message = "Braintrust did not say where a large request is to go. Check BRAINTRUST_API_URL and what stands between." };
        if (SignedUrlRule.Refusal(upload.Url, login.ApiUrl, session.Settings.AllowInsecureTransport) is { } refusal)
            return NotThisWay(Answer.Misconfigured(refusal));

        var patience = HttpExchange.Deadline + TimeSpan.FromSeconds(body.Length / BytesPerSecond);
        var content = body.ToArray(); // the caller's is free once there is an answer, and a handler may read on
        var stored = upload.Fields is null
            ? await http.PutAsync(upload.Url, upload.Headers, content, patience, cancel).ConfigureAwait(false)
            : await PostFormAsync(http, upload, content, patience, cancel).ConfigureAwait(false);
        answer = StorageRule.Judge(stored, http.Time.GetUtcNow());
        HasAsked = true;
        _key = answer.IsAccepted ? key : null;
        return answer.Kind is AnswerKind.Accepted or AnswerKind.Retry or AnswerKind.TooLarge ? answer : NotThisWay(answer);
    }

    /// <summary>What only concerns the store must not stop what needs none.</summary>
    static Answer NotThisWay(in Answer answer)
    {
        BraintrustDiagnostics.Warn("overflow", $"A large row goes without its largest values. {answer.Message}", 1);
        return answer with { Kind = AnswerKind.TooLarge };
    }

    static async Task<HttpReply> PostFormAsync(HttpExchange http, SignedUpload upload, byte[] body, TimeSpan patience, CancellationToken cancel)
    {
        using var form = new MultipartFormDataContent();
        foreach (var (name, value) in upload.Fields!)
        {
            var field = new StringContent(value);
            field.Headers.ContentType = null;
            form.Add(field, Quoted(name));
        }
        var file = new ByteArrayContent(body);
        file.Headers.TryAddWithoutValidation("Content-Type", upload.Fields.FirstOrDefault(static field => field.Key == "Content-Type").Value ?? "application/json");
        form.Add(file, "\"file\"", "\"blob\"");
        KeyValuePair<string, string>[] headers = [.. upload.Headers, new("Content-Type", form.Headers.ContentType!.ToString())];
        var content = await form.ReadAsByteArrayAsync(cancel).ConfigureAwait(false);
        return await http.PostAsync(upload.Url, headers, content, patience, cancel).ConfigureAwait(false);
    }

    static string Quoted(string name) => $"\"{name.Replace("\"", "%22", StringComparison.Ordinal).ReplaceLineEndings("%0A")}\"";

    static byte[] Reference(string key)
    {
        using var json = new JsonBuffer();
        json.BeginObject();
        json.RawName("\"rows\":"u8);
        json.BeginObject();
        json.RawName("\"type\":"u8);
        json.String("logs3_overflow"u8);
        json.RawName("\"key\":"u8);
        json.String(key);
        json.EndObject();
        json.RawName("\"api_version\":"u8);
        json.Number(2);
        json.EndObject();
        return json.Written.ToArray();
    }

    /// <summary>How large the body is, and which row of it belongs where.</summary>
    static byte[] Question(ReadOnlySequence<byte> body)
    {
        using var rows = JsonDocument.Parse(body);
        using var json = new JsonBuffer();
        json.BeginObject();
        json.RawName("\"content_type\":"u8);
        json.String("application/json"u8);
        json.RawName("\"size_bytes\":"u8);
        json.Number(body.Length);
        json.RawName("\"rows\":"u8);
        json.BeginArray();
        foreach (var row in rows.RootElement.GetProperty("rows").EnumerateArray())
        {
            json.BeginObject();
            json.RawName("\"object_ids\":"u8);
            json.BeginObject();
            json.RawName("\"project_id\":"u8);
            json.String(row.GetProperty("project_id").GetString());
            json.RawName("\"log_id\":"u8);
            json.String(row.GetProperty("log_id").GetString());
            json.EndObject();
            json.RawName("\"is_delete\":"u8);
            json.Bool(false);
            json.RawName("\"input_row\":"u8);
            json.BeginObject();
            json.RawName("\"byte_size\":"u8);
            json.Number(System.Text.Encoding.UTF8.GetByteCount(row.GetRawText()));
            json.EndObject();
            json.EndObject();
        }
        json.EndArray();
        json.EndObject();
        return json.Written.ToArray();
    }
}
