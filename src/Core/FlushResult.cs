namespace Braintrust.Logging;

/// <summary>What became of the rows that were accepted before a flush began.</summary>
public sealed record FlushResult
{
    /// <summary>A result to try out what is done about one: as of a flush that delivered nothing and did not end. Clients give their own.</summary>
    public FlushResult()
    {
    }

    internal FlushResult(bool completed, long delivered, long spooled, long dropped, long pending, string? lastError) =>
        (Completed, Delivered, Spooled, Dropped, Pending, LastError) = (completed, delivered, spooled, dropped, pending, lastError);

    /// <summary>Nothing of it is pending any more, attachments included; the counts are of rows alone. Rows on disk are not pending.</summary>
    public bool Completed { get; init; }

    /// <summary>Rows acknowledged since the last flush.</summary>
    public long Delivered { get; init; }

    /// <summary>Rows that are safe on disk and not yet acknowledged. Always 0 without a <see cref="BraintrustOptions.SpoolDirectory"/>.</summary>
    public long Spooled { get; init; }

    /// <summary>Rows lost since the last flush; each was reported with its reason.</summary>
    public long Dropped { get; init; }

    /// <summary>Rows still waiting in memory, and nowhere else.</summary>
    public long Pending { get; init; }

    /// <summary>Why rows wait or were lost, in words for a person; null when all went well.</summary>
    public string? LastError { get; init; }
}
