using System.Diagnostics;
using Braintrust.Extensions.Logging;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Braintrust.Logging.Tests.Mel.Distributed;

/// <summary>
/// Services on real ports, with Kestrel and HttpClient as they are. <c>/leaf</c> logs a line; <c>/call?to=…</c> calls another service in a span
/// <c>calling</c>. One provider and one client of HTTP each.
/// </summary>
sealed class Services(World world) : IAsyncDisposable
{
    readonly List<WebApplication> _apps = [];

    /// <summary>The headers of the requests that came to <c>/leaf</c>, and the baggage that ASP.NET Core read from them.</summary>
    public List<(Dictionary<string, string> Headers, Dictionary<string, string?> Baggage)> Received { get; } = [];

    public static DistributedContextPropagator Propagator(string name) => name switch
    {
        ".NET 8" => DistributedContextPropagator.CreatePreW3CPropagator(),
        ".NET 10" => DistributedContextPropagator.CreateW3CPropagator(),
        _ => throw new ArgumentOutOfRangeException(nameof(name)),
    };

    /// <summary>Starts a service and gives its address.</summary>
    public async Task<string> StartAsync(
        string project = World.Project, string propagator = ".NET 10", Action<BraintrustLoggerOptions>? change = null, Func<HttpMessageHandler, HttpMessageHandler>? client = null,
        Action<WebApplication>? map = null, Action<WebApplicationBuilder>? build = null)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Logging.AddBraintrust(world.Configure).AddBraintrust(options =>
        {
            options.Project = project;
            change?.Invoke(options);
        });
        builder.Services.AddSingleton(Propagator(propagator));
        var sockets = new SocketsHttpHandler { MaxConnectionsPerServer = 1, ActivityHeadersPropagator = Propagator(propagator) };
        var http = new HttpClient((client ?? Traced)(sockets));
        builder.Services.AddSingleton(_ => http);
        build?.Invoke(builder);

        var app = builder.Build();
        app.MapGet("/leaf", (HttpContext context, ILogger<Services> log) =>
        {
            lock (Received)
            {
                Received.Add((context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
                    Activity.Current!.Baggage.DistinctBy(item => item.Key).ToDictionary()));
            }
            log.LogWarning("leaf");
        });
        app.MapGet("/call", async (string to, string? say, ILogger<Services> log) =>
        {
            if (say is not null)
            {
                Activity.Current!.AddBaggage("said", say);
            }
            using (log.BeginScope("calling"))
            {
                await http.GetStringAsync(to);
            }
        });
        map?.Invoke(app);
        world.Watch(app.Services);
        await app.StartAsync();
        _apps.Add(app);
        return app.Urls.First();
    }

    /// <summary>The handler as an application would set it up.</summary>
    public static HttpMessageHandler Traced(HttpMessageHandler inner) => new BraintrustPropagationHandler("127.0.0.1") { InnerHandler = inner };

    /// <summary>Somebody outside calls.</summary>
    public static async Task VisitAsync(string url)
    {
        using var visitor = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null });
        (await visitor.GetAsync(url)).EnsureSuccessStatusCode();
    }

    public static string Call(string service, string next, string? say = null) =>
        $"{service}/call?to={Uri.EscapeDataString(next)}{(say is null ? "" : $"&say={Uri.EscapeDataString(say)}")}";

    /// <summary>Ends the services: after that every row has been delivered.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var app in _apps)
        {
            await app.StopAsync();
            await app.DisposeAsync();
        }
        _apps.Clear();
    }
}
