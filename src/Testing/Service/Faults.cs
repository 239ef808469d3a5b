using System.Net;

namespace Braintrust.Logging.Testing.Service;

/// <summary>What happens to the next requests of a kind, in the order it was asked for.</summary>
sealed class Faults(TimeProvider clock)
{
    readonly object _lock = new();
    readonly Dictionary<BraintrustRequest, Queue<Planned>> _planned = [];
    TaskCompletionSource _recovery = NewRecovery();

    public void Plan(BraintrustRequest of, int times, Fault fault)
    {
        lock (_lock)
        {
            if (!_planned.TryGetValue(of, out var queue))
            {
                _planned[of] = queue = new();
            }
            queue.Enqueue(new Planned(fault, times));
        }
    }

    /// <summary>Ends them all; what is being delayed goes on at once.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _planned.Clear();
            _recovery.SetResult();
            _recovery = NewRecovery();
        }
    }

    /// <summary>Null: the usual answer, if need be after a delay.</summary>
    /// <exception cref="HttpRequestException">The connection was refused.</exception>
    public async Task<HttpResponseMessage?> MeetAsync(BraintrustRequest? kind, CancellationToken cancel)
    {
        var (fault, recovery) = Next(kind);
        if (fault is null)
        {
            return null;
        }
        if (fault.Delay > TimeSpan.Zero)
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            await Task.WhenAny(Task.Delay(fault.Delay, clock, ended.Token), recovery).ConfigureAwait(false);
            await ended.CancelAsync().ConfigureAwait(false);
            cancel.ThrowIfCancellationRequested();
            return null;
        }
        if (fault.Status is not { } status)
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, "The connection was refused, as the test asked for.");
        }
        var response = new HttpResponseMessage(status) { Content = new StringContent("{}") };
        if (fault.RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = new(wait);
        }
        return response;
    }

    (Fault? Fault, Task Recovery) Next(BraintrustRequest? kind)
    {
        lock (_lock)
        {
            if (kind is not { } known || !_planned.TryGetValue(known, out var queue) || !queue.TryPeek(out var first))
            {
                return (null, _recovery.Task);
            }
            if (--first.Times == 0)
            {
                queue.Dequeue();
            }
            return (first.Fault, _recovery.Task);
        }
    }

    static TaskCompletionSource NewRecovery() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    sealed class Planned(Fault fault, int times)
    {
        public Fault Fault => fault;

        public int Times { get; set; } = times;
    }
}

/// <summary>A status; or a delay; or, with neither, a connection that is refused.</summary>
sealed record Fault(HttpStatusCode? Status = null, TimeSpan? RetryAfter = null, TimeSpan Delay = default);
