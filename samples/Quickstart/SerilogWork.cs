using System.Diagnostics;
using Braintrust.Logging;
using Serilog;

namespace Quickstart;

/// <summary>The same through Serilog: spans, a model call with structured input, a score, an error.</summary>
static class SerilogWork
{
    public static async Task RunAsync(List<BraintrustSpan> traces)
    {
        await using var log = new LoggerConfiguration().WriteTo.Braintrust(ChatApp.Project).CreateLogger();

        // snippet: serilog-work
        using var job = log.BeginSpan("Summarising {Document}", "handbook.md");
        using (log.BeginSpan("Reading {Path}", "docs/handbook.md"))
        {
            await Task.Delay(10);
            log.Debug("Not logged: below the minimum level");
            log.Information("Read {Bytes} bytes", 4096);
        }

        var watch = Stopwatch.StartNew();
        await Task.Delay(30); // a model would think now
        log.ForContext("Provider", "anthropic")
            .Information(
                "{Model} turned {@Input} into {Output}: {PromptTokens} + {CompletionTokens} tokens in {Elapsed}",
                "claude-sonnet", new { Document = "handbook.md", Words = 800 }, "Tea at four.", 1200, 5, watch.Elapsed);

        try
        {
            throw new IOException("The disk is full.");
        }
        catch (IOException error)
        {
            log.Error(error, "Could not keep the summary of {Document}", "handbook.md");
        }

        job.Log(output: "Tea at four.", scores: new Dictionary<string, double> { ["brief"] = 0.75 });
        // end
        traces.Add(job);
    }
}
