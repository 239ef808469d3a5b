namespace Braintrust.Logging.Pipeline;

/// <summary>Whether a row that others depend on is settled, and which batch holds it until then. The loop's own.</summary>
sealed class RowFate
{
    public bool IsSettled { get; set; }

    /// <summary>Somebody depends on it. Of most rows that are noted nobody does: openings whose end is still to come.</summary>
    public bool IsAwaited { get; set; }

    public Batch? Where { get; set; }
}
