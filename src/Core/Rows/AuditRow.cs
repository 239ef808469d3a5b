namespace Braintrust.Logging.Rows;

/// <summary>A row about another row (PROTOCOL section 17): feedback, a comment, or an update by id.</summary>
sealed class AuditRow
{
    public required RowId Target { get; init; }

    public RowPatch? Fields { get; init; }

    /// <summary>The ended span that goes on to say something, if it is no root: its tags have another place. Null where only the id is known.</summary>
    public BraintrustSpan? Child { get; init; }

    /// <summary>A comment is a row of its own that names its target.</summary>
    public string? Comment { get; init; }

    /// <summary>Null for an update: that is no feedback.</summary>
    public string? Source { get; init; }

    public object? Reviewer { get; init; }

    public long Weight => RowWeight.Row + (Fields?.Weight ?? 0) + RowWeight.Of(Comment) + RowWeight.Of(Reviewer);
}
