// snippet: start-function
using Braintrust.Logging;

Console.WriteLine(await Function.HandleAsync("When is tea?", TimeSpan.FromSeconds(10))); // what the platform does

static class Function
{
    static readonly BraintrustClient Client = new(new BraintrustOptions { Project = "My Project", FlushMode = FlushMode.OnDemand });

    public static async Task<string> HandleAsync(string input, TimeSpan timeLeft)
    {
        try
        {
            return await Client.GetLogger().TracedAsync("handle", async span =>
            {
                span.Log(input: input);
                await Task.Yield(); // a model would think now
                span.Log(output: "At four.", metrics: new Dictionary<string, double> { ["prompt_tokens"] = 42, ["completion_tokens"] = 7 });
                return "At four.";
            });
        }
        finally
        {
            await Client.FlushAsync(timeLeft - TimeSpan.FromMilliseconds(200)); // the process may be frozen from here on
        }
    }
}
// end
