namespace Braintrust.Logging.Testing;

/// <summary>What a snapshot shows.</summary>
public sealed record SnapshotOptions
{
    internal static SnapshotOptions Default { get; } = new();

    /// <summary>Durations, and the metrics that are times. Default false; of use with a clock that the test moves.</summary>
    public bool Durations { get; init; }

    /// <summary>
    /// Children by their name and content instead of by their beginning. Default false; of use where work that goes on in parallel begins in any order.
    /// </summary>
    public bool Sorted { get; init; }

    /// <summary>Lines to leave out, by what stands before their colon: <c>input</c>, <c>metadata ThreadId</c>, <c>metric rows</c>. Default none.</summary>
    public IReadOnlyCollection<string> Omit { get; init; } = [];
}
