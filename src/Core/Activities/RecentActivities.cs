using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Activities;

/// <summary>
/// The spans of the activities that were captured last, by their ids: what belongs below one and is not around it still finds its parent, be it that it comes late, out of a
/// buffer, or that it was begun with the activity's context, as queues do. Older ones are forgotten, so that there is a bound; what comes later than that is a root of the same trace.
/// </summary>
sealed class RecentActivities
{
    const int Limit = 1_024;

    readonly object _lock = new();
    readonly ulong[] _ids = new ulong[Limit];
    readonly Held[] _held = new Held[Limit];
    int _next;

    public void Add(BraintrustSpan span)
    {
        lock (_lock)
        {
            (_ids[_next], _held[_next]) = (span.Span, new(span.Trace, span.IsSampled, span));
            _next = (_next + 1) % Limit;
        }
    }

    /// <summary>Lets go of a span that has ended: where it stands is all that is needed from here on.</summary>
    public void End(BraintrustSpan span)
    {
        lock (_lock)
        {
            if (Array.IndexOf(_ids, span.Span) is var at and >= 0)
            {
                _held[at] = _held[at] with { Open = null };
            }
        }
    }

    /// <param name="id">The activity's id, which is its span's too; not 0.</param>
    public bool Contains(ulong id) => Find(id) is not null;

    /// <summary>The span, as long as it is open.</summary>
    /// <inheritdoc cref="Contains"/>
    public BraintrustSpan? Open(ulong id) => Find(id)?.Open;

    /// <summary>Below the span, in its trace: not the activity's if it stands below a span of another one. Null: it is not known.</summary>
    /// <inheritdoc cref="Contains"/>
    public Placement? Below(ulong id) => Find(id) switch
    {
        null => null,
        { Open: { } span } => Placement.Below(span),
        { } held => new(held.Trace, id, false) { IsSampled = held.IsSampled },
    };

    Held? Find(ulong id)
    {
        lock (_lock)
        {
            return Array.IndexOf(_ids, id) is var at and >= 0 ? _held[at] : null;
        }
    }

    readonly record struct Held(UInt128 Trace, bool IsSampled, BraintrustSpan? Open);
}
