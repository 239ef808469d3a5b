using Braintrust.Logging;
using Serilog;

namespace Worker;

/// <summary>The set-up: Serilog as the host's logger, one client, and a project for each tenant.</summary>
static class TriageHost
{
    public static string Project(string? tenant) => $"Tickets of {tenant ?? "nobody"}";

    public static IHost Build(string[] args, Inbox inbox)
    {
        // snippet: worker-setup
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddSingleton(_ => new BraintrustClient(new BraintrustOptions // the container disposes it, and that delivers
        {
            Project = "Tickets",
            ProjectSelector = static properties => properties.TryGetValue("Tenant", out var tenant) ? Project(tenant as string) : null,
        }));
        builder.Services.AddSerilog((services, log) => log
            .ReadFrom.Configuration(builder.Configuration)
            .Enrich.FromLogContext()
            .WriteTo.Braintrust(services.GetRequiredService<BraintrustClient>()));
        // end

        builder.Services.AddSingleton(inbox);
        builder.Services.AddHostedService<TriageWorker>();
        return builder.Build();
    }
}
