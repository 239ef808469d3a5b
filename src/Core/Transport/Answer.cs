namespace Braintrust.Logging.Transport;

/// <summary>What came of an exchange with the server. Login and project look-up answer in the same words as a batch.</summary>
enum AnswerKind
{
    /// <summary>Done, and acknowledged.</summary>
    Accepted,
    /// <summary>May succeed later: network trouble, 408, 425, 429, 5xx.</summary>
    Retry,
    /// <summary>A success that acknowledges nothing (HTML, empty, fewer ids): try the same again, loudly.</summary>
    Unacknowledged,
    /// <summary>413: halve.</summary>
    TooLarge,
    /// <summary>400 and most other 4xx: one row may be to blame.</summary>
    Rejected,
    /// <summary>401, 403, or no key at all: keep everything and probe gently.</summary>
    Denied,
    /// <summary>501, 505, 3xx, refused URL: someone has to change the set-up; paused like Denied.</summary>
    Misconfigured,
}

/// <param name="Kind">What to do.</param>
/// <param name="Status">The HTTP status, 0 when there was none.</param>
/// <param name="RetryAfter">How long the server asked to wait, clamped to 100 ms … 15 min.</param>
/// <param name="Message">In words for a person: what happened and what to do. Never a key, never a payload.</param>
/// <param name="Exception">The failure behind it, if there is one.</param>
readonly record struct Answer(AnswerKind Kind, int Status, TimeSpan? RetryAfter, string? Message, Exception? Exception)
{
    public static readonly Answer Accepted = new(AnswerKind.Accepted, 200, null, null, null);

    public bool IsAccepted => Kind == AnswerKind.Accepted;

    public static Answer Retry(string message, Exception? exception = null) => new(AnswerKind.Retry, 0, null, message, exception);

    /// <summary>What was thrown where nothing should be.</summary>
    public static Answer Unexpected(Exception error) => Retry($"Sending failed: {error.GetType()}.", error);

    public static Answer Denied(string message) => new(AnswerKind.Denied, 0, null, message, null);

    public static Answer Misconfigured(string message, int status = 0) => new(AnswerKind.Misconfigured, status, null, message, null);

    public override string ToString() => Message is null ? Kind.ToString() : $"{Kind}: {Message}"; // a handler's exception may quote the request
}
