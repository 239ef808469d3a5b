using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Braintrust.Logging.Rows;
using Braintrust.Logging.Session;

namespace Braintrust.Logging.Pipeline;

/// <summary>Rows that never got in: counted on the callers' threads, told by the loop, at most once a period.</summary>
sealed class Refusals(LossReporter losses)
{
    // Beyond this many projects that are refused rows, the front end alone is named.
    const int ProjectsToName = 256;

    // Written by callers.
    readonly ConcurrentDictionary<(FrontEnd, ProjectKey), StrongBox<long>> _full = new();
    long _sinceFlush;
    int _news;

    // The loop's.
    long _toldAt;

    /// <summary>Whether there is something to tell.</summary>
    public bool HasNews => Volatile.Read(ref _news) != 0;

    /// <summary>When it may be told, on the monotonic clock.</summary>
    public long TellAt(long period) => _toldAt + period;

    /// <returns>True for the first since the last telling: the loop should know.</returns>
    public bool Add(in Entry entry, string reason)
    {
        var frontEnd = entry.FrontEnd;
        Interlocked.Increment(ref _sinceFlush);
        if (reason == LossReasons.Closed)
        {
            losses.Report(frontEnd, new RowLoss(1, reason, "It was logged after the end of its sink, provider or client.", null)); // no loop is left to tell it
            return false;
        }
        Interlocked.Increment(ref Full(frontEnd, entry.Logger.Key).Value);
        return Interlocked.Exchange(ref _news, 1) == 0;
    }

    /// <summary>Refusals since the last flush, for its result.</summary>
    public long TakeSinceFlush() => Interlocked.Exchange(ref _sinceFlush, 0);

    /// <param name="now">On the monotonic clock.</param>
    /// <param name="refused">Told whose rows were refused, in which project, and how many; no project once there are too many to name.</param>
    public void Tell(long now, Action<FrontEnd, ProjectKey, long> refused)
    {
        if (Interlocked.Exchange(ref _news, 0) == 0)
        {
            return;
        }
        _toldAt = now;
        foreach (var ((frontEnd, project), count) in _full)
        {
            var rows = Interlocked.Exchange(ref count.Value, 0);
            if (rows > 0)
            {
                refused(frontEnd, project, rows);
            }
        }
    }

    StrongBox<long> Full(FrontEnd frontEnd, ProjectKey project) =>
        _full.TryGetValue((frontEnd, project), out var known) ? known
        : _full.GetOrAdd((frontEnd, _full.Count < ProjectsToName ? project : default), static _ => new());
}
