using Braintrust.Logging.Attachments;
using Braintrust.Logging.Masking;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Pipeline;

/// <summary>Takes written rows into the outbox, and notes what is owed to them and which others they have to follow. The loop's own.</summary>
sealed class Intake(RowComposer composer, Outbox outbox, Flushes flushes, Fates fates, Ledger ledger, TimeProvider clock) : IRowTaker, IDisposable
{
    readonly JsonBuffer _json = new();
    readonly RowUpdates _updates = new();
    long _sequence;

    public void Take(in Entry entry, RowRole role, ReadOnlySpan<byte> json, AttachmentReference[] attachments)
    {
        var row = Row(entry);
        row.Attachments = attachments;
        switch (role)
        {
            case RowRole.Opening:
                row.Payload = null; // the end is still to come: nothing of the span itself is lost with this
                row.Fate = OpenWrite(entry);
                break;
            case RowRole.End:
                Follow(ref row, OpenWrite(entry), isUpdate: false);
                break;
            case RowRole.Update:
                Follow(ref row, Earlier(row), isUpdate: true);
                break;
        }
        Add(ref row, json);
    }

    /// <summary>Takes a row in whose predecessors are known by their id alone: they may have been written by a process that has ended.</summary>
    public void Take(PendingRow row, bool follows, ReadOnlySpan<byte> json)
    {
        Follow(ref row, follows ? Earlier(row) : null, isUpdate: follows);
        Add(ref row, json);
    }

    public void Lose(in Entry entry, Exception error) => fates.Lose(Row(entry), LossReasons.Unwritable, $"A row could not be written: {error.GetType()}.", error);

    /// <summary>What is owed to an entry from now on.</summary>
    public PendingRow Row(in Entry entry)
    {
        flushes.Current.Unsettled++;
        return Row(entry, flushes.Current);
    }

    /// <summary>What is owed to an entry that this flush counts already.</summary>
    public PendingRow Row(in Entry entry, Epoch epoch)
    {
        var lane = outbox.LaneOf(entry.Logger);
        lane.Rows++;
        return new PendingRow
        {
            Lane = lane,
            Id = entry.RowId,
            Sequence = _sequence++,
            AcceptedAt = entry.AcceptedAt,
            Size = entry.Size,
            Epoch = epoch,
            FrontEnd = entry.FrontEnd,
            Payload = entry.FrontEnd.WatchesLosses ? MaskedRow.Unmasked(entry.Payload) : null,
            Confirmation = entry.Confirmation,
        };
    }

    /// <summary>What is owed to a row that was read from disk.</summary>
    /// <param name="lane">Its project.</param>
    /// <param name="id">Its id.</param>
    /// <param name="spooled">Its number on disk.</param>
    /// <param name="epoch">Which flush covers it.</param>
    public PendingRow Row(Lane lane, RowId id, long spooled, Epoch epoch)
    {
        epoch.Unsettled++;
        epoch.Spooled++;
        lane.Rows++;
        return new PendingRow { Lane = lane, Id = id, Sequence = _sequence++, SpoolSequence = spooled, IsSpooled = true, Epoch = epoch };
    }

    /// <summary>Tells a project what it lost, as a row of its own.</summary>
    public void WriteSummary(Lane lane, LossTally lost, FrontEnd frontEnd)
    {
        _json.Clear();
        var id = RowId.New();
        composer.Losses(id, lost.ByReason, lost.Since, frontEnd, clock.GetUtcNow().UtcTicks, _json);
        ledger.Adding(_json.Length);
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
        Add(ref row, _json.Written);
    }

    /// <summary>From here on it weighs what it is as a written row, and nothing of what it was made of is kept, unless its front end wants that back.</summary>
    void Add(ref PendingRow row, ReadOnlySpan<byte> json)
    {
        var attached = row.Attachments is { Length: > 0 } references ? AttachmentReference.Weight(references) : 0;
        var size = PendingRow.Weight + json.Length + attached + (row.Payload is null ? 0 : row.Size / 2);
        ledger.Weighing(size - row.Size);
        row.Size = size;
        outbox.Add(row, json[..^1]);
    }

    /// <summary>After the latest update, else after that write. What comes later waits for this one, and no longer for the update before it.</summary>
    void Follow(ref PendingRow row, RowFate? write, bool isUpdate)
    {
        var latest = _updates.Latest(row.Lane, row.Id);
        row.After = latest ?? write;
        if (row.After is { } awaited)
        {
            awaited.IsAwaited = true;
        }
        if (isUpdate || latest is not null)
        {
            row.Fate = _updates.Add(row.Lane, row.Id);
        }
    }

    RowFate? Earlier(in PendingRow row) => _updates.Latest(row.Lane, row.Id) ?? outbox.Unsettled(row.Lane, row.Id);

    static RowFate? OpenWrite(in Entry entry) => (entry.Payload as BraintrustSpan ?? ((MaskedRow)entry.Payload).Span!).OpenWrite;

    public void Dispose() => _json.Dispose();
}
