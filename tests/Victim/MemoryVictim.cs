using Braintrust.Extensions.Logging;
using Microsoft.Extensions.Logging;
using Serilog;

namespace Braintrust.Logging.Tests;

/// <summary>Logs six times what the queue may hold, and says how much more memory was alive than before: the most of several looks at it, after collections.</summary>
static class MemoryVictim
{
    const int Looks = 6;

    /// <param name="url">Where to log to.</param>
    /// <param name="key">The key.</param>
    /// <param name="front">Through which front end.</param>
    /// <param name="what">What is logged.</param>
    /// <param name="limit">The queue's bytes.</param>
    /// <param name="folder">Of a spool; null: none.</param>
    public static int Run(string url, string key, string front, string what, int limit, string? folder)
    {
        var lost = 0L;
        void Set(BraintrustOptions options)
        {
            (options.AppUrl, options.ApiUrl, options.ApiKey, options.Project, options.QueueLimit, options.QueueLimitBytes) = (url, url, key, "victim", int.MaxValue, limit);
            (options.Period, options.ShutdownTimeout, options.SpoolDirectory) = (TimeSpan.FromMilliseconds(50), TimeSpan.Zero, folder);
            options.OnLoss = loss => Interlocked.Add(ref lost, loss.Count);
        }
        using var factory = front == "ILogger" ? LoggerFactory.Create(builder => builder.AddBraintrust(Set)) : null;
        using var serilog = front == "Serilog" ? new LoggerConfiguration().WriteTo.Braintrust(Set).CreateLogger() : null;
        using var client = front == "code" ? new BraintrustClient(Options(Set)) : null;
        Func<int, int> log = front switch
        {
            "ILogger" => Framework(factory!.CreateLogger("victim"), what),
            "Serilog" => Structured(serilog!, what),
            _ => Code(client!.GetLogger(), what),
        };
        var warm = 0;
        for (var bytes = 0; bytes < limit / 32; warm++)
        {
            bytes += log(warm); // whatever is made once
        }
        client?.FlushAsync(TimeSpan.FromMilliseconds(100)).GetAwaiter().GetResult();

        var (before, most, offered) = (GC.GetTotalMemory(forceFullCollection: true), 0L, 0L);
        for (var (look, i) = (1, warm); look <= Looks; look++)
        {
            for (; offered < (long)look * limit; i++)
            {
                offered += log(i);
            }
            if (what.EndsWith("flushed", StringComparison.Ordinal))
            {
                client!.FlushAsync(TimeSpan.FromMilliseconds(300)).GetAwaiter().GetResult(); // an outage: all that stands in the queue becomes requests that wait
            }
            Thread.Sleep(300); // for the loop to do whatever it does with them: no matter how far it gets, the bound holds
            most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
        }
        Console.WriteLine($"most {most}");
        Console.WriteLine($"offered {offered}");
        return 0;
    }

    static BraintrustOptions Options(Action<BraintrustOptions> set)
    {
        var options = new BraintrustOptions();
        set(options);
        return options;
    }

    // Each gives about how many bytes its call held at least.
    static Func<int, int> Code(BraintrustLogger logger, string what)
    {
        switch (what.Split(' ')[0])
        {
            case "short":
                return i =>
                {
                    logger.Log(name: "short", output: i);
                    return 400;
                };
            case "huge":
                return i =>
                {
                    logger.Log(output: new string((char)('a' + i % 26), 200_000));
                    return 200_000;
                };
            case "Chinese":
                return i =>
                {
                    logger.Log(input: new string((char)('一' + i % 1000), 3000), output: new string((char)('一' + i % 1000), 500));
                    return 7000;
                };
            case "properties":
                return i =>
                {
                    logger.Log(name: "properties", metadata: Enumerable.Range(0, 30).ToDictionary(it => $"property {it}", it => (object?)(i + it)));
                    return 1000;
                };
            default:
                return i =>
                {
                    using var outer = logger.StartSpan("outer", input: $"question {i}");
                    using var inner = logger.StartSpan("inner");
                    inner.Log(output: $"answer {i}");
                    return 1000;
                };
        }
    }

    static Func<int, int> Framework(Microsoft.Extensions.Logging.ILogger logger, string what) => i =>
    {
        if (what == "scopes")
        {
            using var scope = logger.BeginScope("Request {Number} of {Client}", i, "client " + i);
            logger.LogInformation("Step {Step} took {Elapsed} ms", "a step " + i, i * 0.5);
            return 1000;
        }
        logger.LogInformation("Used {Tokens} tokens of {Model}", i, "model " + i);
        return 400;
    };

    static Func<int, int> Structured(Serilog.ILogger logger, string what) => i =>
    {
        if (what == "exceptions")
        {
            try
            {
                throw new InvalidOperationException("failure " + i);
            }
            catch (InvalidOperationException error)
            {
                logger.Error(error, "Failed at {Step}", "step " + i);
            }
            return 2000;
        }
        logger.Information("Used {Tokens} of {@Model}", i, new { Name = "model " + i, Size = i });
        return 400;
    };
}
