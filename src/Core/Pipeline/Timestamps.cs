namespace Braintrust.Logging.Pipeline;

/// <summary>Reckoning on the monotonic clock.</summary>
static class Timestamps
{
    /// <summary>That much later; never quite <see cref="long.MaxValue"/>, which is never.</summary>
    public static long After(this TimeProvider clock, long timestamp, TimeSpan delay)
    {
        var ticks = Math.Ceiling(delay.TotalSeconds * clock.TimestampFrequency);
        return ticks >= long.MaxValue - timestamp ? long.MaxValue - 1 : timestamp + (long)ticks;
    }

    /// <summary>That much earlier.</summary>
    public static long Before(this TimeProvider clock, long timestamp, TimeSpan age) => timestamp - (long)(age.TotalSeconds * clock.TimestampFrequency);

    /// <summary>For a timer: whole milliseconds, and not too early.</summary>
    public static TimeSpan Until(this TimeProvider clock, long then, long now) =>
        then <= now ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling((then - now) * 1000.0 / clock.TimestampFrequency), int.MaxValue));
}
