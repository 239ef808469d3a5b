using System.Diagnostics;
using Braintrust.Logging;

namespace Quickstart;

/// <summary>An ASP.NET Core app that answers questions and logs through ILogger: scopes, nested work, a model call, scores, an exception.</summary>
sealed partial class ChatApp
{
    public const string Project = "Quickstart";

    public static async Task<WebApplication> StartAsync(List<BraintrustSpan> traces)
    {
        // snippet: aspnetcore
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders().AddBraintrust("Quickstart");
        builder.Services.AddProblemDetails();

        var app = builder.Build();
        app.UseExceptionHandler();
        app.MapGet("/answer", AnswerAsync);
        // end

        app.Use((context, next) =>
        {
            traces.Add(BraintrustSpan.Current!); // the request's own span, for the links in the report
            return next(context);
        });
        app.Urls.Add("http://127.0.0.1:0");
        await app.StartAsync();
        return app;
    }

    static async Task<string> AnswerAsync(string question, ILogger<ChatApp> log)
    {
        using var answering = log.BeginScope("Answering {Question}", question);
        var passage = await SearchAsync(question, log);
        var answer = await AskModelAsync(question, passage, log);

        Judged(log, new Dictionary<string, double> { ["helpful"] = 0.9, ["grounded"] = 1 });
        return answer;
    }

    static async Task<string> SearchAsync(string question, ILogger log)
    {
        using var searching = log.BeginScope("Searching the handbook");
        await Task.Delay(15);
        if (question.Contains("life", StringComparison.Ordinal))
        {
            log.LogWarning("Nothing found for {Words} words", question.Split(' ').Length);
            throw new InvalidOperationException("The handbook is silent about this.");
        }
        log.LogInformation("Found {Count} passages", 3);
        return "Tea is served at four.";
    }

    static async Task<string> AskModelAsync(string question, string passage, ILogger log)
    {
        var watch = Stopwatch.StartNew();
        var messages = new[] { new ChatMessage("system", passage), new ChatMessage("user", question) };
        await Task.Delay(40); // a model would think now
        var reply = new ChatMessage("assistant", "At four o'clock.");

        ModelAnswered(log, "gpt-4o-mini", "openai", messages, reply, 42 + question.Length, 7, TimeSpan.FromMilliseconds(12), watch.Elapsed);
        return reply.Content;
    }

    // snippet: model-call
    // Parameters need not stand in the message: these become the row's input, output, model, token counts and duration.
    [LoggerMessage(LogLevel.Information, "Asked the model")]
    static partial void ModelAnswered(
        ILogger log, string model, string provider, ChatMessage[] input, ChatMessage output,
        int promptTokens, int completionTokens, TimeSpan timeToFirstToken, TimeSpan elapsed);
    // end

    [LoggerMessage(LogLevel.Information, "Judged the answer")]
    static partial void Judged(ILogger log, IReadOnlyDictionary<string, double> scores);

    sealed record ChatMessage(string Role, string Content);
}
