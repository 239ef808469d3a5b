// snippet: start-console
using Serilog;

using var log = new LoggerConfiguration().WriteTo.Braintrust("My Project").CreateLogger(); // its end delivers what is left

using var span = log.BeginSpan("Answering {Question}", "When is tea?");
log.Information("{Model} used {PromptTokens} + {CompletionTokens} tokens", "gpt-4o-mini", 42, 7);
span.Log(output: "At four.");

Console.WriteLine(span.Link());
// end
