namespace Braintrust.Logging.Pipeline;

/// <summary>Whether a row that others depend on is settled, and which batch holds it until then. The loop's own.</summary>
sealed class RowFate
{
    public bool IsSettled { get; set; }

    public Batch? Where { get; set; }
}
