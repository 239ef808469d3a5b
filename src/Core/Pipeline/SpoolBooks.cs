using Braintrust.Logging.Spool;

namespace Braintrust.Logging.Pipeline;

/// <summary>Books what happened on disk to rows that the loop does not hold: some were adopted, others made way or could not be read. The loop's own.</summary>
sealed class SpoolBooks(SpoolStore store, Outbox outbox, Flushes flushes, Fates fates, Ledger ledger, Keepsakes keepsakes)
{
    /// <param name="areAdopted">Rows of a process that has ended are ours now, and can be read.</param>
    /// <returns>False: there is no news.</returns>
    public bool TryLearn(out bool areAdopted)
    {
        areAdopted = false;
        if (!store.TryTakeNews(out var news))
        {
            return false;
        }
        switch (news.Kind)
        {
            case SpoolNewsKind.Adopted:
                ledger.Adopting(news.Rows);
                flushes.Adopt(news.Rows);
                areAdopted = true;
                break;
            case SpoolNewsKind.Evicted:
                Lose(news, LossReasons.SpoolFull, "The spool was full, and the oldest rows made way. Raise SpoolLimitBytes for longer outages.");
                break;
            case SpoolNewsKind.Corrupt:
                Lose(news, LossReasons.Corrupt, "Rows on disk could not be read; what is left of them is set aside.");
                break;
        }
        return true;
    }

    void Lose(in SpoolNews news, string reason, string message)
    {
        flushes.DropUnread(news.Rows);
        fates.LoseSpooled(news.Project is { } project ? outbox.LaneOf(project) : null, news.Rows, reason, news.Message ?? message);
        foreach (var keepsake in keepsakes.TakeWhere(number => !store.IsPending(number)))
        {
            ledger.Forgetting(keepsake.Size);
            keepsake.Confirmation?.Lost(new RowLoss(1, reason, message, null));
        }
    }
}
