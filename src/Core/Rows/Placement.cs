using System.Diagnostics;
using Braintrust.Logging.Activities;
using Braintrust.Logging.Propagation;

namespace Braintrust.Logging.Rows;

/// <summary>Where a row stands: its trace and its parent, decided on the caller's thread (semantics: ids and parents).</summary>
/// <param name="TraceId">The trace.</param>
/// <param name="ParentId">The parent's span id; 0 for a root.</param>
/// <param name="IsFresh">Nothing around gave a trace: this one was made up.</param>
readonly record struct Placement(UInt128 TraceId, ulong ParentId, bool IsFresh)
{
    /// <summary>Activities of this source are exported to Braintrust by its official SDK, so their rows will exist.</summary>
    const string OfficialSource = "braintrust-dotnet";

    /// <summary>What came in with the trace from another process.</summary>
    public TraceHeaders? Headers { get; init; }

    /// <summary>Whether the trace is kept, if a span above has decided it.</summary>
    public bool? IsSampled { get; init; }

    /// <summary>The parent is in another process: here the row is the first of its trace.</summary>
    public bool IsEntry { get; init; }

    /// <summary>The span it is below, if that is one of this process.</summary>
    public BraintrustSpan? Above { get; init; }

    public static Placement Below(BraintrustSpan parent) => new(parent.Trace, parent.Span, false) { Headers = parent.Headers, Above = parent, IsSampled = parent.IsSampled };

    /// <summary>Below a span of another process.</summary>
    public static Placement Below(BraintrustSpanContext remote) => new(remote.Parent.TraceId, remote.Parent.SpanId, false)
    {
        Headers = new TraceHeaders(remote.Parent.Flags, remote.TraceState),
        IsEntry = true,
    };

    /// <summary>
    /// Below the innermost of what is around: an open span of the logger, an activity it captures, an activity that is exported otherwise;
    /// else a root, in the trace of the current activity if there is one.
    /// </summary>
    public static Placement Of(BraintrustLogger logger)
    {
        var activity = Activity.Current;
        return Of(logger, activity, activity);
    }

    /// <summary>The same for an activity that has just begun: itself it is none of its parents.</summary>
    public static Placement Of(Activity begun, BraintrustLogger logger) => Of(logger, begun, begun.Parent);

    /// <summary>
    /// Of what was logged before, wherever that was: in the trace of then, below the activity of then if Braintrust will hold a row for it or one above. The
    /// spans that are open now have nothing to do with it.
    /// </summary>
    public static Placement Of(BraintrustLogger logger, ActivityTraceId trace, ActivitySpanId span)
    {
        if (trace == default)
        {
            return new(Ids.NewTraceId(), 0, true);
        }
        if (span != default && logger.Captured?.Below(Ids.Bits(span)) is { } held)
        {
            return held;
        }
        var activity = Activity.Current;
        while (activity is not null && (activity.SpanId != span || activity.TraceId != trace))
        {
            activity = activity.Parent;
        }
        return activity is null ? new(Ids.Bits(trace), 0, false) : Of(logger, ActivityCapture.Nearest(activity, logger)?.Span, activity, activity);
    }

    static Placement Of(BraintrustLogger logger, Activity? activity, Activity? around) =>
        Of(logger, Later(Ambient.Innermost(logger), ActivityCapture.Nearest(around, logger)?.Span ?? Named(activity, logger)), activity, around);

    static Placement Of(BraintrustLogger logger, BraintrustSpan? span, Activity? activity, Activity? around)
    {
        if (activity is not { IdFormat: ActivityIdFormat.W3C })
        {
            return span is null ? new(Ids.NewTraceId(), 0, true) : Below(span);
        }

        var exported = Exported(around);
        if (span is not null && (exported is null || exported.StartTimeUtc.Ticks <= span.StartTicks))
        {
            return Below(span);
        }
        return exported is not null
            ? new(Ids.Bits(exported.TraceId), Ids.Bits(exported.SpanId), false) { Headers = Received(exported) }
            : First(activity, logger);
    }

    /// <summary>The first row of the activity's trace here: below the captured activity whose context it was begun with, below the caller's span, or a root.</summary>
    static Placement First(Activity activity, BraintrustLogger logger)
    {
        if (NamedParent(activity, logger) is var named and not 0 && logger.Captured!.Below(named) is { } held)
        {
            return held with { Headers = held.Headers ?? Received(activity) };
        }
        var remote = RemoteParent(activity, logger);
        return new(Ids.Bits(activity.TraceId), remote, false) { Headers = Received(activity), IsEntry = remote != 0 };
    }

    /// <summary>The open span of the captured activity whose context one was begun with: queues and workflows name a parent that is not around.</summary>
    static BraintrustSpan? Named(Activity? activity, BraintrustLogger logger) => NamedParent(activity, logger) is var named and not 0 ? logger.Captured!.Open(named) : null;

    /// <summary>The activity of this process whose context the topmost one was begun with; 0: none, or nothing is captured.</summary>
    static ulong NamedParent(Activity? activity, BraintrustLogger logger)
    {
        if (activity is null || logger.Captured is null)
        {
            return 0;
        }
        var top = Top(activity);
        return top.HasRemoteParent || top.ParentSpanId == default ? 0 : Ids.Bits(top.ParentSpanId);
    }

    static Activity Top(Activity activity)
    {
        while (activity.Parent is { } parent)
        {
            activity = parent;
        }
        return activity;
    }

    /// <summary>The state that other tracers sent along. Flags are not taken: a local sampler may have rewritten them.</summary>
    static TraceHeaders? Received(Activity activity) =>
        TraceHeaders.StateOf(activity.TraceStateString) is { } state ? new(TraceParent.Sampled, state) : null;

    static BraintrustSpan? Later(BraintrustSpan? one, BraintrustSpan? other) =>
        one is null || (other is not null && other.Order > one.Order) ? other : one;

    /// <summary>The nearest activity that Braintrust will hold a row for. Never point at a row that will not exist.</summary>
    static Activity? Exported(Activity? activity)
    {
        while (activity is not null && !IsExported(activity))
        {
            activity = activity.Parent;
        }
        return activity;
    }

    /// <summary>Whether the official SDK sends it.</summary>
    public static bool IsExported(Activity activity) => activity.Recorded && activity.Source.Name == OfficialSource;

    /// <summary>The caller's span in another process, if the caller said that it is a row of this very project; else 0.</summary>
    static ulong RemoteParent(Activity activity, BraintrustLogger logger)
    {
        activity = Top(activity);
        if (activity.ParentSpanId == default)
        {
            return 0;
        }
        return activity.GetBaggageItem(Baggage.Key) is { } said && BraintrustSpanContext.Names(said, logger) ? Ids.Bits(activity.ParentSpanId) : 0;
    }
}
