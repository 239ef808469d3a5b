using Braintrust.Logging;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace Summarise;

/// <summary>A run of the tool is one trace: a span for each file, and below it the model's call, which the library's own log events tell of.</summary>
static class Tool
{
    public const string Project = "Summaries";

    /// <returns>The exit code: how many files could not be read, and at least 1 if something was not delivered.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> files, CancellationToken stop)
    {
        // snippet: console-setup
        using var logging = LoggerFactory.Create(logging => logging
            .SetMinimumLevel(LogLevel.Information)
            .AddFilter("Microsoft.Extensions.AI", LogLevel.Trace) // then its events hold the messages too
            .AddBraintrust(Project));
        using var model = Model().AsBuilder().UseLogging(logging).Build();
        var log = logging.CreateLogger("Summarise");
        // end

        var failed = 0;
        using (log.BeginScope("Summarising {Files} files", files.Count))
        {
            foreach (var file in files)
            {
                failed += await SummariseAsync(file, model, log, stop) ? 0 : 1;
            }
        }

        // snippet: console-flush
        var flush = await BraintrustLog.FlushAsync(TimeSpan.FromSeconds(10)); // the end of the process would wait too, but could not say how it went
        if (!flush.Completed || flush.Dropped > 0)
        {
            Console.Error.WriteLine($"Not all of the trace has arrived. {flush.LastError}");
            return Math.Max(1, failed);
        }
        // end
        return failed;
    }

    static async Task<bool> SummariseAsync(string file, IChatClient model, ILogger log, CancellationToken stop)
    {
        using var scope = log.BeginScope("Summarising {File}", Path.GetFileName(file));
        try
        {
            var text = await File.ReadAllTextAsync(file, stop);
            var summary = await model.GetResponseAsync($"Summarise in one sentence: {text}", cancellationToken: stop);
            log.LogInformation("Made {Output} of {Characters} characters", summary.Text, text.Length);
            Console.WriteLine($"{file}: {summary.Text}");
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or OperationCanceledException)
        {
            log.LogError(error, "Could not summarise {File}", file);
            Console.Error.WriteLine($"{file}: {error.Message}");
            return false;
        }
    }

    /// <summary>OpenAI's with a key; without one, a model that repeats the first sentence.</summary>
    static IChatClient Model() =>
        Environment.GetEnvironmentVariable("OPENAI_API_KEY") is { Length: > 0 } key
            ? new OpenAI.Chat.ChatClient("gpt-4o-mini", key).AsIChatClient()
            : new FirstSentence();
}
