using System.Diagnostics;

namespace Braintrust.Logging.Activities;

/// <summary>An activity and the span it is in one project.</summary>
/// <param name="activity">The activity.</param>
/// <param name="span">Its span.</param>
/// <param name="next">The same activity in another project.</param>
sealed class CapturedActivity(Activity activity, BraintrustSpan span, CapturedActivity? next)
{
    int _isStopped;

    public Activity Activity => activity;

    public BraintrustSpan Span => span;

    public CapturedActivity? Next => next;

    /// <summary>Its operation by OpenTelemetry's names: <c>chat</c>, <c>execute_tool</c>.</summary>
    public string? Operation => activity.GetTagItem("gen_ai.operation.name") as string;

    /// <summary>Whoever hears of it first: who began the span may be gone by now.</summary>
    public void Stop()
    {
        if (Interlocked.Exchange(ref _isStopped, 1) != 0)
        {
            return;
        }
        // Two layers report one call, and containers report sums: only the innermost counts, or tokens and costs double.
        var counts = !span.HasUsageBelow && span.Logger.Usage.IsFirst(span.Trace, ActivityReader.Usage(activity));
        var end = ActivityReader.End(activity, withUsage: counts);
        if (end.HasUsage)
        {
            span.TellUsage();
        }
        span.FinishActivity(end, new DateTimeOffset(activity.StartTimeUtc + activity.Duration));
        span.Logger.Captured?.End(span);
    }
}
