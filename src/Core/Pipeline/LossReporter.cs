using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Pipeline;

/// <summary>
/// Tells front ends of their losses: <c>OnLoss</c> aggregated, failure listeners event by event, one call at a time on the thread
/// pool. All of that is the user's code: it may log, flush, dispose, throw or block, and the loop never waits for it.
/// </summary>
sealed class LossReporter
{
    // Beyond this many events that wait to be told, a listener that blocks would cost more memory than the queue may.
    const int WatchedLimit = 100_000;

    static readonly AsyncLocal<bool> Inside = new();

    readonly object _gate = new();
    Dictionary<(FrontEnd FrontEnd, string Reason, string Message), RowLoss> _losses = [];
    List<(FrontEnd FrontEnd, IReadOnlyList<object> Payloads, RowLoss Loss)> _watched = [];
    int _watchedEvents;
    Task _telling = Task.CompletedTask;

    public void Report(FrontEnd frontEnd, RowLoss loss) => Report(frontEnd, [], loss);

    /// <param name="frontEnd">Whose rows they were.</param>
    /// <param name="payloads">The events, for a front end that watches; may be empty.</param>
    /// <param name="loss">How many, and why.</param>
    public void Report(FrontEnd frontEnd, IReadOnlyList<object> payloads, RowLoss loss)
    {
        lock (_gate)
        {
            var key = (frontEnd, loss.Reason, loss.Message);
            _losses[key] = _losses.TryGetValue(key, out var known) ? known with { Count = known.Count + loss.Count } : loss;
            if (payloads.Count > 0 && _watchedEvents < WatchedLimit)
            {
                _watchedEvents += payloads.Count;
                _watched.Add((frontEnd, payloads, loss));
            }
            if (_telling.IsCompleted)
            {
                using (ExecutionContext.SuppressFlow())
                {
                    _telling = Task.Run(Tell);
                }
            }
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

    void Tell()
    {
        Inside.Value = true;
        while (true)
        {
            Dictionary<(FrontEnd FrontEnd, string, string), RowLoss> losses;
            List<(FrontEnd FrontEnd, IReadOnlyList<object> Payloads, RowLoss Loss)> watched;
            lock (_gate)
            {
                if (_losses.Count == 0 && _watched.Count == 0)
                {
                    _telling = Task.CompletedTask;
                    return;
                }
                (losses, _losses) = (_losses, []);
                (watched, _watched) = (_watched, []);
                _watchedEvents = 0;
            }
            foreach (var (frontEnd, payloads, loss) in watched)
            {
                Guarded("listener", () => frontEnd.Lost(payloads, loss));
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
}
