namespace Serilog.Sinks.Braintrust.Tests;

/// <summary>What the sink adds to a log call on the caller's thread: nothing. Bytes are exact, unlike times.</summary>
public class AllocationTests
{
    static readonly string Answer = new('a', 300);

    [Fact]
    public async Task AnEventCostsNotAByteMoreThanWithASinkThatDoesNothing()
    {
        var (ours, none) = await PerCallAsync(Call);

        Assert.Equal(none, ours);
    }

    [Fact]
    public async Task ASpanWithAnEventInItCosts1160BytesMoreThanTheEvent()
    {
        static void Spanned(ILogger logger)
        {
            using (logger.BeginSpan("Turn {Turn} of {Conversation}", 1000, "conversation"))
            {
                Call(logger);
            }
        }
        var (ours, _) = await PerCallAsync(Spanned);
        var (_, none) = await PerCallAsync(Call);

        Assert.InRange(ours - none, 0, 1160);
    }

    static async Task<(double Ours, double None)> PerCallAsync(Action<ILogger> call)
    {
        await using var world = await World.StartAsync();
        var ours = world.Logger();
        using var none = new LoggerConfiguration().MinimumLevel.Verbose().WriteTo.Sink(new NoSink()).CreateLogger();
        for (var i = 0; i < 3; i++)
        {
            PerCall(ours, call); // the queue's own arrays, and what is made once
            PerCall(none, call);
            await world.Client.FlushAsync();
        }
        // The least of some: once in a while a call wakes the loop, or is compiled anew, which costs it some bytes that no call costs by itself.
        var (least, leastOfNone) = (double.MaxValue, double.MaxValue);
        for (var i = 0; i < 10; i++)
        {
            (least, leastOfNone) = (Math.Min(least, PerCall(ours, call)), Math.Min(leastOfNone, PerCall(none, call)));
            await world.Client.FlushAsync();
        }
        return (least, leastOfNone);
    }

    static double PerCall(ILogger logger, Action<ILogger> call)
    {
        const int calls = 200; // fewer than make the loop send
        call(logger);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < calls; i++)
        {
            call(logger);
        }
        return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)calls;
    }

    static void Call(ILogger logger) => logger.Information(
        "Answered {Input} with {Output} by {Model}: {PromptTokens} + {CompletionTokens} tokens in {Elapsed} ms", "a question", Answer, "gpt", 120, 85, 412.5);

    sealed class NoSink : Core.ILogEventSink
    {
        public void Emit(Events.LogEvent logEvent) { }
    }
}
