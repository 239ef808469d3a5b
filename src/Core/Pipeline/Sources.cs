using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Pipeline;

/// <summary>Numbers for front ends, for rows on disk. Keeps none of them alive: losses of one that has ended are told to the client's own.</summary>
/// <param name="self">The client's own: number 0, and whatever is not known.</param>
sealed class Sources(FrontEnd self)
{
    readonly ConditionalWeakTable<FrontEnd, object> _numbers = [];
    readonly ConcurrentDictionary<ushort, WeakReference<FrontEnd>> _frontEnds = new();

    // The writer's.
    ushort _last;

    /// <summary>For the thread that writes.</summary>
    public ushort NumberOf(FrontEnd frontEnd)
    {
        if (ReferenceEquals(frontEnd, self))
        {
            return 0;
        }
        if (_numbers.TryGetValue(frontEnd, out var known))
        {
            return (ushort)known;
        }
        if (_last == ushort.MaxValue)
        {
            return 0;
        }
        _numbers.Add(frontEnd, ++_last);
        _frontEnds[_last] = new(frontEnd);
        return _last;
    }

    public FrontEnd Of(ushort number) => number != 0 && _frontEnds.TryGetValue(number, out var known) && known.TryGetTarget(out var frontEnd) ? frontEnd : self;
}
