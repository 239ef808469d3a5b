namespace Braintrust.Logging.Pipeline;

/// <summary>The rows read between two flushes: a flush covers its own epoch and all before it.</summary>
sealed class Epoch
{
    public long Unsettled { get; set; }
    public long Delivered { get; set; }
    public long Dropped { get; set; }
    public FlushRequest? Flush { get; set; }
}
