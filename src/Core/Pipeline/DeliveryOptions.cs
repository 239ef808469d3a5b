using Braintrust.Logging.Configuration;

namespace Braintrust.Logging.Pipeline;

/// <summary>The options that shape a pipeline. Front ends share a client when theirs are equal.</summary>
sealed record DeliveryOptions(
    int BatchSizeLimit, TimeSpan Period, bool EagerlyEmitFirstEvent, bool AsyncFlush, int QueueLimit, long QueueLimitBytes,
    TimeSpan RetryTimeLimit, TimeSpan ShutdownTimeout, bool FlushOnExit, HttpMessageHandler? Handler, TimeProvider Clock)
{
    // At a distance a request costs its round trip: what waits anyway goes in few of them. As many as an answer can name without being long.
    const int RowsOfABacklog = RowArrays.Large;

    /// <summary>The most rows in one request; <see cref="BatchSizeLimit"/> is how many are worth one.</summary>
    public int MostRows { get; init; } = BatchSizeLimit;

    /// <summary>See <see cref="FlushMode"/>.</summary>
    public FlushMode FlushMode { get; init; }

    public TimeSpan FlushTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Where rows are kept, absolute; null: in memory alone.</summary>
    public string? SpoolDirectory { get; init; }

    public SpoolSync SpoolSync { get; init; }

    public long SpoolLimitBytes { get; init; }

    public static DeliveryOptions From(BraintrustOptions options) => new(
        options.BatchSizeLimit, options.Period, options.EagerlyEmitFirstEvent, options.AsyncFlush, options.QueueLimit, options.QueueLimitBytes,
        options.RetryTimeLimit, options.ShutdownTimeout, options.FlushOnExit, options.HttpMessageHandler, options.TimeProvider ?? TimeProvider.System)
        {
            MostRows = options.MostRows ?? RowsOfABacklog,
            FlushMode = options.FlushMode ?? (IsSyncFlush(Environment.GetEnvironmentVariable(EnvironmentVariables.SyncFlush)) ? FlushMode.OnDemand : FlushMode.Periodic),
            FlushTimeout = options.FlushTimeout,
            SpoolDirectory = options.SpoolDirectory is { } directory ? Path.GetFullPath(directory) : null, // now: the current directory may change
            SpoolSync = options.SpoolDirectory is null ? default : options.SpoolSync,
            SpoolLimitBytes = options.SpoolDirectory is null ? 0 : options.SpoolLimitBytes,
        };

    static bool IsSyncFlush(string? value) => value?.Trim().ToLowerInvariant() is "true" or "1" or "yes" or "y" or "on";
}
