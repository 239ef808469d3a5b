namespace Braintrust.Logging.Pipeline;

/// <summary>
/// The flushes that wait, oldest first. Rows are counted by epoch, the time between two flush markers; a flush is done when its epoch and
/// all before it are settled. The loop's own.
/// </summary>
sealed class Flushes
{
    readonly List<Epoch> _epochs = [new()];

    /// <summary>Whose rows are being read now.</summary>
    public Epoch Current => _epochs[^1];

    public bool AreWaiting => _epochs.Count > 1;

    /// <summary>When the first caller stops waiting.</summary>
    public long NextDeadline
    {
        get
        {
            var next = long.MaxValue;
            foreach (var epoch in _epochs)
            {
                next = Math.Min(next, epoch.Flush?.Deadline ?? long.MaxValue);
            }
            return next;
        }
    }

    /// <summary>A marker was read: what comes later is of another epoch.</summary>
    public void Begin(FlushRequest request)
    {
        Current.Flush = request;
        _epochs.Add(new Epoch());
    }

    /// <summary>Answers those that are done, and those that nothing can help before their deadline.</summary>
    /// <param name="nextChance">When something may happen next.</param>
    /// <param name="lastError">Why rows wait or were lost.</param>
    public void Complete(long nextChance, string? lastError)
    {
        while (AreWaiting && _epochs[0].IsSettled)
        {
            if (_epochs[0].Flush is null) // answered when its deadline came: what was settled since belongs to the next
            {
                HandOn(0);
            }
            else
            {
                Answer(0, isCompleted: true, lastError);
            }
            _epochs.RemoveAt(0);
        }
        for (var i = _epochs.Count - 2; i >= 0; i--)
        {
            if (_epochs[i] is { IsSettled: true, Flush: null }) // answered and settled: what it still has to tell is the next one's
            {
                HandOn(i);
                _epochs.RemoveAt(i);
            }
        }
        for (var i = 0; i < _epochs.Count - 1; i++)
        {
            if (_epochs[i].Flush is { } flush && nextChance >= flush.Deadline)
            {
                Answer(i, isCompleted: false, lastError);
            }
        }
    }

    /// <summary>What nobody has been told, after the end.</summary>
    public FlushResult Rest(string? lastError)
    {
        var (delivered, dropped) = (_epochs.Sum(epoch => epoch.Delivered), _epochs.Sum(epoch => epoch.Dropped));
        return new FlushResult(true, delivered, 0, dropped, 0, dropped > 0 || _epochs.Any(epoch => epoch.LostUploads > 0) ? lastError : null);
    }

    /// <summary>What an epoch still has to tell becomes the next one's.</summary>
    void HandOn(int index)
    {
        _epochs[index + 1].Delivered += _epochs[index].Delivered;
        _epochs[index + 1].Dropped += _epochs[index].Dropped;
        _epochs[index + 1].LostUploads += _epochs[index].LostUploads;
    }

    /// <summary>With the sums of its epoch and those before it that nobody has been told yet.</summary>
    void Answer(int index, bool isCompleted, string? lastError)
    {
        var (delivered, dropped, pending, uploads, lostUploads) = (0L, 0L, 0L, 0L, 0L);
        foreach (var epoch in _epochs[..(index + 1)])
        {
            delivered += epoch.Delivered;
            dropped += epoch.Dropped;
            pending += epoch.Unsettled;
            uploads += epoch.Uploads;
            lostUploads += epoch.LostUploads;
            epoch.Delivered = epoch.Dropped = epoch.LostUploads = 0;
        }
        var why = pending > 0 || dropped > 0 || uploads > 0 || lostUploads > 0 ? lastError : null;
        why ??= uploads > 0 ? "Attachments are still being uploaded." : null;
        _epochs[index].Flush?.Complete(new FlushResult(isCompleted, delivered, 0, dropped, pending, why));
        _epochs[index].Flush = null;
    }
}
