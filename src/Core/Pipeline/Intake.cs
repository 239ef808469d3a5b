using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Pipeline;

/// <summary>Turns what the queue holds into written rows in the outbox. The loop's own.</summary>
sealed class Intake(RowComposer composer, Outbox outbox, Flushes flushes, Fates fates, Ledger ledger, TimeProvider clock) : IDisposable
{
    readonly JsonBuffer _json = new();
    readonly List<BraintrustSpan> _open = [];
    long _sequence;

    public void Begin(BraintrustSpan span)
    {
        composer.Begin(span);
        if (!span.IsEnded)
        {
            _open.Add(span);
        }
    }

    public void Write(in Entry entry)
    {
        var row = Row(entry);
        _json.Clear();
        try
        {
            switch (entry.Payload)
            {
                case BraintrustSpan span:
                    composer.End(span, _json);
                    row.After = span.OpenWrite;
                    break;
                case AuditRow audit:
                    composer.Audit(entry, audit, _json);
                    row.After = audit.Comment is null ? outbox.Unsettled(audit.Target) : null;
                    break;
                default:
                    composer.Event(entry, _json);
                    break;
            }
        }
        catch (Exception error) // a value that defeats even the writer's care
        {
            fates.Lose(row, LossReasons.Unwritable, $"A row could not be written: {error.GetType()}.", error);
            return;
        }
        outbox.Add(row, _json.Written);
    }

    /// <summary>What is owed to an entry from now on.</summary>
    public PendingRow Row(in Entry entry)
    {
        flushes.Current.Unsettled++;
        return new PendingRow
        {
            Lane = outbox.LaneOf(entry.Logger),
            Id = entry.RowId,
            Sequence = _sequence++,
            AcceptedAt = entry.AcceptedAt,
            Size = entry.Size,
            Epoch = flushes.Current,
            FrontEnd = entry.FrontEnd,
            Payload = entry.FrontEnd.WatchesLosses ? entry.Payload : null,
            Confirmation = entry.Confirmation,
        };
    }

    /// <summary>Spans that are still open when rows leave are written with what they began with, once.</summary>
    public void WriteOpenSpans()
    {
        foreach (var span in _open)
        {
            if (span.IsEnded)
            {
                continue; // its end is in the queue already, and says it all
            }
            _json.Clear();
            composer.Open(span, _json);
            span.OpenWrite = new RowFate();
            ledger.TryAccept(_json.Length, long.MaxValue, long.MaxValue);
            var row = Row(new Entry { Logger = span.Logger, FrontEnd = span.FrontEnd, Payload = span, RowId = span.Row, AcceptedAt = clock.GetTimestamp(), Size = _json.Length });
            row.Payload = null; // the end is still to come: nothing of the span itself is lost with this
            row.Fate = span.OpenWrite;
            outbox.Add(row, _json.Written);
        }
        _open.Clear();
    }

    public void Dispose() => _json.Dispose();
}
