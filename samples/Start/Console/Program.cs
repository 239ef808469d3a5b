// snippet: start-console
using Braintrust.Logging;
using Serilog;

BraintrustDiagnostics.Enable(Console.Error.WriteLine); // says why, should nothing arrive
using var log = new LoggerConfiguration().WriteTo.Braintrust("My Project").CreateLogger(); // its end delivers what is left

using var span = log.BeginSpan("Answering {Question}", "When is tea?");
log.Information("{Model} used {PromptTokens} + {CompletionTokens} tokens", "gpt-4o-mini", 42, 7);
span.Log(output: "At four.");
span.End();

await BraintrustLog.FlushAsync(TimeSpan.FromSeconds(5)); // only for the link: it opens what has arrived
Console.WriteLine(span.Link());
// end
