using System.Net;
using System.Text.Json;

namespace Braintrust.Logging.Transport;

/// <summary>What a response means for what was sent: the table of answers.</summary>
static class ResponseRule
{
    /// <summary>For a batch: a success counts only when it acknowledges every row.</summary>
    public static Answer ForRows(HttpReply reply, int rows, DateTimeOffset now)
    {
        var answer = ByStatus(reply, now);
        if (answer.Status is 404 or 405) return answer with { Message = $"{answer.Message} Check BRAINTRUST_API_URL." };
        if (!answer.IsAccepted || Acknowledges(reply.Body, rows)) return answer;
        return new(AnswerKind.Unacknowledged, reply.Status, null,
            $"Braintrust answered {Named(reply.Status)} without acknowledging the rows. Check BRAINTRUST_API_URL and what stands between.", null);
    }

    /// <summary>
    /// Adds what a wrong region looks like: the login, which is the same everywhere, works and names another data plane than the setting, and this one knows neither key nor path,
    /// or is not there. Said only then, because a gateway of one's own is another one too.
    /// </summary>
    public static Answer WithPlace(in Answer answer, string apiUrl, string? otherApiUrl)
    {
        var mayBeThePlace = answer.Kind is AnswerKind.Denied or AnswerKind.Misconfigured or AnswerKind.Unacknowledged
            || answer.Status is 404 or 405
            || (answer.Kind == AnswerKind.Retry && answer.Status == 0);
        return otherApiUrl is null || !mayBeThePlace ? answer : answer with
        {
            Message = $"{answer.Message} ApiUrl (BRAINTRUST_API_URL) is {apiUrl}, but the login names {otherApiUrl} for this organisation: unless a gateway of yours stands between, leave it unset.",
        };
    }

    /// <summary>By status alone: any 2xx is accepted.</summary>
    public static Answer ByStatus(HttpReply reply, DateTimeOffset now)
    {
        if (reply.Failure is { } failure) return failure;
        var (kind, advice) = Judge(reply.Status);
        if (kind == AnswerKind.Accepted) return Answer.Accepted with { Status = reply.Status };
        var wait = kind == AnswerKind.Retry ? RetryAfter.Parse(reply.RetryAfter, now) : null;
        return new(kind, reply.Status, wait, $"Braintrust answered {Named(reply.Status)}. {advice}".TrimEnd(), null);
    }

    static (AnswerKind Kind, string Advice) Judge(int status) => status switch
    {
        >= 200 and <= 299 => (AnswerKind.Accepted, ""),
        >= 300 and <= 399 => (AnswerKind.Misconfigured, "Redirects are not followed. Check BRAINTRUST_API_URL and BRAINTRUST_APP_URL."),
        401 => (AnswerKind.Denied, "Check BRAINTRUST_API_KEY."),
        403 => (AnswerKind.Denied, "Check what BRAINTRUST_API_KEY may do."),
        407 => (AnswerKind.Misconfigured, "The proxy asks for credentials. Check the proxy settings."), // no row is to blame for a proxy
        413 => (AnswerKind.TooLarge, "The request was too large."),
        421 => (AnswerKind.Misconfigured, "This server does not serve the organisation (another region?). Check BRAINTRUST_API_URL."),
        408 or 425 or 429 => (AnswerKind.Retry, "It will be tried again."),
        >= 400 and <= 499 => (AnswerKind.Rejected, ""),
        501 or 505 => (AnswerKind.Misconfigured, "Check BRAINTRUST_API_URL and BRAINTRUST_APP_URL."),
        _ => (AnswerKind.Retry, "It will be tried again."),
    };

    static bool Acknowledges(ReadOnlyMemory<byte> body, int rows)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement.ValueKind != JsonValueKind.Object) return false;
            if (!json.RootElement.TryGetProperty("ids", out var ids) || ids.ValueKind == JsonValueKind.Null) return true;
            return ids.ValueKind == JsonValueKind.Array && ids.GetArrayLength() == rows;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    // The standard phrase and not the server's own, which may quote the request.
    public static string Named(int status)
    {
        if (status is < 100 or > 999) return status.ToString(System.Globalization.CultureInfo.InvariantCulture);
        using var standard = new HttpResponseMessage((HttpStatusCode)status);
        return string.IsNullOrEmpty(standard.ReasonPhrase) ? $"{status}" : $"{status} ({standard.ReasonPhrase})";
    }
}
