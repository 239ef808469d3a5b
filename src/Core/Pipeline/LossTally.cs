namespace Braintrust.Logging.Pipeline;

/// <summary>What a project has lost since it was last told so.</summary>
/// <param name="since">When the first was lost: UTC ticks.</param>
/// <param name="tellAt">When to say it, on the monotonic clock: a little later, so that one row speaks for many.</param>
sealed class LossTally(long since, long tellAt)
{
    readonly SortedDictionary<string, long> _byReason = new(StringComparer.Ordinal);

    public long Since => since;

    public long TellAt => tellAt;

    public IReadOnlyDictionary<string, long> ByReason => _byReason;

    public void Add(string reason, long rows) => _byReason[reason] = _byReason.GetValueOrDefault(reason) + rows;
}
