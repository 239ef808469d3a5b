using Braintrust.Extensions.Logging;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Braintrust.Logging.Tests.Mel;

/// <summary>A provider over a client that is handed in: what its own options say holds, what they leave unset comes from the client.</summary>
public class GivenClientTests
{
    static string? Tenant(IReadOnlyDictionary<string, object?> properties) => properties.GetValueOrDefault("Tenant") as string;

    static BraintrustClient Client(World world, Action<RowLoss> onLoss)
    {
        var options = new BraintrustOptions
        {
            EventsAs = EventsAs.ApplicationLogs,
            ScopeSpans = ScopeSpans.Named,
            ProjectSelector = Tenant,
            Mask = static (field, value) => field == "output" ? "masked by the client" : value,
        };
        world.Lead(options);
        options.OnLoss = onLoss;
        return new(options);
    }

    static ServiceProvider Provider(BraintrustClient client, Action<BraintrustLoggerOptions>? more = null)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddBraintrust(options =>
        {
            options.Client = client;
            more?.Invoke(options);
        }));
        return services.BuildServiceProvider();
    }

    [Fact]
    public async Task WhatItLeavesUnsetComesFromTheClient()
    {
        await using var world = await World.StartAsync();
        var told = new Journal<RowLoss>();
        await using var client = Client(world, loss => told.Add(loss));
        await using var services = Provider(client);
        var logger = services.GetRequiredService<ILogger<GivenClientTests>>();

        using (logger.BeginScope(new Dictionary<string, object?> { ["Region"] = "north" }))
        {
            logger.LogInformation("Hello {Name}", "ann");
        }
        logger.LogInformation("Hello {Tenant}", "tenant one");
        await client.FlushAsync();

        var row = Assert.Single(await world.StoredAsync(World.Project)); // the scope enriched, and was no span
        Assert.Equal("log", row.Type());
        Assert.Equal("north", (string?)row.Meta("Region"));
        Assert.Equal("masked by the client", (string?)row["output"]);
        Assert.Single(await world.StoredAsync("tenant one"));

        await services.GetRequiredService<BraintrustLoggerProvider>().DisposeAsync();
        logger.LogInformation("Too late");
        await client.FlushAsync();
        Assert.Equal("closed", (await told.WaitForAsync(1))[0].Reason);
    }

    [Fact]
    public async Task WhatItSaysHolds()
    {
        await using var world = await World.StartAsync();
        var (told, toldByClient) = (new Journal<RowLoss>(), new Journal<RowLoss>());
        await using var client = Client(world, loss => toldByClient.Add(loss));
        await using var services = Provider(client, options =>
        {
            options.EventsAs = EventsAs.Auto;
            options.ProjectSelector = static _ => "another";
            options.Mask = static (_, value) => value;
            options.OnLoss = loss => told.Add(loss);
        });
        var logger = services.GetRequiredService<ILogger<GivenClientTests>>();
        logger.LogInformation("Asked {Model} for {Tenant}", "gpt-5", "tenant one");
        await client.FlushAsync();

        var row = Assert.Single(await world.StoredAsync("another"));
        Assert.Null(row.Type());
        Assert.Equal("Asked gpt-5 for tenant one", (string?)row["output"]);

        await services.GetRequiredService<BraintrustLoggerProvider>().DisposeAsync();
        logger.LogInformation("Too late");
        await client.FlushAsync();
        await told.WaitForAsync(1);
        Assert.Empty(toldByClient.Entries);
    }

    [Fact]
    public async Task TheContainerHasTheProjectsLoggerAndLeavesItsClientOpen()
    {
        await using var world = await World.StartAsync();
        await using var client = Client(world, static _ => { });
        string id;
        await using (var services = Provider(client, options => (options.Project, options.ProjectSelector) = ("a project of its own", static _ => "another")))
        {
            var logger = services.GetRequiredService<BraintrustLogger>();
            Assert.Same(services.GetRequiredService<BraintrustLoggerProvider>().Logger, logger);
            Assert.Equal(("a project of its own", client), (logger.Project, logger.Client));
            id = logger.Log(output: "At four.");
            logger.LogFeedback(id, new Dictionary<string, double> { ["liked"] = 1 });
        }

        Assert.Equal(1, (double)(await world.StoredAsync("a project of its own")).Single(row => (string?)row["id"] == id)["scores"]!["liked"]!);
        client.GetLogger("later", setCurrent: false).Log(output: "still open");
        Assert.Equal(1, (await client.FlushAsync()).Delivered);
    }
}
