using Braintrust.Logging.Transport;

namespace Braintrust.Logging.Attachments;

/// <summary>What an object store's answer means for the bytes that were put there.</summary>
static class StorageRule
{
    public static Answer Judge(HttpReply reply, DateTimeOffset now)
    {
        var answer = ResponseRule.ByStatus(reply, now);
        if (answer.IsAccepted || reply.Failure is not null)
        {
            return answer;
        }
        // An address that has expired: S3 and Azure say 403, Google 400. The next attempt asks for a new one.
        var kind = reply.Status is 400 or 401 or 403 ? AnswerKind.Retry : answer.Kind;
        return answer with { Kind = kind, Message = $"The object store answered {ResponseRule.Named(reply.Status)}." };
    }
}
