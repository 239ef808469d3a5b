namespace Braintrust.Logging.Pipeline;

/// <summary>The rows read between two flushes: a flush covers its own epoch and all before it.</summary>
sealed class Epoch
{
    public long Unsettled { get; set; }

    /// <summary>Attachments of delivered rows that are not uploaded yet. They are no rows, and in none of the counts.</summary>
    public long Uploads { get; set; }

    /// <summary>Attachments that were given up.</summary>
    public long LostUploads { get; set; }

    /// <summary>Whether a flush has nothing left to wait for.</summary>
    public bool IsSettled => Unsettled == 0 && Uploads == 0;

    public long Delivered { get; set; }
    public long Dropped { get; set; }
    public FlushRequest? Flush { get; set; }
}
