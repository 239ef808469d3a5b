using Braintrust.Logging;

namespace Braintrust.Logging.Tests;

/// <summary>
/// Logs in batches until it is killed, or as many as it is told, and says what is safe: a line <c>A</c> with the ids of a batch, once a flush has said that each of its
/// rows is delivered or on disk.
/// </summary>
static class SpoolVictim
{
    // Every third batch has rows that make a group of several megabytes: a kill within one write tears it.
    const int LargeRows = 8;

    public static int Run(string url, string key, string folder, SpoolSync sync, int batches)
    {
        using (var warm = Client(url, key, Path.Combine(Path.GetTempPath(), $"braintrust-warm-{Environment.ProcessId}"), sync))
        {
            warm.GetLogger("warm").Log(name: "warm"); // loads and compiles what the rest needs, so that its system calls are the spool's
            warm.FlushAsync(TimeSpan.FromSeconds(10)).GetAwaiter().GetResult();
        }
        Directory.Delete(Path.Combine(Path.GetTempPath(), $"braintrust-warm-{Environment.ProcessId}"), recursive: true);
        Console.WriteLine("ready");
        Console.ReadLine();

        using var client = Client(url, key, folder, sync);
        var logger = client.GetLogger("victim");
        var large = new string('x', 256 * 1024);
        for (var batch = 0; batch < batches; batch++)
        {
            var ids = new List<string>();
            for (var i = 0; i < 20; i++)
            {
                ids.Add(logger.Log(name: $"{batch}.{i}", output: i));
            }
            for (var i = 0; batch % 3 == 1 && i < LargeRows; i++)
            {
                ids.Add(logger.Log(name: $"{batch}.large {i}", input: large, output: large, expected: large));
            }
            var result = client.FlushAsync(TimeSpan.FromSeconds(10)).GetAwaiter().GetResult();
            if (result is { Completed: true, Pending: 0, Dropped: 0 })
            {
                Console.WriteLine($"A {string.Join(' ', ids)}");
            }
        }
        Console.WriteLine("done");
        return 0;
    }

    static BraintrustClient Client(string url, string key, string folder, SpoolSync sync) => new(new BraintrustOptions
    {
        AppUrl = url, ApiUrl = url, ApiKey = key, SpoolDirectory = folder, SpoolSync = sync, Period = TimeSpan.FromMilliseconds(50), FlushOnExit = false,
        ShutdownTimeout = TimeSpan.FromSeconds(5),
    });
}
