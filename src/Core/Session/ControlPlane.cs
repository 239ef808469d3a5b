using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Braintrust.Logging.Transport;

namespace Braintrust.Logging.Session;

/// <summary>What login and project look-up have in common: the words of a batch, except that no row can be to blame.</summary>
static class ControlPlane
{
    public static Answer Judge(string what, HttpReply reply, DateTimeOffset now)
    {
        var answer = ResponseRule.ByStatus(reply, now);
        return answer.Kind switch
        {
            AnswerKind.Accepted => answer,
            AnswerKind.Rejected or AnswerKind.TooLarge => Answer.Misconfigured($"{what}: {answer.Message} Check BRAINTRUST_APP_URL and the names given.", answer.Status),
            _ => answer with { Message = $"{what}: {answer.Message}" },
        };
    }

    public static Answer NotUnderstood(string what, int status) =>
        Answer.Misconfigured($"{what}: the answer was not Braintrust's. Check BRAINTRUST_APP_URL and what stands between.", status);

    /// <summary>Whether it comes of JSON that is not what we expect.</summary>
    public static bool IsMisread(Exception exception) => exception is JsonException or KeyNotFoundException or InvalidOperationException;

    /// <summary>A name fit for a line of a log: without control characters, and not endless.</summary>
    public static string Quoted(string name)
    {
        // By way of UTF-8, since half of a surrogate pair, given or cut off here, would be an exception.
        var text = Encoding.UTF8.GetBytes(name.Length <= 100 ? name : $"{name.AsSpan(0, 100)}…");
        return $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
    }
}
