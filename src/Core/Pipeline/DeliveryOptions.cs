namespace Braintrust.Logging.Pipeline;

/// <summary>The options that shape a pipeline. Front ends share a client when theirs are equal.</summary>
sealed record DeliveryOptions(
    int BatchSizeLimit, TimeSpan Period, bool EagerlyEmitFirstEvent, bool AsyncFlush, int QueueLimit, long QueueLimitBytes,
    TimeSpan RetryTimeLimit, TimeSpan ShutdownTimeout, bool FlushOnExit, HttpMessageHandler? Handler, TimeProvider Clock)
{
    public static DeliveryOptions From(BraintrustOptions options) => new(
        options.BatchSizeLimit, options.Period, options.EagerlyEmitFirstEvent, options.AsyncFlush, options.QueueLimit, options.QueueLimitBytes,
        options.RetryTimeLimit, options.ShutdownTimeout, options.FlushOnExit, options.HttpMessageHandler, options.TimeProvider ?? TimeProvider.System);
}
