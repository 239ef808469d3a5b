// snippet: start-web-serilog
using Serilog;
using Serilog.Events;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSerilog(log => log
    .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
    .WriteTo.Console()
    .WriteTo.Braintrust("My Project"));
var app = builder.Build();

app.Use(async (context, next) => // each request is a trace
{
    var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? context.Request.Path.Value;
    using var span = Log.Logger.BeginSpan("{Method} {Route}", context.Request.Method, route);
    try
    {
        await next(context);
        span.Log(metadata: new { RequestPath = context.Request.Path.Value, context.Response.StatusCode });
    }
    catch (Exception error)
    {
        span.Log(error: error);
        throw;
    }
});
app.MapGet("/", (string? question, Serilog.ILogger log) =>
{
    log.Information("{Model} said {Output}: {PromptTokens} + {CompletionTokens} tokens", "gpt-4o-mini", "At four.", 42, 7);
    return "At four.";
});
app.Run();
// end
