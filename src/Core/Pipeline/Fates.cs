using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Pipeline;

/// <summary>Where every row ends: delivered, or lost with a reason. All books are kept here: ledger, flush, waiting callers, listeners.</summary>
sealed class Fates(Ledger ledger, LossReporter losses, TimeProvider clock)
{
    static readonly TimeSpan SummaryDelay = TimeSpan.FromMinutes(1);

    // More projects than that at once are not told: a selector may name any number.
    const int ProjectsToTell = 256;

    long _deliveredAt = long.MinValue;

    /// <summary>How many projects have losses that they have not been told of.</summary>
    public int Untold { get; set; }

    /// <summary>The last thing that went wrong, for those who ask why.</summary>
    public string? LastError { get; set; }

    /// <summary>What somebody has to change before anything can be delivered.</summary>
    public string? Obstacle { get; set; }

    /// <summary>How long ago something was delivered; null: never. Others ask too.</summary>
    public TimeSpan? SinceDelivery => Volatile.Read(ref _deliveredAt) is var at && at == long.MinValue ? null : clock.GetElapsedTime(at);

    public void Deliver(Batch batch)
    {
        Obstacle = null;
        Volatile.Write(ref _deliveredAt, clock.GetTimestamp());
        foreach (ref var row in batch.Rows)
        {
            Settle(row);
            row.Epoch.Delivered++;
            ledger.Delivering(row.Size);
            row.Confirmation?.Delivered();
        }
        batch.Dispose();
    }

    public void Lose(Batch batch, string reason, string message)
    {
        foreach (var rows in batch.Rows.ToArray().GroupBy(row => row.FrontEnd))
        {
            Lose(rows.Key, [.. rows], new RowLoss(rows.Count(), reason, message, null));
        }
        batch.Dispose();
    }

    public void Lose(PendingRow row, string reason, string message, Exception? exception) =>
        Lose(row.FrontEnd, [row], new RowLoss(1, reason, message, exception));

    void Lose(FrontEnd frontEnd, PendingRow[] rows, RowLoss loss)
    {
        LastError = loss.Message;
        foreach (var row in rows)
        {
            row.Lane.IsProbing = false;
            Settle(row);
            row.Epoch.Dropped++;
            ledger.Dropping(row.Size, loss.Reason);
            row.Confirmation?.Lost(loss);
            if (!row.IsSummary)
            {
                Remember(row.Lane, loss.Reason, 1);
            }
        }
        losses.Report(frontEnd, frontEnd.WatchesLosses ? [.. rows.Select(row => row.Payload).OfType<object>()] : [], loss);
    }

    /// <summary>For the row that tells the project itself what it lost, once delivery works.</summary>
    public void Remember(Lane lane, string reason, long rows)
    {
        if (lane.Lost is null && Untold++ >= ProjectsToTell)
        {
            Untold--;
            return;
        }
        lane.Lost ??= new LossTally(clock.GetUtcNow().UtcTicks, clock.GetTimestamp() + (long)(SummaryDelay.TotalSeconds * clock.TimestampFrequency));
        lane.Lost.Add(reason, rows);
    }

    /// <summary>An attachment is no row: it is told in the same way, and counted apart.</summary>
    public void Lose(Upload upload, string message)
    {
        LastError = message;
        ledger.LosingUpload();
        foreach (var epoch in upload.Epochs)
        {
            epoch.LostUploads++;
        }
        losses.Report(upload.FrontEnd, new RowLoss(1, LossReasons.Attachment, message, null));
    }

    static void Settle(in PendingRow row)
    {
        row.Epoch.Unsettled--;
        row.Lane.Rows--;
        if (row.Fate is { } fate)
        {
            fate.IsSettled = true;
            fate.Where = null;
        }
    }
}
