using Braintrust.Logging;

// Logs one row, which would wait for a minute, and ends without a dispose in the way it is told.
var (url, key, end) = (args[0], args[1], args[2]);
var client = new BraintrustClient(new() { AppUrl = url, ApiKey = key, Project = "victim", Period = TimeSpan.FromMinutes(1), EagerlyEmitFirstEvent = false });
client.GetLogger().Log(name: end);
Console.WriteLine("ready");

switch (end)
{
    case "return":
        return 3;
    case "exit":
        Environment.Exit(4);
        break;
    case "throw":
        throw new InvalidOperationException("unhandled");
}
Thread.Sleep(Timeout.Infinite); // until a signal comes
return 0;
