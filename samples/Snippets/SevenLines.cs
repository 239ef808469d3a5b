using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Serilog;

namespace Snippets;

/// <summary>What the pages of the two front ends begin with.</summary>
public static class SevenLines
{
    public static void Serilog()
    {
        // snippet: seven-serilog
        using var log = new LoggerConfiguration().WriteTo.Braintrust("My Project").CreateLogger();

        using var span = log.BeginSpan("Answering {Question}", "When is tea?");
        log.Information("{Model} used {PromptTokens} + {CompletionTokens} tokens", "gpt-4o-mini", 42, 7);

        span.Log(output: "At four.", scores: new Dictionary<string, double> { ["helpful"] = 0.9 });
        // end
    }

    public static WebApplication ILogger()
    {
        // snippet: seven-ilogger
        var builder = WebApplication.CreateBuilder();
        builder.Logging.AddBraintrust("My Project");

        var app = builder.Build();
        using (app.Logger.BeginScope("Answering {Question}", "When is tea?"))
        {
            app.Logger.LogInformation("{Model} used {PromptTokens} + {CompletionTokens} tokens", "gpt-4o-mini", 42, 7);
        }
        // end
        return app;
    }
}
