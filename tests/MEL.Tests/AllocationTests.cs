using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Braintrust.Logging.Tests.Mel;

/// <summary>What a log call allocates on the caller's thread. Bytes are exact, unlike times: a change that costs some fails here.</summary>
public class AllocationTests
{
    const int Readings = 10;

    static readonly string Answer = new('a', 300);

    static readonly Action<ILogger, string, int, Exception?> Defined = LoggerMessage.Define<string, int>(LogLevel.Information, new EventId(1), "Used {Model} for {Tokens}");

    sealed class NoProvider : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) { }

        public void Dispose() { }
    }

    [Fact]
    public async Task AnEventOfSixPropertiesCosts136BytesMoreThanNone() => Assert.InRange(await PerCallAsync(Six) - PerCallOfNone(Six), 0, 136);

    [Fact]
    public async Task ADefinedMessageOfTwoPropertiesCosts128BytesMoreThanNone()
    {
        // The framework's struct has to be asked for its values, which boxes the number.
        static void Call(ILogger logger) => Defined(logger, "gpt", 5, null);
        Assert.InRange(await PerCallAsync(Call) - PerCallOfNone(Call), 0, 128);
    }

    [Fact]
    public async Task AScopeWithAnEventInItCosts944BytesMoreThanNone() => Assert.InRange(await PerCallAsync(Scoped) - PerCallOfNone(Scoped), 0, 944);

    [Fact]
    public async Task ADisabledLevelCostsNothingMore()
    {
        static void Call(ILogger logger) => logger.LogDebug("Used {Tokens} of {Model}", 5, "gpt");
        Assert.Equal(PerCallOfNone(Call), await PerCallAsync(Call, LogLevel.Information));
    }

    static void Six(ILogger logger) =>
        logger.LogInformation("Answered {Input} with {Output} by {Model}: {PromptTokens} + {CompletionTokens} tokens in {Elapsed} ms", "a question", Answer, "gpt", 120, 85, 412.5);

    static void Scoped(ILogger logger)
    {
        using (logger.BeginScope("Turn {Turn} of {Conversation}", 1000, "conversation"))
        {
            Six(logger);
        }
    }

    static double PerCallOfNone(Action<ILogger> call)
    {
        using var factory = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Information).AddProvider(new NoProvider()));
        var logger = factory.CreateLogger("Test");
        return Enumerable.Range(0, Readings).Min(_ => PerCall(logger, call));
    }

    static async Task<double> PerCallAsync(Action<ILogger> call, LogLevel minimum = LogLevel.Trace)
    {
        await using var world = await World.StartAsync();
        var logger = world.Services(more: logging => logging.SetMinimumLevel(minimum)).GetRequiredService<ILoggerFactory>().CreateLogger("Test");
        for (var i = 0; i < 3; i++)
        {
            PerCall(logger, call); // the queue's own arrays, and what is made once
            await world.FlushAsync();
        }
        // The least of some: once in a while a call wakes the loop, or is compiled anew, which costs it some bytes that no call costs by itself.
        var least = double.MaxValue;
        for (var i = 0; i < Readings; i++)
        {
            least = Math.Min(least, PerCall(logger, call));
            await world.FlushAsync();
        }
        return least;
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
}
