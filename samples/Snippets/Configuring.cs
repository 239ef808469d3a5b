using Braintrust.Extensions.Hosting;
using Braintrust.Logging;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Configuration;
using Serilog.Core;
using Serilog.Events;
using Serilog.Sinks.Braintrust;

namespace Snippets;

/// <summary>Options by code, for both front ends.</summary>
public static class Configuring
{
    public static Logger SerilogByCode()
    {
        // snippet: serilog-options
        var log = new LoggerConfiguration()
            .WriteTo.Braintrust(options =>
            {
                options.Project = "My Project";
                options.Period = TimeSpan.FromSeconds(5);
                options.RestrictedToMinimumLevel = LogEventLevel.Information;
                options.OnLoss = loss => Console.Error.WriteLine($"{loss.Count} rows lost: {loss.Reason}");
            })
            .CreateLogger();
        // end
        return log;
    }

    public static Logger SerilogByConfiguration(IConfiguration configuration)
    {
        // snippet: serilog-configuration
        var log = new LoggerConfiguration().ReadFrom.Configuration(configuration).CreateLogger();
        // end
        return log;
    }

    public static void ILoggerByCode(WebApplicationBuilder builder)
    {
        // snippet: ilogger-options
        builder.Logging.AddBraintrust(options =>
        {
            options.Project = "My Project";
            options.ScopeSpans = ScopeSpans.Named;
            options.EventsAs = EventsAs.Auto;
            options.ProjectSelector = properties => properties.TryGetValue("Tenant", out var tenant) ? $"Tenant {tenant}" : null;
        });
        // end
    }

    public static void Sampled(WebApplicationBuilder builder)
    {
        // snippet: sampling
        builder.Logging.AddBraintrust(options =>
        {
            options.SamplingRatio = 0.2;                                                    // one trace in five, the same ones in all services
            options.Sampler = first => first.Properties.GetValueOrDefault("RequestPath") is not "/health"; // asked once per trace
            options.Filter = row => row.LoggerName != "Noise" || row.Level is "error" or "fatal";           // asked for each event and scope
        });
        // end
    }

    public static void HealthChecked(WebApplicationBuilder builder)
    {
        // snippet: health-check
        builder.AddBraintrust("My Project");

        var app = builder.Build();
        app.MapHealthChecks("/health");
        // end
    }

    public static void TunedHealthCheck(WebApplicationBuilder builder)
    {
        // snippet: health-check-tuned
        builder.Services.AddHealthChecks().AddBraintrust(check => check.MaxAge = TimeSpan.FromMinutes(1), name: "traces", tags: ["ready"]);
        builder.Services.Configure<BraintrustHealthCheckOptions>(builder.Configuration.GetSection("Health:Braintrust")); // MaxAge and LossMemory from JSON
        // end
    }

    public static void Masked(WebApplicationBuilder builder)
    {
        // snippet: mask
        builder.Logging.AddBraintrust(options => options.Mask = (field, value) => (field, value) switch
        {
            ("input" or "output", _) => null,                                  // is left out
            ("metadata", IReadOnlyDictionary<string, object?> all) => all.Where(one => one.Key != "Email").ToDictionary(),
            _ => value,
        });
        // end
    }

    public static async Task SharedClientAsync(WebApplicationBuilder builder)
    {
        // snippet: one-client
        await using var client = new BraintrustClient(new BraintrustOptions { ApiUrl = "https://api-eu.braintrust.dev" });

        await using var log = new LoggerConfiguration().WriteTo.Braintrust(client, "My Project").CreateLogger();
        builder.Logging.AddBraintrust(options => (options.Client, options.Project) = (client, "My Project"));
        // end
    }

    public static Logger Audited()
    {
        // snippet: audit
        var audit = new LoggerConfiguration().AuditTo.Braintrust("My Project").CreateLogger();
        // end
        return audit;
    }

    public static Logger Batched(BraintrustClient client)
    {
        // snippet: batched
        var log = new LoggerConfiguration()
            .WriteTo.Sink(new BraintrustBatchedSink(client, "My Project"), new BatchingOptions { BatchSizeLimit = 100 })
            .CreateLogger();
        // end
        return log;
    }
}
