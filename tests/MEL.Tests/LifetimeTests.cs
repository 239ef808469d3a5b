using Braintrust.Extensions.Logging;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Braintrust.Logging.Tests.Mel;

public class LifetimeTests
{
    [Fact]
    public async Task TwoCallsMakeOneProvider()
    {
        await using var world = await World.OnSocketsAsync();
        var services = world.Services(more: logging => logging.AddBraintrust().AddBraintrust("another project"));
        Assert.Single(services.GetServices<ILoggerProvider>(), provider => provider is BraintrustLoggerProvider);
        services.GetRequiredService<ILoggerFactory>().CreateLogger("Test").LogInformation("Once");
        Assert.Single(await world.FlushAsync("another project"));
        Assert.Empty(await world.StoredAsync(World.Project));
    }

    [Fact]
    public async Task ACategoryHasOneLogger()
    {
        await using var world = await World.OnSocketsAsync();
        var provider = world.Services().GetRequiredService<BraintrustLoggerProvider>();
        Assert.Same(provider.CreateLogger("A"), provider.CreateLogger("A"));
        Assert.NotSame(provider.CreateLogger("A"), provider.CreateLogger("B"));
    }

    [Fact]
    public async Task TheGenericHostDeliversAtItsEnd()
    {
        await using var world = await World.OnSocketsAsync();
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddBraintrust(world.Configure);
        BraintrustClient client;
        using (var host = builder.Build())
        {
            client = world.Watch(host.Services);
            host.Services.GetRequiredService<ILogger<LifetimeTests>>().LogInformation("Last words");
        }
        Assert.True(client.IsClosed);
        Assert.Single(await world.StoredAsync(World.Project));
    }

    [Fact]
    public async Task AWebApplicationDeliversAtItsEnd()
    {
        await using var world = await World.OnSocketsAsync();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.AddBraintrust(world.Configure);
        BraintrustClient client;
        await using (var app = builder.Build())
        {
            client = world.Watch(app.Services);
            app.Logger.LogInformation("Last words");
        }
        Assert.True(client.IsClosed);
        Assert.Contains(await world.StoredAsync(World.Project), row => row.Name() == "Last words");
    }

    [Fact]
    public async Task ALoggerFactoryOfItsOwnDeliversAtItsEnd()
    {
        await using var world = await World.OnSocketsAsync();
        using (var factory = LoggerFactory.Create(logging => logging.AddBraintrust(world.Configure)))
        {
            factory.CreateLogger("Test").LogInformation("Last words");
        }
        Assert.Single(await world.StoredAsync(World.Project));
    }

    [Fact]
    public async Task AfterTheEndEverythingIsCountedAsClosedAndNothingThrows()
    {
        await using var world = await World.OnSocketsAsync();
        var services = world.Services();
        var client = world.Watch(services);
        var logger = services.GetRequiredService<BraintrustLoggerProvider>().CreateLogger("Test");
        var open = logger.BeginScope("Open")!;
        await services.DisposeAsync();

        logger.LogInformation("Too late");
        Assert.Null(logger.BeginScope("Too late"));
        open.Dispose();
        open.Dispose();
        Assert.Equal(3, client.Ledger.Dropped[LossReasons.Closed]);
        Assert.Null(BraintrustSpan.Current);
    }

    [Fact]
    public async Task AfterItsEndAProviderIsSilentEvenWhereItsClientLivesOn()
    {
        await using var world = await World.OnSocketsAsync();
        var (first, second) = (world.Services(), world.Services());
        Assert.Same(world.Watch(first), world.Watch(second));
        var logger = first.GetRequiredService<BraintrustLoggerProvider>().CreateLogger("Test");
        await first.DisposeAsync();

        logger.LogInformation("Too late");
        using (logger.BeginScope("Too late"))
        {
            second.GetRequiredService<ILogger<LifetimeTests>>().LogInformation("Alive");
        }
        Assert.Null((await world.OnlyRowAsync()).Parent());
        Assert.Equal(2, world.Watch(second).Ledger.Dropped[LossReasons.Closed]);
    }

    [Fact]
    public async Task DisposingTwiceOrBothWaysIsOnce()
    {
        await using var world = await World.OnSocketsAsync();
        var provider = world.Services().GetRequiredService<BraintrustLoggerProvider>();
        provider.CreateLogger("Test").LogInformation("Once");
        await provider.DisposeAsync();
        provider.Dispose();
        await provider.DisposeAsync();
        Assert.Single(await world.StoredAsync(World.Project));
    }

    [Fact]
    public async Task AGivenClientIsUsedFlushedAndLeftOpen()
    {
        await using var world = await World.OnSocketsAsync();
        var options = new BraintrustLoggerOptions();
        world.Configure(options);
        await using var client = new BraintrustClient(options);

        var services = world.Services(options =>
        {
            options.Client = client;
            options.Project = "by the provider";
        });
        Assert.Same(client, world.Watch(services));
        services.GetRequiredService<ILogger<LifetimeTests>>().LogInformation("Through the client");
        await services.DisposeAsync();

        Assert.False(client.IsClosed);
        Assert.Single(await world.StoredAsync("by the provider"));
    }

    [Fact]
    public async Task TheFirstCallsReturnAtOnceWhileTheLoginHangs()
    {
        await using var world = await World.OnSocketsAsync();
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Server.OnLogin = async _ =>
        {
            await goOn.Task;
            return null;
        };
        var logger = world.Logger(options => options.EagerlyEmitFirstEvent = true);

        logger.LogInformation("First"); // were it to wait, the test would never come to the line that ends the wait
        await world.Server.WaitForLoginAsync(1);
        using (logger.BeginScope("Scope"))
        {
            logger.LogInformation("Second");
        }
        Assert.Equal(0, world.Server.Logs3Count);

        goOn.SetResult();
        Assert.Equal(3, (await world.FlushAsync()).Count);
        Assert.Equal(1, world.Server.LoginCount);
    }

    [Fact]
    public async Task ProvidersOfOneAccountLogInOnce()
    {
        await using var world = await World.OnSocketsAsync();
        var loggers = Enumerable.Range(0, 3).Select(i => world.Logger(options => options.Project = $"project {i}")).ToArray();
        Parallel.ForEach(loggers, logger => logger.LogInformation("Hello"));
        await world.FlushAsync();
        Assert.Equal(1, world.Server.LoginCount);
        Assert.Single(await world.StoredAsync("project 2"));
    }
}
