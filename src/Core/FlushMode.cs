namespace Braintrust.Logging;

/// <summary>When rows are sent.</summary>
public enum FlushMode
{
    /// <summary>In the background, when a batch is full or its first row has waited for <see cref="BraintrustOptions.Period"/>.</summary>
    Periodic,

    /// <summary>
    /// Without timers, for functions whose process is frozen between calls: when <see cref="BraintrustClient.FlushAsync"/> asks, at the end, and when the queue is a quarter full. The
    /// beginning of a trace is sent at once, so that one whose process is killed can be seen.
    /// </summary>
    OnDemand,
}
