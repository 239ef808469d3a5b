using System.Diagnostics;

namespace Braintrust.Logging.Activities;

/// <summary>An activity and the span it is in one project.</summary>
/// <param name="activity">The activity.</param>
/// <param name="span">Its span.</param>
/// <param name="parent">The captured activity above, in the same project.</param>
/// <param name="next">The same activity in another project.</param>
sealed class CapturedActivity(Activity activity, BraintrustSpan span, CapturedActivity? parent, CapturedActivity? next)
{
    volatile bool _hasUsageBelow;

    public Activity Activity => activity;

    public BraintrustSpan Span => span;

    public CapturedActivity? Next => next;

    public void Stop()
    {
        var end = ActivityReader.End(activity, withUsage: !_hasUsageBelow);
        if (end.HasUsage || _hasUsageBelow)
        {
            // Two layers report one call, and containers report sums: only the innermost counts, or tokens and costs double.
            parent?.TellUsageBelow();
        }
        span.FinishActivity(end, new DateTimeOffset(activity.StartTimeUtc + activity.Duration));
    }

    void TellUsageBelow() => _hasUsageBelow = true;
}
