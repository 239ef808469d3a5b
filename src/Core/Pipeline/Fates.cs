using Braintrust.Logging.Rows;
using Braintrust.Logging.Spool;

namespace Braintrust.Logging.Pipeline;

/// <summary>Where every row ends: delivered, or lost with a reason. All books are kept here: ledger, flush, waiting callers, listeners.</summary>
sealed class Fates(Ledger ledger, LossReporter losses, FrontEnd self, SpoolStore? spool, TimeProvider clock)
{
    static readonly TimeSpan SummaryDelay = TimeSpan.FromMinutes(1);

    // More projects than that at once are not told: a selector may name any number.
    const int ProjectsToTell = 256;

    /// <summary>For who waits for a row that is left.</summary>
    public const string IsOnDisk = "It is on disk, and the next process sends it.";

    // What was lost since the listeners were last told: one occasion, however many rows, batches and answers it took.
    readonly Dictionary<(FrontEnd FrontEnd, string Reason, string Message), (RowLoss Loss, List<object> Payloads, long Bytes)> _untold = [];
    long _deliveredAt = long.MinValue;

    /// <summary>How many projects have losses that they have not been told of.</summary>
    public int Untold { get; set; }

    /// <summary>The last thing that went wrong, for those who ask why.</summary>
    public string? LastError { get; set; }

    /// <summary>Rows were left on disk for the next process: there is no point in reading more.</summary>
    public bool HasLeftRows { get; private set; }

    /// <summary>What somebody has to change before anything can be delivered.</summary>
    public string? Obstacle { get; set; }

    /// <summary>How long ago something was delivered; null: never. Others ask too.</summary>
    public TimeSpan? SinceDelivery => Volatile.Read(ref _deliveredAt) is var at && at == long.MinValue ? null : clock.GetElapsedTime(at);

    public void Deliver(Batch batch)
    {
        Obstacle = null;
        Volatile.Write(ref _deliveredAt, clock.GetTimestamp());
        var isAwaited = false;
        foreach (ref var row in batch.Rows)
        {
            Settle(row);
            row.Epoch.Delivered++;
            isAwaited |= row.Confirmation is not null;
        }
        ledger.Delivering(batch.Rows);
        if (isAwaited)
        {
            foreach (ref var row in batch.Rows)
            {
                row.Confirmation?.Delivered();
            }
        }
        batch.Dispose();
    }

    public void Lose(Batch batch, string reason, string message)
    {
        if (spool is not null && reason is LossReasons.Rejected or LossReasons.TooLarge)
        {
            Bury(batch, reason, message);
        }
        foreach (var rows in batch.Rows.ToArray().GroupBy(row => row.FrontEnd))
        {
            Lose(rows.Key, [.. rows], new RowLoss(rows.Count(), reason, message, null));
        }
        batch.Dispose();
    }

    /// <summary>The end has come: what is on disk stays there for the next process, the rest is lost.</summary>
    public void End(Batch batch, string message)
    {
        var rest = batch.Empty();
        foreach (ref var row in batch.Rows)
        {
            if (row.IsSpooled)
            {
                Leave(row, message);
            }
            else
            {
                rest.Add(row, batch.Text(row));
            }
        }
        batch.Dispose();
        Lose(rest, LossReasons.Shutdown, message);
    }

    /// <summary>Its fate is another process's to settle, and so are those of the rows that have to follow it.</summary>
    void Leave(in PendingRow row, string message)
    {
        HasLeftRows = true;
        LastError = message;
        row.Epoch.Unsettled--;
        row.Epoch.Spooled--;
        row.Epoch.Unread++;
        row.Lane.Rows--;
        row.Lane.IsProbing = false;
        ledger.Forgetting(row.Size);
        row.Confirmation?.Lost(new RowLoss(1, LossReasons.Shutdown, $"{message} {IsOnDisk}", null));
    }

    /// <summary>Rows on disk that nobody held are gone. Whose they were may not be known any more.</summary>
    public void LoseSpooled(Lane? project, long rows, string reason, string message)
    {
        LastError = message;
        ledger.DroppingSpooled(rows, reason);
        if (project is not null)
        {
            Remember(project, reason, rows);
        }
        Gather(self, [], new RowLoss(rows, reason, message, null));
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
            ledger.Dropping(row, loss.Reason);
            row.Confirmation?.Lost(loss);
            if (!row.IsSummary)
            {
                Remember(row.Lane, loss.Reason, 1);
            }
        }
        if (frontEnd.WatchesLosses)
        {
            Gather(frontEnd, rows.Select(static row => row.Payload).OfType<object>(), loss, rows.Sum(static row => row.Payload is null ? 0 : row.Size));
        }
        else
        {
            Gather(frontEnd, [], loss);
        }
    }

    /// <summary>Rows that the queue refused: their writes were counted where they were refused.</summary>
    public void Refuse(FrontEnd frontEnd, long rows) =>
        Gather(frontEnd, [], new RowLoss(rows, LossReasons.QueueFull, "The queue was full. Raise QueueLimit and QueueLimitBytes for bursts, or log less.", null));

    /// <summary>
    /// Hands the losses of this occasion to those who listen. Before any flush is answered: what its result says was dropped has been told by then.
    /// </summary>
    public void Tell()
    {
        foreach (var ((frontEnd, _, _), (loss, payloads, bytes)) in _untold)
        {
            losses.Report(frontEnd, payloads, bytes, loss);
        }
        _untold.Clear();
    }

    void Gather(FrontEnd frontEnd, IEnumerable<object> payloads, RowLoss loss, long bytes = 0)
    {
        var key = (frontEnd, loss.Reason, loss.Message);
        var known = _untold.GetValueOrDefault(key);
        var all = known.Payloads ?? [];
        all.AddRange(payloads);
        _untold[key] = (known.Loss is null ? loss : known.Loss with { Count = known.Loss.Count + loss.Count }, all, known.Bytes + bytes);
    }

    /// <summary>For the row that tells the project itself what it lost, once delivery works.</summary>
    public void Remember(Lane lane, string reason, long rows)
    {
        if (lane.Lost is null && Untold++ >= ProjectsToTell)
        {
            Untold--;
            return;
        }
        lane.Lost ??= new LossTally(clock.GetUtcNow().UtcTicks, clock.After(clock.GetTimestamp(), SummaryDelay));
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
        Gather(upload.FrontEnd, [], new RowLoss(1, LossReasons.Attachment, message, null));
    }

    /// <summary>What the service refuses is kept for people to read.</summary>
    void Bury(Batch batch, string reason, string message)
    {
        foreach (ref var row in batch.Rows)
        {
            spool!.Bury(new DeadLetter(reason, message, row.Lane.Key, clock.GetUtcNow().UtcTicks, batch.Json(row)));
        }
    }

    void Settle(in PendingRow row)
    {
        row.Epoch.Unsettled--;
        if (row.IsSpooled)
        {
            row.Epoch.Spooled--;
            spool!.Settle(row.SpoolSequence);
        }
        row.Lane.Rows--;
        if (row.Fate is { } fate)
        {
            fate.IsSettled = true;
            fate.Where = null;
        }
    }
}
