using Braintrust.Logging;
using Quickstart;
using Samples;

BraintrustDiagnostics.Enable(Console.Error.WriteLine); // silent unless something is wrong

// With BRAINTRUST_API_KEY the rows go to Braintrust; without it to a Braintrust of our own, inside this process.
await using var account = await Account.OpenAsync();
using var ledger = new LedgerReader();
var traces = new List<BraintrustSpan>();

await using var app = await ChatApp.StartAsync(traces);
await Visitor.AskAsync(new Uri(app.Urls.First()));
await SerilogWork.RunAsync(traces);

var flush = await BraintrustLog.FlushAsync();
var complete = Report.Print(account, traces, flush, ledger);
await Report.ShowAsync(account, traces[^1].Link(), args.Contains("--stay"));
return complete ? 0 : 1;
