namespace Braintrust.Logging.Rows;

/// <summary>Values of a front end's own kind as ones that the core understands. For one thread at a time.</summary>
sealed class NeutralValues
{
    readonly JsonBuffer _scratch = new();

    /// <summary>A front end's own value as JSON; all others as they are.</summary>
    public object? Of(FrontEnd frontEnd, object value)
    {
        _scratch.Clear();
        return Of(frontEnd, value, _scratch);
    }

    /// <inheritdoc cref="Of(FrontEnd, object)"/>
    /// <param name="frontEnd">Whose value it may be.</param>
    /// <param name="value">Of any kind.</param>
    /// <param name="scratch">Empty.</param>
    public static object Of(FrontEnd frontEnd, object value, JsonBuffer scratch) =>
        value is not (string or JsonText) && frontEnd.TryWrite(value, scratch) ? JsonText.Of(scratch) : value;
}
