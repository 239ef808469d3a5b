using System.Collections.Concurrent;
using Braintrust.Logging.Session;

namespace Braintrust.Logging;

/// <summary>
/// A client's loggers by project. Whoever holds one gets the same object again; beyond the most recent ones nothing else keeps it, so that a
/// selector which names a project per user, or per typing error, does not fill the memory.
/// </summary>
sealed class LoggerCache(Func<ProjectKey, BraintrustLogger> make)
{
    public const int Kept = 1024;

    readonly ConcurrentDictionary<ProjectKey, WeakReference<BraintrustLogger>> _known = new();
    readonly BraintrustLogger?[] _recent = new BraintrustLogger?[Kept];
    readonly object _making = new();
    int _next;

    /// <summary>How many projects are remembered.</summary>
    public int Count => _known.Count;

    public BraintrustLogger Get(ProjectKey key)
    {
        if (_known.TryGetValue(key, out var known) && known.TryGetTarget(out var logger))
        {
            return logger;
        }
        lock (_making)
        {
            if (_known.TryGetValue(key, out known) && known.TryGetTarget(out logger))
            {
                return logger;
            }
            logger = make(key);
            _known[key] = new(logger);
            _recent[_next] = logger;
            _next = (_next + 1) % Kept;
            if (_next == 0)
            {
                ForgetTheDead();
            }
            return logger;
        }
    }

    void ForgetTheDead()
    {
        foreach (var entry in _known)
        {
            if (!entry.Value.TryGetTarget(out _))
            {
                _known.TryRemove(entry);
            }
        }
    }
}
