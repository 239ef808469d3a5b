using Braintrust.Logging;

namespace Snippets;

/// <summary>A function that is frozen between calls.</summary>
public static class Functions
{
    // snippet: functions
    static readonly BraintrustClient Client = new(new BraintrustOptions { FlushMode = FlushMode.OnDemand });

    static async Task<string> HandleAsync(string input, TimeSpan timeLeft)
    {
        try
        {
            return await Client.GetLogger().TracedAsync("handle", async span => await AnswerAsync(span, input));
        }
        finally
        {
            await Client.FlushAsync(timeLeft - TimeSpan.FromMilliseconds(200)); // what is left goes with the next call
        }
    }
    // end

    public static Task<string> RunAsync() => HandleAsync("When is tea?", TimeSpan.FromSeconds(3));

    static Task<string> AnswerAsync(BraintrustSpan span, string question)
    {
        span.Log(input: question, output: "At four.");
        return Task.FromResult("At four.");
    }
}
