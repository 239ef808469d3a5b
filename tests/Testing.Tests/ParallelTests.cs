using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Serilog;

namespace Braintrust.Logging.Testing.Tests;

/// <summary>Many at once, each with its own rows, faults and losses and nobody else's.</summary>
public sealed class ParallelTests
{
    [Fact]
    public async Task ManyTestsAtOnceSeeEachTheirOwn() => await Task.WhenAll(Enumerable.Range(0, 24).Select(number => Task.Run(async () =>
    {
        await using var braintrust = new InMemoryBraintrust();
        await using var serilog = new LoggerConfiguration().WriteTo.Braintrust(braintrust.Client).CreateLogger();
        using var logging = LoggerFactory.Create(logging => logging.AddBraintrust(options => options.Client = braintrust.Client));
        if (number % 3 == 0)
        {
            braintrust.DisconnectNext();
        }
        using (braintrust.Logger.StartSpan("test", input: number))
        {
            await Task.Yield();
            serilog.Information("Serilog {Number}", number);
            logging.CreateLogger("Shop").LogInformation("ILogger {Number}", number);
            await BraintrustLog.TracedAsync("static", async span =>
            {
                await Task.Yield();
                span.Log(output: number);
            });
        }

        var trace = await braintrust.TraceAsync();

        Assert.Equal(4, trace.Spans.Count);
        trace.ShouldHaveSpan("test").AtTheTop().WithInput(number);
        trace.ShouldHaveSpan("Serilog {Number}").Below("test").WithMetadata("Number", number);
        trace.ShouldHaveSpan("ILogger {Number}").Below("test").WithMetadata("Number", number);
        trace.ShouldHaveSpan("static").Below("test").WithOutput(number);
        Assert.Equal(4, braintrust.Ledger.Accepted);
        await braintrust.ShouldHaveLostNothingAsync();
    })));

    [Fact]
    public async Task ManyThreadsLogToOne()
    {
        await using var braintrust = new InMemoryBraintrust();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                braintrust.Logger.Log(name: $"{thread}");
                if (i % 25 == 0)
                {
                    await braintrust.TracesAsync();
                }
            }
        })));

        Assert.Equal(Enumerable.Repeat(100, 8), (await braintrust.TracesAsync()).GroupBy(trace => trace.Root.Name).Select(group => group.Count()));
        await braintrust.ShouldHaveLostNothingAsync();
    }

    [Fact]
    public void AKitThatNobodyDisposesIsForgotten()
    {
        var forgotten = Forget();

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.False(forgotten.TryGetTarget(out _), "Something keeps it.");

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference<InMemoryBraintrust> Forget()
        {
            var braintrust = new InMemoryBraintrust();
            braintrust.Logger.Log(name: "row");
            return new(braintrust);
        }
    }
}
