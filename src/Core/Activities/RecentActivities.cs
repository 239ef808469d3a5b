namespace Braintrust.Logging.Activities;

/// <summary>
/// The spans of the activities that were captured last, by their ids: what was logged inside them and comes late, out of a buffer, still finds its parent.
/// Older ones are forgotten, so that there is a bound; what comes later than that is a root of the same trace.
/// </summary>
sealed class RecentActivities
{
    const int Limit = 1_024;

    readonly object _lock = new();
    readonly ulong[] _spans = new ulong[Limit];
    readonly UInt128[] _traces = new UInt128[Limit];
    int _next;

    public void Add(BraintrustSpan span)
    {
        lock (_lock)
        {
            (_spans[_next], _traces[_next]) = (span.Span, span.Trace);
            _next = (_next + 1) % Limit;
        }
    }

    /// <param name="span">The activity's id, which is its span's too; not 0.</param>
    /// <param name="trace">The span's trace: not the activity's if it stands below a span of another one.</param>
    public bool TryFind(ulong span, out UInt128 trace)
    {
        lock (_lock)
        {
            var at = Array.IndexOf(_spans, span);
            trace = at < 0 ? default : _traces[at];
            return at >= 0;
        }
    }
}
