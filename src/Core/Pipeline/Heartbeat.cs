namespace Braintrust.Logging.Pipeline;

/// <summary>Tells a loop that rests from one that is stuck: whoever reads the meter asks, the loop answers with its next turn.</summary>
sealed class Heartbeat
{
    const long Answered = long.MinValue;

    long _askedAt = Answered;

    /// <summary>The loop went round.</summary>
    public void Beat() => Volatile.Write(ref _askedAt, Answered);

    /// <summary>The time of the first question that has no answer yet: this one's, if all before it have.</summary>
    public long Ask(long now)
    {
        var askedAt = Interlocked.CompareExchange(ref _askedAt, now, Answered);
        return askedAt == Answered ? now : askedAt;
    }
}
