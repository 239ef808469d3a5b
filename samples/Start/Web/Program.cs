// snippet: start-web
var builder = WebApplication.CreateBuilder(args);
builder.AddBraintrust("My Project");
var app = builder.Build();

app.MapGet("/", (string? question, ILogger<Program> log) =>
{
    using var scope = log.BeginScope("Answering {Input}", question ?? "When is tea?");
    log.LogInformation("{Model} said {Output}: {PromptTokens} + {CompletionTokens} tokens", "gpt-4o-mini", "At four.", 42, 7);
    return "At four.";
});
app.Run();
// end
