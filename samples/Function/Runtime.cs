namespace FunctionSample;

/// <summary>What every platform hands to a call: its id, and how long it may still take.</summary>
interface IInvocation
{
    string Id { get; }

    TimeSpan RemainingTime { get; }
}

/// <summary>Calls the function as a platform does: one event after the other, each with a deadline.</summary>
static class Runtime
{
    public static async Task<List<string>> RunAsync(Function function, IEnumerable<Order> orders, TimeProvider clock)
    {
        var answers = new List<string>();
        foreach (var order in orders)
        {
            var invocation = new Invocation($"call-{answers.Count + 1}", clock, TimeSpan.FromSeconds(3));
            try
            {
                var decision = await function.HandleAsync(order, invocation);
                answers.Add($"{decision.Id}: {decision.Answer}");
            }
            catch (Exception error) // a platform reports it, and calls again
            {
                answers.Add($"{order.Id}: failed, {error.Message}");
            }
        }
        return answers;
    }

    sealed class Invocation(string id, TimeProvider clock, TimeSpan limit) : IInvocation
    {
        readonly long _began = clock.GetTimestamp();

        public string Id => id;

        public TimeSpan RemainingTime => limit - clock.GetElapsedTime(_began);
    }
}
