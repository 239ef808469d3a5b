using System.Diagnostics;
using Braintrust.Extensions.Logging;
using Braintrust.Logging.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Braintrust.Logging.Tests.Hosting;

/// <summary>What the one line does, in real hosts.</summary>
public sealed class AddBraintrustTests : IAsyncDisposable
{
    readonly InMemoryBraintrust _braintrust = new();

    public ValueTask DisposeAsync() => _braintrust.DisposeAsync();

    [Fact]
    public async Task ARequestOfAWebAppIsATraceWithTheModelsCallsOnceTheHostHasStopped()
    {
        using var source = new ActivitySource("Experimental.Microsoft.Extensions.AI");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddFilter("Microsoft", LogLevel.Warning).AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.None); // which says so where a machine is busy
        builder.AddBraintrust("My Project", _braintrust.Connect);
        await using var app = builder.Build();
        app.MapGet("/", (ILogger<AddBraintrustTests> log) =>
        {
            using var call = source.StartActivity("chat gpt-4o-mini");
            call?.SetTag("gen_ai.operation.name", "chat").SetTag("gen_ai.request.model", "gpt-4o-mini").SetTag("gen_ai.usage.input_tokens", 42).SetTag("gen_ai.usage.output_tokens", 7);
            log.LogInformation("Answered");
            return "At four.";
        });
        app.Urls.Add("http://127.0.0.1:0");
        await app.StartAsync();
        using (var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) })
        {
            Assert.Equal("At four.", await http.GetStringAsync("/"));
        }

        await app.StopAsync(); // not disposed yet

        AssertDelivered();
        var trace = await _braintrust.TraceAsync("My Project");
        trace.ShouldHaveSpan("chat gpt-4o-mini").WithType("llm").WithMetric("prompt_tokens", 42).WithMetric("completion_tokens", 7).Below("GET /");
        trace.ShouldHaveSpan("Answered").Below("GET /");
    }

    [Fact]
    public async Task AWorkerDeliversWhenItStopsAndASecondCallAddsNothingTwice()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.AddBraintrust("My Project", _braintrust.Connect).AddBraintrust(options => options.ActivitySources = ["Mine"]);
        using var host = builder.Build();
        await host.StartAsync();

        host.Services.GetRequiredService<ILogger<AddBraintrustTests>>().LogInformation("Worked");
        await host.StopAsync();

        AssertDelivered();
        Assert.Equal("Worked", (await _braintrust.TraceAsync("My Project")).Root.Name);
        Assert.Equal(["Mine"], host.Services.GetRequiredService<IOptions<BraintrustLoggerOptions>>().Value.ActivitySources);
        Assert.Single(host.Services.GetServices<ILoggerProvider>());
        Assert.Equal(["braintrust"], (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries.Keys);
    }

    [Fact]
    public void AMisspelledOptionIsAnErrorWhenTheHostIsBuilt()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration["Logging:Braintrust:Projekt"] = "My Project";
        builder.AddBraintrust();

        var error = Assert.Throws<OptionsValidationException>(() => builder.Build().Services.GetRequiredService<ILoggerFactory>());
        Assert.Contains("Logging:Braintrust:Projekt", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Before somebody reads, which delivers too.</summary>
    void AssertDelivered()
    {
        Assert.True(_braintrust.Ledger.Delivered > 0);
        Assert.Equal(0, _braintrust.Ledger.Waiting);
    }
}
