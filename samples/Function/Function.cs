using Braintrust.Extensions.Logging;
using Braintrust.Logging;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FunctionSample;

sealed record Order(string Id, string Text);

sealed record Decision(string Id, string Answer);

/// <summary>
/// As AWS Lambda or Azure Functions call one: made once per sandbox, called once per event, frozen in between. So nothing may be left to timers, and what is
/// logged is delivered before the call returns, within the time that is left.
/// </summary>
sealed class Function : IAsyncDisposable
{
    public const string Project = "Refunds";

    // snippet: function-handler
    readonly ServiceProvider _services = new ServiceCollection()
        .AddLogging(logging => logging.AddBraintrust(options =>
        {
            options.Project = Project;
            options.FlushMode = FlushMode.OnDemand; // no timers; the beginning of a trace is sent at once
        }))
        .BuildServiceProvider();

    public async Task<Decision> HandleAsync(Order order, IInvocation invocation)
    {
        var log = _services.GetRequiredService<ILogger<Function>>();
        try
        {
            using var scope = log.BeginScope("Deciding {Order} in {Invocation}", order.Id, invocation.Id);
            return await DecideAsync(order, log);
        }
        finally
        {
            var client = _services.GetRequiredService<BraintrustLoggerProvider>().Client;
            var left = invocation.RemainingTime - TimeSpan.FromMilliseconds(200);
            await client.FlushAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero); // what has to wait goes with the next call
        }
    }
    // end

    static async Task<Decision> DecideAsync(Order order, ILogger log)
    {
        await Task.Delay(15); // a model would think now
        if (order.Text.Length == 0)
        {
            var error = new ArgumentException("The order says nothing.", nameof(order));
            log.LogError(error, "Could not decide {Order}", order.Id); // within the scope, so it shows in its trace
            throw error;
        }
        var answer = order.Text.Contains("broken", StringComparison.OrdinalIgnoreCase) ? "refund" : "ask a person";
        log.LogInformation(
            "{Model} answered {Output} to {Input}: {PromptTokens} + {CompletionTokens} tokens", "gpt-4o-mini", answer, order.Text, order.Text.Length / 4, 2);
        return new Decision(order.Id, answer);
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
