namespace Braintrust.Logging.Tests;

/// <summary>How long a test waits, in real time, for what should come at once. Only a broken test ever waits this long.</summary>
public static class Patience
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

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
}
