using Braintrust.Logging;
using Samples;
using Worker;

BraintrustDiagnostics.Enable(Console.Error.WriteLine); // silent unless something is wrong

// With BRAINTRUST_API_KEY the rows go to Braintrust; without it to a Braintrust of our own, inside this process.
await using var account = await Account.OpenAsync();
var inbox = new Inbox(endless: !args.Contains("--once"));
Console.WriteLine($"Triaging tickets{(inbox.IsEndless ? ", until Ctrl+C" : "")}. The traces go to one project per tenant {account}.");

using (var host = TriageHost.Build(args, inbox))
{
    await host.RunAsync();
} // everything has been delivered now

account.Show(Inbox.Tenants.Select(TriageHost.Project));
