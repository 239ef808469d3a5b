using Braintrust.Logging;

namespace Snippets;

/// <summary>Loggers and spans without any logging framework.</summary>
public static class ByCode
{
    public static async Task<string> TracedAsync(string question)
    {
        // snippet: traced
        var logger = BraintrustLog.GetLogger("My Project");

        var answer = await logger.TracedAsync("answer", async span =>
        {
            span.Log(input: question, tags: ["tea"]);
            var passage = logger.Traced("search", _ => "Tea is served at four.", type: SpanTypes.Tool);
            using (var model = span.StartSpan("ask the model", SpanTypes.Llm, input: passage))
            {
                await Task.Yield(); // a model would think now
                model.Log(
                    output: "At four.",
                    metadata: new { model = "gpt-4o-mini", temperature = 0 },
                    metrics: new Dictionary<string, double> { ["prompt_tokens"] = 42, ["completion_tokens"] = 7 });
            }
            span.Log(output: "At four.", scores: new Dictionary<string, double> { ["helpful"] = 0.9 });
            return "At four.";
        });
        // end
        return answer;
    }

    public static void SeveralProjects(BraintrustClient client)
    {
        // snippet: projects
        var answers = client.GetLogger("Answers");                        // the current one from now on
        var billing = client.GetLogger("Billing", setCurrent: false);     // same login, same queue, stays aside

        BraintrustLog.Traced("goes to Answers", _ => billing.Log(output: "goes to Billing", metadata: new { cents = 3 }));
        // end
        _ = answers;
    }

    public static void Feedback(BraintrustLogger logger)
    {
        // snippet: feedback
        var id = logger.Log(input: "When is tea?", output: "At four.");

        logger.LogFeedback(id, scores: new Dictionary<string, double> { ["liked"] = 1 }, comment: "Right on time.", source: "app");
        // end
    }

    public static async Task FlushAsync()
    {
        // snippet: flush
        var result = await BraintrustLog.FlushAsync(TimeSpan.FromSeconds(10));
        if (!result.Completed || result.Dropped > 0)
        {
            Console.Error.WriteLine($"{result.Pending} rows wait, {result.Dropped} were lost: {result.LastError}");
        }
        // end
    }

    public static async Task CheckAsync()
    {
        // snippet: check
        BraintrustDiagnostics.Enable(Console.Error.WriteLine); // before logging is set up
        await BraintrustLog.LoginAsync();                      // throws, and says why
        // end
    }
}
