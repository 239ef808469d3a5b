namespace Braintrust.Logging.Rows;

/// <summary>A row's id: a UUID we minted, or the text a caller chose.</summary>
readonly record struct RowId(Guid Minted, string? Chosen)
{
    public static RowId New() => new(Ids.NewRowId(), null);

    /// <summary>The id of a span whose trace is not kept. It tells so, in whichever process it comes back, so that feedback makes no row of its own.</summary>
    public static RowId OfNoRow() => new(Ids.NewMarkedId(), null);

    public bool IsOfNoRow => Ids.IsMarked(Minted);

    /// <summary>Takes an id that came back from outside: equal to the minted one if it is its text.</summary>
    public static RowId From(string text) => Guid.TryParseExact(text, "D", out var minted) && minted.ToString() == text
        ? new(minted, null)
        : new(Guid.Empty, text);

    public void Write(JsonBuffer json)
    {
        if (Chosen is null)
        {
            json.GuidString(Minted);
        }
        else
        {
            json.String(Chosen);
        }
    }

    public override string ToString() => Chosen ?? Minted.ToString();
}
