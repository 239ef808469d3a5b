namespace Braintrust.Logging.Rows;

/// <summary>The fate of one row, for those who wait for it (audit, Serilog's own batching).</summary>
sealed class Confirmation
{
    readonly TaskCompletionSource<RowLoss?> _fate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Null: delivered.</summary>
    public Task<RowLoss?> Fate => _fate.Task;

    public void Delivered() => _fate.TrySetResult(null);

    public void Lost(RowLoss loss) => _fate.TrySetResult(loss);
}
