namespace Braintrust.Logging.Transport;

/// <summary>What came back over HTTP, not yet judged; or why nothing did.</summary>
/// <param name="Status">The HTTP status, 0 when there was none.</param>
/// <param name="RetryAfter">The texts of all Retry-After headers.</param>
/// <param name="Body">The body, decoded, up to the limit.</param>
/// <param name="Failure">Set when the exchange itself failed.</param>
readonly record struct HttpReply(int Status, IReadOnlyList<string> RetryAfter, ReadOnlyMemory<byte> Body, Answer? Failure)
{
    public static HttpReply Failed(Answer failure) => new(0, [], default, failure);
}
