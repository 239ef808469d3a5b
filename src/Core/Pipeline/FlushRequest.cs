namespace Braintrust.Logging.Pipeline;

/// <summary>A marker in the queue: what stands before it is what the flush waits for.</summary>
/// <param name="deadline">When the caller stops waiting, on the monotonic clock.</param>
sealed class FlushRequest(long deadline)
{
    readonly TaskCompletionSource<FlushResult> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public long Deadline { get; } = deadline;

    public Task<FlushResult> Result => _result.Task;

    public bool IsAnswered => _result.Task.IsCompleted;

    /// <returns>False: the caller has given up, and is told nothing.</returns>
    public bool TryComplete(FlushResult result) => _result.TrySetResult(result);

    /// <summary>The caller gives up.</summary>
    public void Cancel(CancellationToken cancellationToken) => _result.TrySetCanceled(cancellationToken);
}
