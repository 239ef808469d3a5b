namespace Braintrust.Logging.Pipeline;

/// <summary>The rows read between two flushes: a flush covers its own epoch and all before it.</summary>
sealed class Epoch
{
    /// <summary>Rows that the loop holds.</summary>
    public long Unsettled { get; set; }

    /// <summary>Those of them that are on disk too.</summary>
    public long Spooled { get; set; }

    /// <summary>Rows on disk that the loop does not hold.</summary>
    public long Unread { get; set; }

    /// <summary>The last of them, by its number on disk.</summary>
    public long LastSpooled { get; set; } = long.MaxValue;

    /// <summary>Attachments of delivered rows that are not uploaded yet. They are no rows, and in none of the counts.</summary>
    public long Uploads { get; set; }

    /// <summary>Attachments that were given up.</summary>
    public long LostUploads { get; set; }

    /// <summary>Whether a flush has nothing left to wait for.</summary>
    public bool IsSettled => Unsettled == 0 && Unread == 0 && Uploads == 0;

    public long Delivered { get; set; }
    public long Dropped { get; set; }
    public FlushRequest? Flush { get; set; }
}
