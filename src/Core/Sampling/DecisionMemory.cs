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
            if (TryGet(trace, out var known))
            {
                return known;
            }
        }
        var decision = decide();
        lock (_gate)
        {
            if (TryGet(trace, out var meanwhile))
            {
                return meanwhile;
            }
            Add(trace, decision);
            return decision;
        }
    }

    /// <summary>Whoever is asked for stays: a trace may outlast thousands of others.</summary>
    bool TryGet(UInt128 trace, out bool known)
    {
        if (_young.TryGetValue(trace, out known))
        {
            return true;
        }
        if (!_old.TryGetValue(trace, out known))
        {
            return false;
        }
        Add(trace, known);
        return true;
    }

    void Add(UInt128 trace, bool decision)
    {
        if (_young.Count >= Generation)
        {
            (_old, _young) = (_young, []);
        }
        _young[trace] = decision;
    }
}
