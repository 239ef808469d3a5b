using System.Diagnostics;

namespace Braintrust.Logging.Tests;

/// <summary>How long a test waits, in real time, for what should come at once. Only a broken test ever waits this long.</summary>
public static class Patience
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    /// <summary>Awaits the task, or fails saying what did not come.</summary>
    public static async Task<T> For<T>(Task<T> task, Func<string> what)
    {
        try
        {
            return await task.WaitAsync(Limit);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Waited {Limit.TotalSeconds} s for {what()}");
        }
    }

    /// <summary>Looks again and again until something is so: for what changes and tells nobody, as the books, the disk and the collector do. What can be awaited is awaited instead.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        var start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(start) > Limit)
            {
                throw new TimeoutException("It did not come about.");
            }
            await Task.Delay(5);
        }
    }
}
