using Braintrust.Logging.Transport;

namespace Braintrust.Logging.Session;

/// <summary>One attempt for all who ask while it is under way. A success is remembered, a failure never is.</summary>
sealed class SingleFlight<T> where T : class
{
    readonly object _gate = new();
    Task<(Answer, T?)>? _running;
    T? _known;

    public T? Known => Volatile.Read(ref _known);

    /// <param name="attempt">What to do; not cancelled with the one who asked, because others may have joined.</param>
    /// <param name="cancel">Ends this caller's wait.</param>
    public async ValueTask<(Answer Answer, T? Value)> GetAsync(Func<Task<(Answer, T?)>> attempt, CancellationToken cancel)
    {
        if (Known is { } value) return (Answer.Accepted, value);
        try
        {
            return await Join(attempt).WaitAsync(cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return (FailureRule.Cancelled(), null);
        }
    }

    /// <summary>Forgets what is known, if it is still this: who comes late with an old one does not undo a new one.</summary>
    public void Forget(T stale)
    {
        lock (_gate)
        {
            if (ReferenceEquals(_known, stale)) _known = null;
        }
    }

    Task<(Answer, T?)> Join(Func<Task<(Answer, T?)>> attempt)
    {
        lock (_gate)
        {
            if (_known is { } value) return Task.FromResult<(Answer, T?)>((Answer.Accepted, value));
            return _running ??= Task.Run(() => FlyAsync(attempt)); // elsewhere, as it may run a user's code, which must not hold the gate
        }
    }

    async Task<(Answer, T?)> FlyAsync(Func<Task<(Answer, T?)>> attempt)
    {
        (Answer, T?) result;
        try
        {
            result = await attempt().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            result = (Answer.Retry($"The attempt failed ({exception.GetType().Name}).", exception), null);
        }
        lock (_gate)
        {
            _running = null;
            _known = result.Item2;
        }
        return result;
    }
}
