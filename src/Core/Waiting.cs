namespace Braintrust.Logging;

/// <summary>How long a thread waits for a loop that keeps a deadline of its own: a little longer, and never longer than a wait can be.</summary>
static class Waiting
{
    public static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(200);
    static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(int.MaxValue);

    public static TimeSpan Within(TimeSpan deadline) => deadline < Longest - Slack ? deadline + Slack : Longest;
}
