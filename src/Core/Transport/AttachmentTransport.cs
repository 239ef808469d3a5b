using Braintrust.Logging.Attachments;
using Braintrust.Logging.Rows;
using Braintrust.Logging.Session;

namespace Braintrust.Logging.Transport;

/// <summary>Attachments over HTTP (PROTOCOL section 16). No member throws: what goes wrong, cancellation included, is an answer.</summary>
sealed class AttachmentTransport(HttpExchange http, BraintrustSession session)
{
    // A slow line at least: the deadline of a request is for small bodies.
    const double BytesPerSecond = 128 * 1024;

    /// <summary>Asks where the bytes are to go, each time anew since such an address expires, and puts them there.</summary>
    public async Task<Answer> StoreAsync(AttachmentReference reference, CancellationToken cancel)
    {
        var (answer, login) = await session.LoginAsync(http, cancel).ConfigureAwait(false);
        if (login is null) return answer;
        (answer, var body) = await AskAsync(login, "attachment", json => Request(reference, login, json), cancel).ConfigureAwait(false);
        if (!answer.IsAccepted) return answer;
        if (SignedUpload.Read(body) is not { } upload)
            return answer with { Kind = AnswerKind.Unacknowledged, Message = "Braintrust did not say where an attachment is to go. Check BRAINTRUST_API_URL and what stands between." };
        if (SignedUrlRule.Refusal(upload.Url, login.ApiUrl, session.Settings.AllowInsecureTransport) is { } refusal)
            return Answer.Misconfigured(refusal);
        var patience = HttpExchange.Deadline + TimeSpan.FromSeconds(reference.Attachment.Length / BytesPerSecond);
        var reply = await http.PutAsync(upload.Url, upload.Headers, reference.Attachment.Content, patience, cancel).ConfigureAwait(false);
        return StorageRule.Judge(reply, http.Time.GetUtcNow());
    }

    /// <param name="key">The attachment's.</param>
    /// <param name="error">Why it will not come; null: it is there.</param>
    /// <param name="cancel">Ends the attempt.</param>
    public async Task<Answer> TellAsync(string key, string? error, CancellationToken cancel)
    {
        var (answer, login) = await session.LoginAsync(http, cancel).ConfigureAwait(false);
        if (login is null) return answer;
        (answer, _) = await AskAsync(login, "attachment/status", json => Status(key, error, login, json), cancel).ConfigureAwait(false);
        return answer;
    }

    async Task<(Answer Answer, ReadOnlyMemory<byte> Body)> AskAsync(Login login, string path, Action<JsonBuffer> write, CancellationToken cancel)
    {
        using var json = new JsonBuffer();
        write(json);
        var reply = await http.PostAsync($"{login.ApiUrl}/{path}", login.Key, json.Written.ToArray(), cancel).ConfigureAwait(false);
        var answer = ResponseRule.ByStatus(reply, http.Time.GetUtcNow());
        if (answer.Kind == AnswerKind.Denied) session.ForgetLogin(login);
        return (answer, reply.Body);
    }

    static void Request(AttachmentReference reference, Login login, JsonBuffer json)
    {
        json.BeginObject();
        json.RawName("\"key\":"u8);
        json.String(reference.Attachment.Key);
        json.RawName("\"filename\":"u8);
        json.String(reference.Filename);
        json.RawName("\"content_type\":"u8);
        json.String(reference.ContentType);
        json.RawName("\"org_id\":"u8);
        json.String(login.OrgId);
        json.EndObject();
    }

    static void Status(string key, string? error, Login login, JsonBuffer json)
    {
        json.BeginObject();
        json.RawName("\"key\":"u8);
        json.String(key);
        json.RawName("\"org_id\":"u8);
        json.String(login.OrgId);
        json.RawName("\"status\":"u8);
        json.BeginObject();
        json.RawName("\"upload_status\":"u8);
        json.String(error is null ? "done" : "error");
        if (error is not null)
        {
            json.RawName("\"error_message\":"u8);
            json.String(error);
        }
        json.EndObject();
        json.EndObject();
    }
}
