// snippet: start-worker
var builder = Host.CreateApplicationBuilder(args);
builder.AddBraintrust("My Project");
builder.Services.AddHostedService<Worker>();
builder.Build().Run();

sealed class Worker(ILogger<Worker> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var ticket = 1; !stoppingToken.IsCancellationRequested; ticket++)
        {
            using (log.BeginScope("Answering ticket {Ticket}", ticket))
            {
                log.LogInformation("{Model} said {Output}: {PromptTokens} + {CompletionTokens} tokens", "gpt-4o-mini", "At four.", 42, 7);
            }
            await Task.Delay(TimeSpan.FromSeconds(5), stoppingToken);
        }
    }
}
// end
