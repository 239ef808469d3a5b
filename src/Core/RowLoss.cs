namespace Braintrust.Logging;

/// <summary>Rows that will never arrive, and why.</summary>
public sealed record RowLoss
{
    /// <summary>A loss to try out an <see cref="BraintrustOptions.OnLoss"/>: of no rows, without words. Clients report their own.</summary>
    public RowLoss()
    {
    }

    internal RowLoss(long count, string reason, string message, Exception? exception) => (Count, Reason, Message, Exception) = (count, reason, message, exception);

    /// <summary>How many rows; how many attachments if the reason is <see cref="LossReasons.Attachment"/>.</summary>
    public long Count { get; init; }

    /// <summary>One of <see cref="LossReasons"/>, or another word of the same kind.</summary>
    public string Reason { get; init; } = "";

    /// <summary>What happened and what to do, without any key or payload.</summary>
    public string Message { get; init; } = "";

    /// <summary>The failure behind it, if there is one.</summary>
    public Exception? Exception { get; init; }
}

/// <summary>The words a <see cref="RowLoss"/> and the counter <c>braintrust.rows.dropped</c> use.</summary>
public static class LossReasons
{
    /// <summary>The queue was full.</summary>
    public const string QueueFull = "queue_full";

    /// <summary>The client was closed.</summary>
    public const string Closed = "closed";

    /// <summary>The row alone is larger than the server takes.</summary>
    public const string TooLarge = "too_large";

    /// <summary>The server refused the row.</summary>
    public const string Rejected = "rejected";

    /// <summary>The row waited longer than <see cref="BraintrustOptions.RetryTimeLimit"/>.</summary>
    public const string Expired = "expired";

    /// <summary>The server kept answering success without acknowledging the row.</summary>
    public const string Unacknowledged = "unacknowledged";

    /// <summary>The client was closed before the row could be delivered.</summary>
    public const string Shutdown = "shutdown";

    /// <summary>The files in <see cref="BraintrustOptions.SpoolDirectory"/> reached <see cref="BraintrustOptions.SpoolLimitBytes"/>: the oldest rows made way.</summary>
    public const string SpoolFull = "spool_full";

    /// <summary>The row could not be read back from disk; what is left of it is set aside.</summary>
    public const string Corrupt = "corrupt";

    /// <summary>An attachment could not be uploaded; the row it belongs to was delivered. Not among <c>braintrust.rows.dropped</c>.</summary>
    public const string Attachment = "attachment";

    /// <summary>The row could not be written.</summary>
    public const string Unwritable = "unwritable";
}
