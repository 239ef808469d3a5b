using Braintrust.Extensions.Logging;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Serilog;

namespace Braintrust.Logging.Testing.Tests;

/// <summary>The ways in which an application logs, each to a Braintrust in memory.</summary>
public sealed class FrontEndTests
{
    [Fact]
    public async Task SerilogOverTheClient()
    {
        await using var braintrust = new InMemoryBraintrust();
        await using var log = new LoggerConfiguration().WriteTo.Braintrust(braintrust.Client, "Shop").CreateLogger();
        using (var span = log.BeginSpan("Answering {Question}", "When is tea?"))
        {
            log.Information("{Model} used {PromptTokens} + {CompletionTokens} tokens", "gpt-4o-mini", 42, 7);
            span.Log(output: "At four.", scores: new Dictionary<string, double> { ["helpful"] = 0.9 });
        }

        var trace = await braintrust.TraceAsync("Shop");
        trace.ShouldHaveSpan("Answering {Question}").AtTheTop().WithOutput("At four.").WithScore("helpful", 0.9);
        trace.ShouldHaveSpan("{Model} used {PromptTokens} + {CompletionTokens} tokens")
            .Below("Answering {Question}").Below("Answering When is tea?").WithLevel("info").WithMetric("prompt_tokens", 42).WithMetadata("model", "gpt-4o-mini");
        await braintrust.ShouldHaveLostNothingAsync();
    }

    [Fact]
    public async Task ILoggerOverTheClient()
    {
        await using var braintrust = new InMemoryBraintrust();
        using var logging = LoggerFactory.Create(logging => logging.AddBraintrust(options => options.Client = braintrust.Client));
        var log = logging.CreateLogger("Shop");
        using (log.BeginScope("Answering {Question}", "When is tea?"))
        {
            log.LogError(new InvalidOperationException("out of tea"), "{Tool} failed", "kettle");
        }

        var trace = await braintrust.TraceAsync(InMemoryBraintrust.DefaultProject);
        trace.ShouldHaveSpan("{Tool} failed").Below("Answering {Question}").WithError("out of tea").WithLevel("error").WithMetadata("Tool", "kettle");
        await braintrust.ShouldHaveLostNothingAsync();
    }

    [Fact]
    public async Task AnApplicationsOwnSetUpIsLedHereByItsTest()
    {
        await using var braintrust = new InMemoryBraintrust();
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddBraintrust("My Project")); // the application's
        services.Configure<BraintrustLoggerOptions>(options => options.Client = braintrust.Client); // the test's
        await using var app = services.BuildServiceProvider();

        app.GetRequiredService<ILogger<FrontEndTests>>().LogInformation("Hello");

        Assert.Equal("Hello", (await braintrust.TraceAsync("My Project")).Root.Name);
    }

    [Fact]
    public async Task FrontEndsThatAreMadeFromOptionsArriveOnceTheyAreDisposed()
    {
        var told = new List<RowLoss>();
        await using var braintrust = new InMemoryBraintrust();
        using (var logging = LoggerFactory.Create(logging => logging.AddBraintrust(options =>
        {
            options.Project = "of ILogger";
            braintrust.Connect(options);
        })))
        await using (var log = new LoggerConfiguration().WriteTo.Braintrust(options =>
        {
            options.OnLoss = told.Add;
            braintrust.Connect(options);
        }).CreateLogger())
        {
            log.Information("of Serilog");
            logging.CreateLogger("Shop").LogInformation("of ILogger");
        }

        Assert.Equal(["Test", "of ILogger"], (await braintrust.TracesAsync()).Select(trace => trace.Project).Order(StringComparer.Ordinal));
        braintrust.FailNext(System.Net.HttpStatusCode.BadRequest);
        await using (var log = new LoggerConfiguration().WriteTo.Braintrust(options =>
        {
            options.OnLoss = told.Add;
            braintrust.Connect(options);
        }).CreateLogger())
        {
            log.Information("refused");
        }
        Assert.Equal(LossReasons.Rejected, Assert.Single(told).Reason);
        Assert.Equal(told, braintrust.Losses);
    }

    [Fact]
    public async Task FrontEndsThatAreMadeFromOptionsAreReadAndCountedWhileTheyRun()
    {
        await using var braintrust = new InMemoryBraintrust();
        using var logging = LoggerFactory.Create(logging => logging.AddBraintrust(options => braintrust.Connect(options)));
        await using var log = new LoggerConfiguration().WriteTo.Braintrust(options =>
        {
            (options.Project, options.SamplingRatio) = ("of Serilog", 1);
            braintrust.Connect(options);
        }).CreateLogger();
        braintrust.Logger.Log(name: "by code");
        logging.CreateLogger("Shop").LogInformation("of ILogger");
        log.Information("of Serilog");

        Assert.Equal(["by code", "of ILogger", "of Serilog"], (await braintrust.TracesAsync()).Select(trace => trace.Root.Name).Order(StringComparer.Ordinal));
        await braintrust.ShouldHaveLostNothingAsync();
        Assert.Equal(3, braintrust.Ledger.Delivered);

        braintrust.FailNext(System.Net.HttpStatusCode.BadRequest);
        log.Information("refused");
        var error = await Assert.ThrowsAsync<BraintrustAssertionException>(braintrust.ShouldHaveLostNothingAsync);
        Assert.Contains("accepted 4 = delivered 3 + dropped 1 (rejected 1) + waiting 0", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CodeThatUsesTheStaticFrontDoorGoesToTheSpanAroundIt()
    {
        await using var braintrust = new InMemoryBraintrust();
        using (braintrust.Logger.StartSpan("test"))
        {
            BraintrustLog.Traced("application", span => span.Log(output: 1));
        }
        (await braintrust.TraceAsync()).ShouldHaveSpan("application").Below("test").WithOutput(1);
    }

    [Fact]
    public async Task OptionsOfTheClientHold()
    {
        await using var braintrust = new InMemoryBraintrust(options =>
        {
            options.Project = "Mine";
            options.Mask = (field, value) => field == "input" ? "masked" : value;
            options.ApiKey = "a real one";
            options.AppUrl = "https://www.braintrust.dev";
        });
        braintrust.Logger.Log(name: "row", input: "secret");

        (await braintrust.TraceAsync("Mine")).ShouldHaveSpan("row").WithInput("masked");
    }
}
