using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Braintrust.Logging.Local.Server;

/// <summary>A Kestrel that its surroundings do not notice, and that does not notice them.</summary>
static class QuietHost
{
    public static WebApplication Build(IPAddress address, int port)
    {
        // Empty, not slim: a slim host would read the embedding app's appsettings.json and ASPNETCORE_URLS and open its ports here as well.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRouting();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();

        // Under the framework's own names the app's tracing would capture the requests that carry its traces, and log those in turn.
        builder.Services.AddSingleton(new ActivitySource("Braintrust.Logging.Local"));
        builder.Services.AddSingleton(new DiagnosticListener("Braintrust.Logging.Local"));

        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(address, port);
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null; // RequestBody keeps the limit, and answers in words.

            // An app that stands in a debugger, or a browser on a busy machine, is slow and no attacker: after five seconds it would be cut off.
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
        });
        return builder.Build();
    }

    public static async Task StopAsync(WebApplication app)
    {
        // Idle keep-alive connections would hold a polite shutdown for half a minute.
        await app.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        await app.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>The default one takes Ctrl+C and SIGTERM away from the embedding app.</summary>
    sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
