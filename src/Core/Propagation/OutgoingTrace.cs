using System.Diagnostics;
using Braintrust.Logging.Activities;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Propagation;

/// <summary>What a request says about the trace it belongs to (decision 0019).</summary>
/// <param name="Http">What HttpClient says about it.</param>
/// <param name="Parent">Our header; null leaves it to HttpClient.</param>
/// <param name="State">Other tracers' state that came in with the trace.</param>
/// <param name="Project">The project that the parent is a row of; null if it is none.</param>
sealed record OutgoingTrace(HttpTracing Http, string? Parent, string? State, string? Project)
{
    /// <summary>Null: there is nothing to say.</summary>
    public static OutgoingTrace? Of(HttpTracing http, bool replaceParent)
    {
        if (BraintrustLogger.Current is not { } logger)
        {
            return null;
        }
        // Where a row would stand that was logged now, there the other service's will.
        var place = Placement.Of(logger);
        var project = place.IsSampled is false ? null : BraintrustSpanContext.Naming(logger); // a trace that is not kept has no rows to stand below
        var isTheirs = http.IsWatched && !replaceParent;
        if (isTheirs && ActivityCapture.Captures(HttpTracing.Source, logger))
        {
            return new(http, null, null, project);
        }

        if (place.ParentId == 0)
        {
            return null;
        }
        if (isTheirs && project is null)
        {
            return new(http, null, null, null);
        }
        if (isTheirs)
        {
            BraintrustDiagnostics.Warn("inject", $"Requests are traced by another tracer, so what other services log stands beside their callers in the trace. "
                + $"Add {HttpTracing.Source} to ActivitySources to have it below them.", 1);
            return new(http, null, null, null);
        }
        return new(http, new TraceParent(place.TraceId, place.ParentId, Flags(place)).ToString(), place.Headers?.State, project);
    }

    public LentHeaders LendTo(HttpRequestMessage request)
    {
        var lent = LentHeaders.To(request);
        var existing = lent.Earlier(Baggage.Header) ?? lent.Earlier(Baggage.OldHeader) ?? Http.Baggage(Activity.Current); // may throw: before anything is set
        if (Parent is not null)
        {
            lent.Set(TraceParent.Header, Parent);
        }
        if (State is not null)
        {
            lent.Set(BraintrustPropagation.TraceState, State);
        }
        if (Project is not null || Baggage.Parent(existing) is not null)
        {
            // Ours first: .NET's own reader stops at a member without a value. Empty rather than absent, since HttpClient would fill in what
            // came from the caller, and that names a row which the activity's id is not.
            lent.Set(Baggage.Header, Baggage.Merge(existing, Project, isFirst: true) ?? "");
        }
        return lent;
    }

    /// <summary>What a sampler around has decided, so that the other service does not record what was left out here; else what came in, or sampled.</summary>
    static byte Flags(Placement place)
    {
        for (var activity = Activity.Current; activity is not null; activity = activity.Parent)
        {
            if (activity.Source.HasListeners() && !ActivityCapture.IsCaptured(activity))
            {
                return (byte)activity.ActivityTraceFlags;
            }
        }
        var flags = place.Headers?.Flags ?? TraceParent.Sampled;
        return place.IsSampled is false ? (byte)(flags & ~TraceParent.Sampled) : flags;
    }
}
