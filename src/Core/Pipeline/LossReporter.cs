using Braintrust.Logging.Masking;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Pipeline;

/// <summary>
/// Tells front ends of their losses: <c>OnLoss</c> aggregated, failure listeners event by event, one call at a time on the thread
/// pool. All of that is the user's code: it may log, flush, dispose, throw or block, and neither a log call nor the loop ever waits for it.
/// </summary>
/// <param name="ledger">Events that wait to be told weigh in the queue's bound like those that wait to be sent.</param>
/// <param name="refusedBytes">What those may weigh that the queue refused: it is full while they come.</param>
sealed class LossReporter(Ledger ledger, long refusedBytes)
{
    // Beyond this many events that wait to be told, a listener hears of none: their number is in OnLoss.
    const int WatchedLimit = 100_000;

    static readonly AsyncLocal<bool> Inside = new();

    readonly object _gate = new();
    Dictionary<(FrontEnd FrontEnd, string Reason, string Message), RowLoss> _losses = [];
    List<Watched> _watched = [];
    int _watchedEvents;
    long _refusedBytes;
    Task _telling = Task.CompletedTask;

    public void Report(FrontEnd frontEnd, RowLoss loss) => Report(frontEnd, [], 0, loss);

    /// <param name="frontEnd">Whose rows they were.</param>
    /// <param name="payloads">The events, for a front end that watches; may be empty.</param>
    /// <param name="bytes">What they weigh.</param>
    /// <param name="loss">How many, and why.</param>
    public void Report(FrontEnd frontEnd, IReadOnlyList<object> payloads, long bytes, RowLoss loss)
    {
        lock (_gate)
        {
            var key = (frontEnd, loss.Reason, loss.Message);
            _losses[key] = _losses.TryGetValue(key, out var known) ? known with { Count = known.Count + loss.Count } : loss;
            if (payloads.Count > 0)
            {
                Watch(new Watched(frontEnd, payloads, bytes, loss, IsRefused: false));
            }
            StartTelling();
        }
    }

    /// <summary>For the listener of a front end that watches: an event that never got in. How many there were is reported elsewhere.</summary>
    public void Refused(in Entry entry, RowLoss loss)
    {
        if (MaskedRow.Unmasked(entry.Payload) is not { } payload)
        {
            return;
        }
        lock (_gate)
        {
            if (_refusedBytes > 0 && _refusedBytes + entry.Size > refusedBytes)
            {
                return;
            }
            Watch(new Watched(entry.FrontEnd, [payload], entry.Size, loss, IsRefused: true));
            StartTelling();
        }
    }

    /// <summary>When all that was reported has been told. From inside a callback there is nothing to wait for.</summary>
    public Task Told
    {
        get
        {
            if (Inside.Value)
            {
                return Task.CompletedTask;
            }
            lock (_gate)
            {
                return _telling;
            }
        }
    }

    void Watch(Watched watched)
    {
        if (_watchedEvents >= WatchedLimit)
        {
            return;
        }
        _watchedEvents += watched.Payloads.Count;
        _refusedBytes += watched.IsRefused ? watched.Bytes : 0;
        ledger.Weighing(watched.Bytes);
        _watched.Add(watched);
    }

    void StartTelling()
    {
        if (_telling.IsCompleted)
        {
            using (ExecutionContext.SuppressFlow())
            {
                _telling = Task.Run(Tell);
            }
        }
    }

    void Tell()
    {
        Inside.Value = true;
        while (true)
        {
            Dictionary<(FrontEnd FrontEnd, string, string), RowLoss> losses;
            List<Watched> watched;
            lock (_gate)
            {
                if (_losses.Count == 0 && _watched.Count == 0)
                {
                    _telling = Task.CompletedTask;
                    return;
                }
                (losses, _losses) = (_losses, []);
                (watched, _watched) = (_watched, []);
            }
            for (var i = 0; i < watched.Count; i++)
            {
                var told = watched[i];
                watched[i] = default; // what is told need not be kept for those that are not
                Guarded("listener", () => told.FrontEnd.Lost(told.Payloads, told.Loss));
                lock (_gate)
                {
                    _watchedEvents -= told.Payloads.Count;
                    _refusedBytes -= told.IsRefused ? told.Bytes : 0;
                }
                ledger.Weighing(-told.Bytes);
            }
            foreach (var (key, loss) in losses)
            {
                BraintrustDiagnostics.Warn(loss.Reason, loss.Message, loss.Count);
                Guarded("on_loss", () => key.FrontEnd.Settings.OnLoss?.Invoke(loss));
            }
        }
    }

    static void Guarded(string what, Action call)
    {
        try
        {
            call();
        }
        catch (Exception error)
        {
            BraintrustDiagnostics.Warn(what, $"A callback for losses threw {error.GetType()}.", 1);
        }
    }

    readonly record struct Watched(FrontEnd FrontEnd, IReadOnlyList<object> Payloads, long Bytes, RowLoss Loss, bool IsRefused);
}
