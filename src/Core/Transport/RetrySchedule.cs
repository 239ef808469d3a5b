namespace Braintrust.Logging.Transport;

/// <summary>How long to wait before the same is tried again.</summary>
static class RetrySchedule
{
    /// <summary>Between two probes of a destination that denies us: at most two a minute.</summary>
    public static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(30);

    static readonly TimeSpan First = TimeSpan.FromSeconds(0.5);
    static readonly TimeSpan Cap = TimeSpan.FromSeconds(60);
    static readonly TimeSpan Least = TimeSpan.FromMilliseconds(50);

    /// <summary>Full jitter: anywhere between nothing and a ceiling that doubles, so that many clients do not come back together.</summary>
    /// <param name="attempt">How many attempts have failed, from 1.</param>
    /// <param name="random">From 0 to 1.</param>
    public static TimeSpan Delay(int attempt, double random)
    {
        var doublings = Math.Clamp(attempt - 1L, 0, 7); // the seventh is past the cap
        var ceiling = Math.Min(First.TotalSeconds * (1 << (int)doublings), Cap.TotalSeconds);
        return TimeSpan.FromSeconds(Math.Max(ceiling * random, Least.TotalSeconds));
    }
}
