namespace Braintrust.Logging.Sampling;

/// <summary>What was decided about the last few thousand traces. Bounded: two generations, of which the older one goes when the younger is full.</summary>
sealed class DecisionMemory
{
    const int Generation = 4096;

    readonly object _gate = new();
    Dictionary<UInt128, bool> _young = [];
    Dictionary<UInt128, bool> _old = [];

    /// <summary>The decision about a trace; the first to ask decides. The callback runs outside of the lock: it is the user's code.</summary>
    public bool Get(UInt128 trace, Func<bool> decide)
    {
        lock (_gate)
        {
            if (_young.TryGetValue(trace, out var known) || _old.TryGetValue(trace, out known))
            {
                return known;
            }
        }
        var decision = decide();
        lock (_gate)
        {
            if (_young.TryGetValue(trace, out var meanwhile))
            {
                return meanwhile;
            }
            if (_young.Count >= Generation)
            {
                (_old, _young) = (_young, []);
            }
            _young[trace] = decision;
            return decision;
        }
    }
}
