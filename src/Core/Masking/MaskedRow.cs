using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Masking;

/// <summary>A row that was composed and masked inside the log call. The queue holds nothing else of what was said.</summary>
sealed class MaskedRow
{
    WrittenRow? _row;
    Exception? _failure;
    object? _original;

    /// <summary>The span it ends, if it does: an earlier write of that span has to be settled first.</summary>
    public BraintrustSpan? Span { get; private init; }

    /// <summary>Whether it changes another row, which has to come first.</summary>
    public bool IsUpdate { get; private init; }

    /// <summary>The finished row. Throws what composing it threw, so that the row's loss is told where losses are.</summary>
    public WrittenRow Row => _row ?? throw _failure!;

    /// <param name="payload">What the row is made of.</param>
    /// <param name="compose">Gives the finished row.</param>
    /// <param name="isKept">Its front end wants the payload back if the row is lost, for a fallback of its own; it is never written.</param>
    public static MaskedRow Of(object payload, Func<WrittenRow> compose, bool isKept)
    {
        var row = new MaskedRow { Span = payload as BraintrustSpan, IsUpdate = payload is AuditRow { Comment: null }, _original = isKept ? payload : null };
        try
        {
            row._row = compose();
        }
        catch (Exception error) // a value that defeats even the writer's care
        {
            row._failure = error;
        }
        return row;
    }

    public long Size => _row?.Weight ?? RowWeight.Row;

    /// <summary>What its front end knows the payload of an entry by.</summary>
    public static object? Unmasked(object payload) => payload is MaskedRow masked ? masked._original : payload;
}
