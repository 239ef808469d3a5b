using System.Diagnostics;
using Braintrust.Extensions.Logging;
using Braintrust.Logging.Local;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Braintrust.Logging.Tests.Hosting;

/// <summary>What the one line does, in real hosts with a Braintrust on loopback.</summary>
public sealed class AddBraintrustTests : IAsyncLifetime
{
    BraintrustLocal _local = null!;

    public async Task InitializeAsync() => _local = await BraintrustLocal.StartAsync();

    public async Task DisposeAsync() => await _local.DisposeAsync();

    [Fact]
    public async Task ARequestOfAWebAppIsATraceWithTheModelsCallsOnceTheHostHasStopped()
    {
        using var source = new ActivitySource("Experimental.Microsoft.Extensions.AI");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        Configure(builder.Configuration);
        builder.AddBraintrust("My Project");
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

        var trace = _local.Traces("My Project").Single(trace => trace.Type == "task");
        var call = trace.SelfAndDescendants().Single(row => row.Type == "llm");
        Assert.Equal(("gpt-4o-mini", 49L), (call.Model, call.Tokens!.Value));
        Assert.Contains(trace.SelfAndDescendants(), row => row.Name == "Answered");
    }

    [Fact]
    public async Task AWorkerDeliversWhenItStopsAndASecondCallAddsNothingTwice()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        Configure(builder.Configuration);
        builder.AddBraintrust("My Project").AddBraintrust(options => options.ActivitySources = ["Mine"]);
        using var host = builder.Build();
        await host.StartAsync();

        host.Services.GetRequiredService<ILogger<AddBraintrustTests>>().LogInformation("Worked");
        await host.StopAsync();

        Assert.Equal("Worked", Assert.Single(_local.Traces("My Project")).Name);
        Assert.Equal(["Mine"], host.Services.GetRequiredService<IOptions<BraintrustLoggerOptions>>().Value.ActivitySources);
        Assert.Single(host.Services.GetServices<ILoggerProvider>());
        Assert.Equal(["braintrust"], (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries.Keys);
    }

    [Fact]
    public void AMisspelledOptionIsAnErrorWhenTheHostIsBuilt()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        Configure(builder.Configuration);
        builder.Configuration["Logging:Braintrust:Projekt"] = "My Project";
        builder.AddBraintrust();

        var error = Assert.Throws<OptionsValidationException>(() => builder.Build().Services.GetRequiredService<ILoggerFactory>());
        Assert.Contains("Logging:Braintrust:Projekt", error.Message, StringComparison.Ordinal);
    }

    void Configure(ConfigurationManager configuration) => configuration.AddInMemoryCollection(
    [
        new("Logging:Braintrust:ApiKey", _local.ApiKey), new("Logging:Braintrust:OrgName", _local.Organization),
        new("Logging:Braintrust:AppUrl", _local.Url.ToString()), new("Logging:Braintrust:ApiUrl", _local.Url.ToString()),
        new("Logging:Braintrust:LogLevel:Default", "Information"), new("Logging:Braintrust:LogLevel:Microsoft", "Warning"),
    ]);
}
