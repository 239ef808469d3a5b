namespace Braintrust.Logging.Pipeline;

/// <summary>The end of a client: whether it has begun, and by when it has to be over. Begun by callers, read by the loop.</summary>
/// <param name="clock">The time.</param>
/// <param name="timeout">See <see cref="BraintrustOptions.ShutdownTimeout"/>.</param>
sealed class Shutdown(TimeProvider clock, TimeSpan timeout)
{
    long _stopBy = long.MaxValue;

    public bool HasBegun => StopBy != long.MaxValue;

    public bool IsTimeUp => clock.GetTimestamp() >= StopBy;

    /// <summary>On the monotonic clock; <see cref="long.MaxValue"/>: nobody has asked for the end.</summary>
    public long StopBy => Volatile.Read(ref _stopBy);

    /// <summary>Attachments are given up a little before the end, so that there is time to say so.</summary>
    public long UploadsStopBy => StopBy - clock.After(0, timeout / 10);

    /// <summary>The first who asks sets the time.</summary>
    public void Begin(TimeSpan budget) => Interlocked.CompareExchange(ref _stopBy, clock.After(clock.GetTimestamp(), budget), long.MaxValue);
}
