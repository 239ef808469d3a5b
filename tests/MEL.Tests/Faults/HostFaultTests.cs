using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Braintrust.Logging.Tests.Mel.Faults;

/// <summary>The order in which a host ends, and what its own instrumentation sees of us.</summary>
[Collection("distributed")] // what the process traces is seen here, whichever test it belongs to
public sealed class HostFaultTests
{
    [Fact, Trait("Row", "L05")]
    public async Task WhateverIsLoggedWhileAHostEndsIsDeliveredOrCounted()
    {
        await using var world = await World.OnSocketsAsync();
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders().AddBraintrust(world.Configure);
        builder.Services.AddSingleton<LateService>().AddHostedService(static services => services.GetRequiredService<LateService>());
        builder.Services.AddSingleton<LateDisposable>();
        ILogger logger;
        BraintrustClient client;
        using (var host = builder.Build())
        {
            client = world.Watch(host.Services);
            logger = host.Services.GetRequiredService<ILogger<HostFaultTests>>();
            host.Services.GetRequiredService<LateDisposable>();
            host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopped.Register(() => logger.LogInformation("stopped"));
            await host.StartAsync();
            await host.StopAsync();
        }
        Forget(logger);
        logger.LogInformation("after the end");
        GC.Collect();
        GC.WaitForPendingFinalizers();

        var names = (await world.StoredAsync(World.Project)).Select(static row => (string?)row["output"]).ToList();
        Assert.Contains("stopping", names);
        Assert.Contains("stopped", names);
        Assert.True(client.Ledger.Dropped[LossReasons.Closed] >= 1);
        Assert.Equal(client.Ledger.Accepted, client.Ledger.Delivered + client.Ledger.DroppedRows);
        Assert.Equal(client.Ledger.Dropped[LossReasons.Closed], client.Ledger.DroppedRows);

        [MethodImpl(MethodImplOptions.NoInlining)] // nothing on the stack keeps it, so that it has been finalised when the rows are counted
        static void Forget(ILogger logger) => GC.KeepAlive(new Late(logger));
    }

    [Fact, Trait("Row", "F01")]
    public async Task WithEveryInstrumentationOfTheFrameworkOnOurSendsCauseNoRow()
    {
        await using var world = await World.OnSocketsAsync();
        await using var services = world.Services(
            options => (options.ActivitySources, options.TimeProvider) = (["*Net*"], null),
            logging => logging.AddFilter(null, LogLevel.Trace),
            static more => more.AddHttpClient());
        var client = world.Watch(services);
        var logger = services.GetRequiredService<ILogger<HostFaultTests>>();
        var heard = 0;
        using var listener = new ActivityListener
        {
            ShouldListenTo = static _ => true,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                if (activity.Source.Name == "System.Net.Http")
                {
                    Interlocked.Increment(ref heard);
                    logger.LogTrace("{Activity} of {Source}", activity.OperationName, activity.Source.Name); // as an exporter that logs would
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        var sends = LongTests.Count(20, 1_000);

        for (var i = 0; i < sends; i++)
        {
            logger.LogInformation("mine {Number}", i);
            Assert.True((await client.FlushAsync()).Completed);
        }

        Assert.True(world.Server.Logs3Count >= sends);
        var names = (await world.StoredAsync(World.Project)).Select(static row => (string?)row["output"] ?? row.Name()).Where(static name => name?.StartsWith("mine", StringComparison.Ordinal) != true);
        Assert.Equal([], names);
        Assert.Equal((0, sends), (heard, client.Ledger.Accepted));

        // The instrumentation was on: the same request, sent by the application, is heard and logged.
        using var http = services.GetRequiredService<IHttpClientFactory>().CreateClient();
        using var response = await http.GetAsync(new Uri(world.Server.Url, "/version"));
        Assert.True(heard > 0 && client.Ledger.Accepted > sends);
    }

    sealed class LateService(ILogger<LateService> logger) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken)
        {
            logger.LogInformation("stopping");
            return Task.CompletedTask;
        }
    }

    sealed class LateDisposable(ILogger<LateDisposable> logger) : IDisposable
    {
        public void Dispose() => logger.LogInformation("disposing");
    }

    sealed class Late(ILogger logger)
    {
        ~Late() => logger.LogInformation("finalising");
    }
}
