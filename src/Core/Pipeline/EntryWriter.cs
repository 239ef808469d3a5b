using Braintrust.Logging.Attachments;
using Braintrust.Logging.Masking;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Pipeline;

/// <summary>Turns what the queue holds into written rows, in its order. It belongs to whoever reads the queue: the loop, or the thread of the spool.</summary>
sealed class EntryWriter(RowComposer composer, IRowTaker taker, Ledger ledger, TimeProvider clock) : IDisposable
{
    readonly JsonBuffer _json = new();

    // Spans of which no row is on its way yet.
    readonly List<BraintrustSpan> _unwritten = [];

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
        var role = Role(entry); // may write a row of its own, which has to come first
        AttachmentReference[] attachments;
        _json.Clear();
        try
        {
            switch (entry.Payload)
            {
                case MaskedRow masked:
                    _json.Raw(masked.Row.Json);
                    attachments = masked.Row.Attachments;
                    break;
                case BraintrustSpan ended:
                    composer.End(ended, _json);
                    attachments = AttachmentReference.In(_json);
                    break;
                case AuditRow audit:
                    composer.Audit(entry, audit, _json);
                    attachments = AttachmentReference.In(_json);
                    break;
                default:
                    composer.Event(entry, _json);
                    attachments = AttachmentReference.In(_json);
                    break;
            }
        }
        catch (Exception error) // a value that defeats even the writer's care
        {
            taker.Lose(entry, error);
            return;
        }
        finally
        {
            (entry.Payload as BraintrustSpan)?.Forget();
        }
        taker.Take(entry, role, _json.Written, attachments);
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

    RowRole Role(in Entry entry)
    {
        switch (entry.Payload)
        {
            case BraintrustSpan span:
                span.IsWritten = true;
                return RowRole.End;
            case MaskedRow { Span: { } span }:
                span.IsWritten = true;
                span.Opening = null;
                return RowRole.End;
            case AuditRow { Comment: null } or MaskedRow { IsUpdate: true }:
                WriteTarget(entry.Logger, entry.RowId);
                return RowRole.Update;
            default:
                return RowRole.Whole;
        }
    }

    /// <summary>
    /// A span that has no row yet gets one before feedback or an update of it: merged into nothing, the update would become the row, and the ids that come
    /// later would be ignored (PROTOCOL section 10.1).
    /// </summary>
    void WriteTarget(BraintrustLogger logger, RowId id)
    {
        foreach (var span in _unwritten)
        {
            if (span.Row == id && ReferenceEquals(span.Logger, logger) && span.OpenWrite is null && !span.IsWritten)
            {
                WriteOpen(span);
                return;
            }
        }
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
        var size = RowWeight.Row + _json.Length + AttachmentReference.Weight(attachments);
        ledger.Adding(size);
        var entry = new Entry { Logger = span.Logger, FrontEnd = span.FrontEnd, Payload = span, RowId = span.Row, AcceptedAt = clock.GetTimestamp(), Size = size };
        taker.Take(entry, RowRole.Opening, _json.Written, attachments);
    }

    public void Dispose() => _json.Dispose();
}
