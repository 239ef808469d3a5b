using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Pipeline;

/// <summary>
/// Tells front ends of their losses: aggregated, one call at a time, on a thread of the pool. The callback may log, flush, dispose, throw
/// or block; the loop never waits for it.
/// </summary>
sealed class LossReporter
{
    static readonly AsyncLocal<bool> Inside = new();

    readonly object _gate = new();
    Dictionary<(FrontEnd, string Reason, string Message), Loss> _losses = [];
    Task _telling = Task.CompletedTask;

    public void Report(FrontEnd frontEnd, long count, string reason, string message, Exception? exception)
    {
        BraintrustDiagnostics.Warn(reason, message, count);
        if (frontEnd.Settings.OnLoss is null)
        {
            return;
        }
        lock (_gate)
        {
            var key = (frontEnd, reason, message);
            _losses[key] = _losses.TryGetValue(key, out var loss) ? loss with { Count = loss.Count + count } : new(count, exception);
            if (_telling.IsCompleted)
            {
                using (ExecutionContext.SuppressFlow())
                {
                    _telling = Task.Run(Tell);
                }
            }
        }
    }

    /// <summary>When all that was reported has been told. From inside the callback itself there is nothing to wait for.</summary>
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
            Dictionary<(FrontEnd, string Reason, string Message), Loss> losses;
            lock (_gate)
            {
                if (_losses.Count == 0)
                {
                    _telling = Task.CompletedTask;
                    return;
                }
                losses = _losses;
                _losses = [];
            }
            foreach (var ((frontEnd, reason, message), loss) in losses)
            {
                try
                {
                    frontEnd.Settings.OnLoss?.Invoke(new RowLoss(loss.Count, reason, message, loss.Exception));
                }
                catch (Exception error) // the user's code
                {
                    BraintrustDiagnostics.Warn("on_loss", $"OnLoss threw {error.GetType()}.", 1);
                }
            }
        }
    }

    readonly record struct Loss(long Count, Exception? Exception);
}
