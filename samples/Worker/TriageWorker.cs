using System.Diagnostics;
using Braintrust.Logging;
using Serilog;
using Serilog.Context;
using ILogger = Serilog.ILogger;

namespace Worker;

/// <summary>Reads tickets and puts each under a heading. What one tenant's model says never shows in another's project.</summary>
sealed class TriageWorker(ILogger log, BraintrustClient braintrust, Inbox inbox, IHostApplicationLifetime host) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var ticket in inbox.ReadAsync(stoppingToken))
        {
            await TriageAsync(ticket, stoppingToken);
        }
        host.StopApplication();
    }

    // snippet: worker-tenant
    async Task TriageAsync(Ticket ticket, CancellationToken stop)
    {
        using var tenant = LogContext.PushProperty("Tenant", ticket.Tenant); // events go to the tenant's project by it,
        var project = braintrust.GetLogger(TriageHost.Project(ticket.Tenant), setCurrent: false);
        using var span = log.BeginSpan(project, "Triaging {Ticket}", ticket.Number); // and the span is one of that project
        try
        {
            span.Log(input: ticket.Text, output: await AskModelAsync(ticket.Text, stop));
        }
        catch (FormatException error) // one ticket that fails is no reason to stop
        {
            log.Error(error, "Could not triage {Ticket}", ticket.Number);
        }
    }
    // end

    // snippet: worker-model
    async Task<string> AskModelAsync(string text, CancellationToken stop)
    {
        var watch = Stopwatch.StartNew();
        await Task.Delay(20, stop); // a model would think now
        var (heading, tokens) = text.Length == 0 ? throw new FormatException("The ticket is empty.")
            : text.Contains("invoice", StringComparison.OrdinalIgnoreCase) ? ("billing", text.Length / 4)
            : ("delivery", text.Length / 4);

        log.ForContext("Provider", "openai").ForContext("Input", text).Information(
            "{Model} says {Output}: {PromptTokens} + {CompletionTokens} tokens in {Elapsed}", "gpt-4o-mini", heading, tokens, 1, watch.Elapsed);
        return heading;
    }
    // end
}
