using Braintrust.Logging;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace Snippets;

/// <summary>From other sinks, and from Braintrust's own SDKs.</summary>
public static class Migrating
{
    public static Logger BesideSeq()
    {
        // snippet: migrate-seq
        var log = new LoggerConfiguration()
            .WriteTo.Seq("http://localhost:5341")
            .WriteTo.Braintrust("My Project", restrictedToMinimumLevel: LogEventLevel.Information)
            .CreateLogger();
        // end
        return log;
    }

    public static void CapturedSdk(ILoggingBuilder logging)
    {
        // snippet: migrate-activities
        logging.AddBraintrust(options =>
        {
            options.Project = "My Project";
            options.ActivitySources = [.. BraintrustActivitySources.GenAI, "MyCompany.*"]; // your own ActivitySources too
        });
        // end
    }

    public static async Task LikeInitLoggerAsync(string question)
    {
        // snippet: migrate-js
        var logger = BraintrustLog.GetLogger("My Project");             // initLogger({ projectName: "My Project" })

        await logger.TracedAsync("answer", async span =>                // logger.traced(async (span) => …, { name: "answer" })
        {
            span.Log(input: question);                                  // span.log({ input })
            await Task.Yield();
            BraintrustSpan.Current!.Log(output: "At four.");            // currentSpan().log({ output })
        });

        await BraintrustLog.FlushAsync();                               // await flush()
        // end
    }
}
