using System.Collections.Concurrent;

namespace Braintrust.Logging.Pipeline;

/// <summary>
/// The flushes that wait, oldest first. Rows are counted by epoch, the time between two flush markers; a flush is done when its epoch and
/// all before it are settled. The loop's own, save for <see cref="Ask"/>.
/// </summary>
sealed class Flushes(Ledger ledger)
{
    readonly List<Epoch> _epochs = [new()];

    // Their markers are still on their way, behind a disk that takes its time: written by callers, and those that the loop has heard of.
    readonly ConcurrentQueue<FlushRequest> _unheard = new();
    readonly List<FlushRequest> _asked = [];

    /// <summary>How many markers were read.</summary>
    public long Begun { get; private set; }

    /// <summary>Whose rows are being read now.</summary>
    public Epoch Current => _epochs[^1];

    /// <summary>Whether somebody still waits. Who was answered at a deadline does not, though rows may remain.</summary>
    public bool AreWaiting => _epochs.Exists(static epoch => epoch.Flush is not null);

    /// <summary>When the first caller stops waiting.</summary>
    public long NextDeadline
    {
        get
        {
            var next = long.MaxValue;
            foreach (var request in _asked)
            {
                next = Math.Min(next, request.Deadline);
            }
            foreach (var epoch in _epochs)
            {
                next = Math.Min(next, epoch.Flush?.Deadline ?? long.MaxValue);
            }
            return next;
        }
    }

    /// <summary>Somebody waits whose marker may be long in coming. Called by callers.</summary>
    public void Ask(FlushRequest request) => _unheard.Enqueue(request);

    /// <summary>From here on those who asked are answered at their deadline at the latest.</summary>
    public void Hear()
    {
        while (_unheard.TryDequeue(out var request))
        {
            _asked.Add(request);
        }
    }

    /// <summary>A marker was read: what comes later is of another epoch.</summary>
    /// <param name="request">Who waits.</param>
    /// <param name="lastSpooled">The number of the last row on disk that came before.</param>
    public void Begin(FlushRequest request, long lastSpooled)
    {
        Begun++;
        _asked.Remove(request);
        Current.Flush = request.IsAnswered ? null : request;
        Current.LastSpooled = lastSpooled;
        _epochs.Add(new Epoch());
    }

    /// <summary>Rows of a process that has ended are ours: they are read before all others, and whoever waits waits for them too.</summary>
    public void Adopt(long rows) => _epochs[0].Unread += rows;

    /// <summary>A row is read from disk: which flush covers it.</summary>
    public Epoch TakeSpooled(long sequence)
    {
        var epoch = _epochs.Find(epoch => sequence <= epoch.LastSpooled && epoch.Unread > 0) ?? Current;
        epoch.Unread -= epoch.Unread > 0 ? 1 : 0;
        return epoch;
    }

    /// <summary>Rows on disk that the loop does not hold are gone: the oldest.</summary>
    public void DropUnread(long rows)
    {
        foreach (var epoch in _epochs)
        {
            var gone = Math.Min(rows, epoch.Unread);
            epoch.Unread -= gone;
            epoch.Dropped += gone;
            rows -= gone;
        }
        Current.Dropped += rows;
    }

    /// <summary>Answers those that are done, and those that nothing can help before their deadline.</summary>
    /// <param name="nextChance">When something may happen next.</param>
    /// <param name="now">What time it is.</param>
    /// <param name="lastError">Why rows wait or were lost.</param>
    public void Complete(long nextChance, long now, string? lastError)
    {
        foreach (var epoch in _epochs)
        {
            epoch.Flush = epoch.Flush is { IsAnswered: true } ? null : epoch.Flush; // who gave up waits no more
        }
        while (_epochs.Count > 1 && _epochs[0].IsSettled)
        {
            if (!TryAnswer(0, lastError)) // answered when its deadline came, or given up: what was settled since belongs to the next
            {
                HandOn(0);
            }
            _epochs.RemoveAt(0);
        }
        for (var i = _epochs.Count - 2; i >= 0; i--)
        {
            if (_epochs[i] is { Unsettled: 0, Uploads: 0, Flush: null }) // answered, and nothing of it is held: what it still has to tell is the next one's
            {
                HandOn(i);
                _epochs.RemoveAt(i);
            }
        }
        for (var i = 0; i < _epochs.Count - 1; i++)
        {
            if (_epochs[i].Flush is { } flush && nextChance >= flush.Deadline)
            {
                TryAnswer(i, lastError);
            }
        }
        foreach (var request in _asked)
        {
            if (now >= request.Deadline)
            {
                request.TryComplete(new FlushResult(false, 0, ledger.SpooledRows, 0, ledger.ResidentRows, lastError ?? "The disk that rows are kept on takes long to answer."));
            }
        }
        _asked.RemoveAll(static request => request.IsAnswered);
    }

    /// <summary>What nobody has been told, after the end.</summary>
    public FlushResult Rest(string? lastError)
    {
        var (delivered, dropped, spooled) = (_epochs.Sum(epoch => epoch.Delivered), _epochs.Sum(epoch => epoch.Dropped), Spooled(_epochs));
        return new FlushResult(true, delivered, spooled, dropped, 0, dropped > 0 || spooled > 0 || _epochs.Any(epoch => epoch.LostUploads > 0) ? lastError : null);
    }

    /// <summary>What an epoch still has to tell becomes the next one's.</summary>
    void HandOn(int index)
    {
        _epochs[index + 1].Delivered += _epochs[index].Delivered;
        _epochs[index + 1].Dropped += _epochs[index].Dropped;
        _epochs[index + 1].LostUploads += _epochs[index].LostUploads;
        _epochs[index + 1].Unread += _epochs[index].Unread;
    }

    /// <summary>With the sums of its epoch and those before it that nobody has been told yet. False: nobody waits there to be told.</summary>
    bool TryAnswer(int index, string? lastError)
    {
        if (_epochs[index].Flush is not { } flush)
        {
            return false;
        }
        var (delivered, dropped, pending, uploads, lostUploads) = (0L, 0L, 0L, 0L, 0L);
        var covered = _epochs[..(index + 1)];
        foreach (var epoch in covered)
        {
            delivered += epoch.Delivered;
            dropped += epoch.Dropped;
            pending += epoch.Unsettled - epoch.Spooled;
            uploads += epoch.Uploads;
            lostUploads += epoch.LostUploads;
        }
        var spooled = Spooled(covered);
        var why = pending > 0 || spooled > 0 || dropped > 0 || uploads > 0 || lostUploads > 0 ? lastError : null;
        why ??= uploads > 0 ? "Attachments are still being uploaded." : null;
        _epochs[index].Flush = null;
        if (!flush.TryComplete(new FlushResult(pending == 0 && uploads == 0, delivered, spooled, dropped, pending, why)))
        {
            return false;
        }
        foreach (var epoch in covered)
        {
            epoch.Delivered = epoch.Dropped = epoch.LostUploads = 0;
        }
        return true;
    }

    static long Spooled(List<Epoch> epochs) => epochs.Sum(static epoch => epoch.Spooled + epoch.Unread);
}
