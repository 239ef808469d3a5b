// snippet: start-worker-serilog
using Serilog;
using Serilog.Events;

var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddSerilog(log => log
    .MinimumLevel.Override("Microsoft", LogEventLevel.Warning) // the host's own lines would be traces of their own
    .WriteTo.Console()
    .WriteTo.Braintrust("My Project"));
builder.Services.AddHostedService<Worker>();
builder.Build().Run();

sealed class Worker(Serilog.ILogger log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var ticket = 1; !stoppingToken.IsCancellationRequested; ticket++)
        {
            using (log.BeginSpan("Answering ticket {Ticket}", ticket))
            {
                log.Information("{Model} said {Output}: {PromptTokens} + {CompletionTokens} tokens", "gpt-4o-mini", "At four.", 42, 7);
            }
            await Task.Delay(TimeSpan.FromSeconds(5), stoppingToken);
        }
    }
}
// end
