namespace Braintrust.Logging.Pipeline;

/// <summary>How many requests may be under way, and whether one more may begin. Decides; the loop's own.</summary>
sealed class Pace(Outbox outbox, Gate api, Shutdown shutdown, TimeProvider clock)
{
    public const int MaxInFlight = 4;

    /// <summary>No other request may begin before one has ended: what is read joins the next.</summary>
    public bool IsBusy => outbox.Sending >= MostInFlight;

    /// <summary>What is read now may go out next. Rows on disk stay there until then, whoever waits.</summary>
    public bool HasRoom => (api.OpensAt == 0 || IsOpen) && !IsFull;

    /// <summary>As many requests are under way or ready as may be under way.</summary>
    public bool IsFull => outbox.Ready + outbox.Sending >= MostInFlight;

    /// <summary>After a failure one at a time, unless it is the end.</summary>
    public bool MaySend => !IsBusy && IsOpen && (api.Failures == 0 || outbox.Sending == 0 || shutdown.HasBegun);

    public bool IsOpen => api.IsOpen(clock.GetTimestamp());

    /// <summary>At the end twice as many, unless the service has trouble: nothing more comes, and somebody waits for it.</summary>
    int MostInFlight => shutdown.HasBegun && api.Failures == 0 ? 2 * MaxInFlight : MaxInFlight;
}
