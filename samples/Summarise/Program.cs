using Braintrust.Logging;
using Samples;
using Summarise;

if (args.Length == 0)
{
    Console.Error.WriteLine("Usage: summarise FILE [FILE …]");
    return 2;
}
BraintrustDiagnostics.Enable(Console.Error.WriteLine); // silent unless something is wrong

// With BRAINTRUST_API_KEY the rows go to Braintrust; without it to a Braintrust of our own, inside this process.
await using var account = await Account.OpenAsync();
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) => pressed.Cancel = !stop.IsCancellationRequested && Cancelled(stop);

var code = await Tool.RunAsync(args, stop.Token);
account.Show(Tool.Project);
return code;

static bool Cancelled(CancellationTokenSource stop)
{
    stop.Cancel(); // the second Ctrl+C ends the process
    return true;
}
