namespace Braintrust.Logging.Benchmarks.Contenders;

/// <summary>Our own options, the same for every front end.</summary>
static class Ready
{
    static long _told;

    /// <summary>How many events we have said are lost.</summary>
    public static long Told => Volatile.Read(ref _told);

    public static void Fill(BraintrustOptions options, Setup setup)
    {
        options.ApiKey = "sk-benchmark";
        options.AppUrl = setup.Url;
        options.Project = "bench";
        options.ShutdownTimeout = TimeSpan.FromMinutes(5); // a benchmark measures how long it takes, not whether it may
        options.OnLoss = static loss => Interlocked.Add(ref _told, loss.Count);
        if (!setup.Defaults)
        {
            options.QueueLimit = Setup.LargeQueue;
            options.QueueLimitBytes = 64L * 1024 * 1024 * 1024;
        }
    }
}
