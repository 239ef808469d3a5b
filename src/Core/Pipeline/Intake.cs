using Braintrust.Logging.Attachments;
using Braintrust.Logging.Masking;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Pipeline;

/// <summary>Turns what the queue holds into written rows in the outbox. The loop's own.</summary>
sealed class Intake(RowComposer composer, Outbox outbox, Flushes flushes, Fates fates, Ledger ledger, TimeProvider clock) : IDisposable
{
    readonly JsonBuffer _json = new();

    // Spans of which no row is on its way yet.
    readonly List<BraintrustSpan> _unwritten = [];
    long _sequence;

    public void Begin(BraintrustSpan span)
    {
        if (span.Opening is null)
        {
            composer.Begin(span);
        }
        _unwritten.Add(span);
    }

    public void Write(in Entry entry)
    {
        var after = Predecessor(entry); // may write a row of its own, which has to come first
        var row = Row(entry);
        row.After = after;
        if (entry.Payload is AuditRow { Comment: null } or MaskedRow { IsUpdate: true })
        {
            row.Fate = outbox.Update(row.Lane, entry.RowId);
        }
        _json.Clear();
        try
        {
            switch (entry.Payload)
            {
                case MaskedRow masked:
                    _json.Raw(masked.Row.Json);
                    row.Attachments = masked.Row.Attachments;
                    break;
                case BraintrustSpan ended:
                    composer.End(ended, _json);
                    break;
                case AuditRow audit:
                    composer.Audit(entry, audit, _json);
                    break;
                default:
                    composer.Event(entry, _json);
                    break;
            }
            row.Attachments ??= AttachmentReference.In(_json);
        }
        catch (Exception error) // a value that defeats even the writer's care
        {
            fates.Lose(row, LossReasons.Unwritable, $"A row could not be written: {error.GetType()}.", error);
            return;
        }
        outbox.Add(row, _json.Written);
    }

    /// <summary>The row of the same id that has to be settled before this one is sent.</summary>
    RowFate? Predecessor(in Entry entry) => entry.Payload switch
    {
        BraintrustSpan span => WriteEnd(span),
        MaskedRow { Span: { } span } => WriteEnd(span),
        AuditRow { Comment: null } or MaskedRow { IsUpdate: true } => Target(entry.Logger, entry.RowId),
        _ => null,
    };

    /// <summary>What is owed to an entry from now on.</summary>
    public PendingRow Row(in Entry entry)
    {
        flushes.Current.Unsettled++;
        var lane = outbox.LaneOf(entry.Logger);
        lane.Rows++;
        return new PendingRow
        {
            Lane = lane,
            Id = entry.RowId,
            Sequence = _sequence++,
            AcceptedAt = entry.AcceptedAt,
            Size = entry.Size,
            Epoch = flushes.Current,
            FrontEnd = entry.FrontEnd,
            Payload = entry.FrontEnd.WatchesLosses ? MaskedRow.Unmasked(entry.Payload) : null,
            Confirmation = entry.Confirmation,
        };
    }

    /// <summary>Spans that are still open when rows leave are written with what they began with, once.</summary>
    public void WriteOpenSpans()
    {
        foreach (var span in _unwritten)
        {
            if (!span.IsEnded && span.OpenWrite is null) // the end of the others is in the queue already, and says it all
            {
                WriteOpen(span);
            }
        }
        _unwritten.RemoveAll(static span => span.OpenWrite is not null || span.IsWritten);
    }

    void WriteOpen(BraintrustSpan span)
    {
        _json.Clear();
        AttachmentReference[] attachments;
        try
        {
            if (span.Opening is { } opening)
            {
                _json.Raw(opening.Json);
                attachments = opening.Attachments;
            }
            else
            {
                composer.Open(span, _json);
                attachments = AttachmentReference.In(_json);
            }
        }
        catch (Exception error) // a value that defeats even the writer's care: the end will say what became of it
        {
            BraintrustDiagnostics.Warn("unwritable", $"The beginning of a span could not be written: {error.GetType()}.", 1);
            span.OpenWrite = new RowFate { IsSettled = true };
            return;
        }
        span.OpenWrite = new RowFate();
        var size = _json.Length + AttachmentReference.Weight(attachments);
        ledger.TryAccept(size, long.MaxValue, long.MaxValue);
        ledger.Holding(size);
        var row = Row(new Entry { Logger = span.Logger, FrontEnd = span.FrontEnd, Payload = span, RowId = span.Row, AcceptedAt = clock.GetTimestamp(), Size = size });
        row.Attachments = attachments;
        row.Payload = null; // the end is still to come: nothing of the span itself is lost with this
        row.Fate = span.OpenWrite;
        outbox.Add(row, _json.Written);
    }

    /// <summary>Tells a project what it lost, as a row of its own.</summary>
    public void WriteSummary(Lane lane, LossTally lost, FrontEnd frontEnd)
    {
        _json.Clear();
        var id = RowId.New();
        composer.Losses(id, lost.ByReason, lost.Since, frontEnd, clock.GetUtcNow().UtcTicks, _json);
        ledger.TryAccept(_json.Length, long.MaxValue, long.MaxValue);
        ledger.Holding(_json.Length);
        flushes.Current.Unsettled++;
        lane.Rows++;
        var row = new PendingRow
        {
            Lane = lane,
            Id = id,
            Sequence = _sequence++,
            AcceptedAt = clock.GetTimestamp(),
            Size = _json.Length,
            Epoch = flushes.Current,
            FrontEnd = frontEnd,
            IsSummary = true,
        };
        outbox.Add(row, _json.Written);
    }

    RowFate? WriteEnd(BraintrustSpan span)
    {
        span.IsWritten = true;
        return outbox.LatestUpdate(outbox.LaneOf(span.Logger), span.Row) ?? span.OpenWrite;
    }

    /// <summary>
    /// The row that feedback or an update has to follow. A span that has no row yet gets one now: merged into nothing, the update would
    /// become the row, and the ids that come later would be ignored (PROTOCOL section 10.1).
    /// </summary>
    RowFate? Target(BraintrustLogger logger, RowId id)
    {
        foreach (var span in _unwritten)
        {
            if (span.Row == id && ReferenceEquals(span.Logger, logger) && span.OpenWrite is null && !span.IsWritten)
            {
                WriteOpen(span);
                break;
            }
        }
        var lane = outbox.LaneOf(logger);
        return outbox.LatestUpdate(lane, id) ?? outbox.Unsettled(lane, id);
    }

    public void Dispose() => _json.Dispose();
}
