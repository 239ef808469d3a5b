namespace Braintrust.Logging.Rows;

/// <summary>Values of a front end's own kind as ones that the core understands. For one thread at a time.</summary>
sealed class NeutralValues
{
    readonly JsonBuffer _scratch = new();

    /// <summary>A front end's own value as JSON; all others as they are.</summary>
    public object? Of(FrontEnd frontEnd, object value)
    {
        _scratch.Clear();
        return value is not (string or JsonText) && frontEnd.TryWrite(value, _scratch) ? JsonText.Of(_scratch) : value;
    }
}
