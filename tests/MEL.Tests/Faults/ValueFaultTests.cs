using Braintrust.Extensions.Logging;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Braintrust.Logging.Tests.Mel.Faults;

/// <summary>ILogger hands what a provider throws to the application: ours throws nothing.</summary>
public sealed class ValueFaultTests
{
    [Fact]
    [Trait("Row", "U01"), Trait("Row", "U02"), Trait("Row", "U03"), Trait("Row", "U04"), Trait("Row", "U05"), Trait("Row", "U06"), Trait("Row", "U07")]
    public async Task TenThousandHostileCallsThrowNothingAndTheirRowsArriveWhole()
    {
        using var acceptor = new Acceptor { LookedFor = Hostile.Marks };
        await using var services = new ServiceCollection().AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddBraintrust(options =>
        {
            (options.ApiKey, options.AppUrl, options.HttpMessageHandler, options.Project) = (Some.ApiKey(), "https://app.example", acceptor, "P");
            (options.QueueLimit, options.QueueLimitBytes, options.FlushOnExit) = (int.MaxValue, long.MaxValue, false);
            options.FlushTimeout = TimeSpan.FromMinutes(10); // thousands of large rows, on whatever machine
        })).BuildServiceProvider();
        var client = services.GetRequiredService<BraintrustLoggerProvider>().Client;
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("Test");
        var count = LongTests.Count(10_000, 1_000_000);
        var thrown = Hostile.Thrown;
        var rows = 0;

        var hostile = new Hostile(seed: 2);
        var finite = new Hostile(seed: 20, isFinite: true); // the framework's own formatter prints sequences to their end, and pads to gigabytes
        for (var i = 0; i < count; i++)
        {
            var level = (LogLevel)hostile.Below(6);
            switch (hostile.Below(4))
            {
                case 0:
                    var (template, arguments, exception) = (hostile.Below(10) == 0 ? null : finite.Template(), finite.Values(4), hostile.Exception());
                    if (Reaches(template, arguments))
                    {
                        logger.Log(level, new EventId(i, hostile.Text()), exception, template, arguments!);
                        rows++;
                    }
                    break;
                case 1:
                    logger.Log(level, default, hostile.Value(), hostile.Exception(), (_, _) => throw new InvalidOperationException("secret"));
                    rows++;
                    break;
                case 2:
                    var state = Enumerable.Range(0, hostile.Below(6)).Select(_ => new KeyValuePair<string, object?>(hostile.Name(), hostile.Value())).ToList();
                    logger.Log(level, default, state, null, (_, _) => hostile.Below(2) == 0 ? null! : hostile.Text());
                    rows++;
                    break;
                default:
                    using (logger.BeginScope(hostile.Value()!))
                    {
                        logger.Log(level, default, hostile.Value(), null, static (_, _) => "inside");
                    }
                    rows++; // the scope may be a span, or properties of what is inside
                    break;
            }
            if (client.Ledger.ResidentRows > 5_000)
            {
                await client.FlushAsync();
            }
        }
        var result = await client.FlushAsync();

        Assert.True(Hostile.Thrown - thrown > count / 2, $"Only {Hostile.Thrown - thrown} values threw.");
        Assert.Empty(acceptor.NeverFound); // the faults happened, and left their marks
        Assert.Equal((true, 0), (result.Completed, result.Dropped));
        Assert.InRange(rows, count / 2, count);
        Assert.InRange(acceptor.Ids, rows, 2 * rows);
        Assert.Equal((client.Ledger.Delivered, 0, 0), (client.Ledger.Accepted, client.Ledger.DroppedRows, client.Ledger.ResidentRows));
    }

    /// <summary>Whether the call gets as far as a provider: some templates the framework itself refuses.</summary>
    static bool Reaches(string? template, object?[] arguments)
    {
        try
        {
            NullLogger.Instance.LogInformation(template, arguments!);
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
