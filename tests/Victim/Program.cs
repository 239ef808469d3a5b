using Braintrust.Logging;
using Braintrust.Logging.Tests;

// Logs one row, which would wait for a minute, and ends without a dispose in the way it is told; or does what would disturb a test in its own process.
var (url, key, end) = (args[0], args[1], args[2]);
if (end == "spool")
{
    return SpoolVictim.Run(url, key, args[3], Enum.Parse<SpoolSync>(args[4]), int.Parse(args[5]));
}
if (end == "app")
{
    return AppVictim.Run(args[3], args[4], isAtWork: args[5] == "work");
}
if (end == "memory")
{
    return MemoryVictim.Run(url, key, args[3], args[4], int.Parse(args[5]), args.Length > 6 ? args[6] : null);
}
var lost = 0L;
var options = new BraintrustOptions
{
    AppUrl = url, ApiKey = key, Project = "victim", Period = TimeSpan.FromMinutes(1), EagerlyEmitFirstEvent = false,
    ShutdownTimeout = TimeSpan.FromSeconds(100), OnLoss = loss => Interlocked.Add(ref lost, loss.Count),
};
var hangs = args.Length > 3 && args[3] == "hangs";
if (hangs) // the server never answers; what the end waits for is under way before it comes
{
    (options.ShutdownTimeout, options.EagerlyEmitFirstEvent) = (TimeSpan.FromSeconds(2), true);
}
if (end == "outage")
{
    options.QueueLimitBytes = long.Parse(args[4]);
    options.QueueLimit = int.MaxValue;
    options.Period = TimeSpan.FromSeconds(1);
}
if (args.Length > 3 && end != "outage")
{
    options.SpoolDirectory = args[3];
}
var client = new BraintrustClient(options);
var logger = client.GetLogger();
logger.Log(name: end);

switch (end)
{
    case "outage": // <kilobytes offered> <queue's bytes>: all is counted, within whatever heap the process was given
        var offered = int.Parse(args[3]);
        for (var i = 0; i < offered; i++)
        {
            logger.Log(output: new string((char)('a' + i % 26), 1024));
        }
        client.Dispose();
        SpinWait.SpinUntil(() => Interlocked.Read(ref lost) == offered + 1, TimeSpan.FromSeconds(100));
        Console.WriteLine($"lost {Interlocked.Read(ref lost)} of {offered + 1}");
        return 0;
    case "starved": // every thread of the pool blocked while others log
        ThreadPool.SetMaxThreads(Environment.ProcessorCount, Environment.ProcessorCount);
        var release = new ManualResetEventSlim();
        var blocked = new CountdownEvent(Environment.ProcessorCount);
        for (var i = 0; i < 50; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(_ =>
            {
                if (!blocked.IsSet)
                {
                    blocked.Signal();
                }
                release.Wait();
            }, null);
        }
        blocked.Wait();
        var thread = new Thread(() =>
        {
            for (var i = 1; i < 1000; i++)
            {
                logger.Log(name: "starved");
            }
        });
        thread.Start();
        thread.Join();
        Console.WriteLine("logged");
        Console.ReadLine();
        release.Set();
        client.Dispose();
        Console.WriteLine($"lost {Interlocked.Read(ref lost)}");
        return 0;
}
if (options.SpoolDirectory is not null)
{
    var isKept = false;
    for (var i = 0; i < 100 && !isKept; i++) // on disk, if nobody takes it
    {
        isKept = client.FlushAsync(TimeSpan.FromSeconds(1)).GetAwaiter().GetResult().Completed;
    }
    if (!isKept)
    {
        Console.WriteLine("neither delivered nor on disk");
        return 5;
    }
}
Console.WriteLine("ready");
if (hangs)
{
    Console.ReadLine();
}
switch (end)
{
    case "return":
        return 3;
    case "exit":
        Environment.Exit(4);
        break;
    case "throw":
        throw new InvalidOperationException("unhandled");
    case "failfast":
        Environment.FailFast("over");
        break;
}
Thread.Sleep(Timeout.Infinite); // until a signal comes
return 0;
