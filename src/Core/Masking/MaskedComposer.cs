using System.Collections.Concurrent;
using Braintrust.Logging.Attachments;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Masking;

/// <summary>
/// Composes rows on the callers' threads for front ends with a mask, so that nothing unmasked ever stands in the queue. Any number of callers
/// at once: each borrows a composer. Never throws.
/// </summary>
sealed class MaskedComposer(Func<RowComposer> make)
{
    readonly ConcurrentBag<RowComposer> _idle = [];

    /// <summary>The entry with its finished row in place of all that was said.</summary>
    public Entry Compose(Entry entry)
    {
        var row = MaskedRow.Of(entry.Payload, () => Write(entry.FrontEnd, (composer, json) => Write(composer, entry, json)), entry.FrontEnd.WatchesLosses);
        row.Span?.Forget();
        return entry with { Payload = row, Size = row.Size + (entry.FrontEnd.WatchesLosses ? entry.Size : 0), Error = null, Enrichment = null };
    }

    /// <summary>Composes what may be written of a span while it is open. False: it cannot be.</summary>
    public bool TryComposeOpening(BraintrustSpan span)
    {
        try
        {
            span.Opening = Write(span.FrontEnd, (composer, json) =>
            {
                composer.Begin(span);
                composer.Open(span, json);
            });
            return true;
        }
        catch (Exception error) // a value that defeats even the writer's care
        {
            BraintrustDiagnostics.Warn("opening", $"The beginning of a span could not be written: {error.GetType()}.", 1);
            return false;
        }
    }

    static void Write(RowComposer composer, in Entry entry, JsonBuffer json)
    {
        switch (entry.Payload)
        {
            case BraintrustSpan span:
                composer.End(span, json);
                break;
            case AuditRow audit:
                composer.Audit(entry, audit, json);
                break;
            default:
                composer.Event(entry, json);
                break;
        }
    }

    WrittenRow Write(FrontEnd frontEnd, Action<RowComposer, JsonBuffer> compose)
    {
        using var row = new JsonBuffer();
        using var masked = new JsonBuffer();
        var composer = _idle.TryTake(out var idle) ? idle : make();
        compose(composer, row);
        composer.Forget();
        if (_idle.Count < Environment.ProcessorCount)
        {
            _idle.Add(composer);
        }
        RowMask.Apply(row.Written.ToArray(), frontEnd.Settings.Mask!, masked);
        masked.Note(row.CopyAttachments()); // what the mask took away is not found in what it left
        return new(masked.Written.ToArray(), AttachmentReference.In(masked));
    }
}
