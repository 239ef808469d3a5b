namespace Braintrust.Logging.Pipeline;

/// <summary>What a written row is to others of its id.</summary>
enum RowRole : byte
{
    /// <summary>It is the only one.</summary>
    Whole,

    /// <summary>A span that is still open: its end comes later.</summary>
    Opening,

    /// <summary>The end of a span, which may have been written while it was open.</summary>
    End,

    /// <summary>It changes a row that was written before.</summary>
    Update,
}
