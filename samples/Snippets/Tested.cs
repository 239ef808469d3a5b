using System.Net;
using Braintrust.Extensions.Logging;
using Braintrust.Logging;
using Braintrust.Logging.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Serilog;

namespace Snippets;

/// <summary>Tests of what an application logs; the tests of the documentation run them.</summary>
public static class Tested
{
    public static async Task ASpan()
    {
        // snippet: testing
        await using var braintrust = new InMemoryBraintrust();
        using var log = new LoggerConfiguration().WriteTo.Braintrust(braintrust.Client).CreateLogger();

        Answer(log, "When is tea?"); // what you test

        var trace = await braintrust.TraceAsync();
        trace.ShouldHaveSpan("Answering {Question}").WithOutput("At four.").WithScore("helpful", 0.9);
        trace.ShouldHaveSpan("{Model} used {PromptTokens} tokens").Below("Answering {Question}").WithMetric("prompt_tokens", 42);
        await braintrust.ShouldHaveLostNothingAsync();
        // end
    }

    public static void ILogger(InMemoryBraintrust braintrust)
    {
        // snippet: testing-ilogger
        using var logging = LoggerFactory.Create(logging => logging.AddBraintrust(options => options.Client = braintrust.Client));
        // end
        logging.CreateLogger("Shop").LogInformation("Hello");
    }

    public static void Application(IServiceCollection services, InMemoryBraintrust braintrust)
    {
        // snippet: testing-application
        services.Configure<BraintrustLoggerOptions>(options => options.Client = braintrust.Client);
        // end
    }

    public static void Static(InMemoryBraintrust braintrust)
    {
        // snippet: testing-static
        using var test = braintrust.Logger.StartSpan("test");
        BraintrustLog.Traced("answer", span => span.Log(output: "At four.")); // goes to the span around it
        // end
    }

    public static async Task Reading(InMemoryBraintrust braintrust)
    {
        // snippet: testing-reading
        var trace = await braintrust.TraceAsync("My Project");
        var call = trace.Single("ask the model");

        Console.WriteLine($"{call.Metadata["model"]} answered {call.Output} below {call.Parent?.Name} in {call.Duration}");
        Console.WriteLine(call.InputAs<Question>()?.Text);
        // end
    }

    public static async Task<string> Snapshot(InMemoryBraintrust braintrust)
    {
        // snippet: testing-snapshot
        var snapshot = (await braintrust.TraceAsync()).ToSnapshot(new() { Omit = ["metadata RequestId"] });
        // end
        return snapshot;
    }

    public static async Task<IReadOnlyList<RowLoss>> Faults()
    {
        // snippet: testing-faults
        await using var braintrust = new InMemoryBraintrust();
        braintrust.FailNext(HttpStatusCode.ServiceUnavailable, times: 2); // tried again
        braintrust.FailNext(HttpStatusCode.BadRequest);                   // then refused for good

        braintrust.Logger.Log(name: "row");
        await braintrust.Client.FlushAsync();

        var loss = braintrust.Losses.Single(); // which OnLoss was told: 1, "rejected"
        // end
        return [loss];
    }

    static void Answer(Serilog.ILogger log, string question)
    {
        using var span = log.BeginSpan("Answering {Question}", question);
        log.Information("{Model} used {PromptTokens} tokens", "gpt-4o-mini", 42);
        span.Log(output: "At four.", scores: new Dictionary<string, double> { ["helpful"] = 0.9 });
    }

    public sealed record Question(string Text);
}
