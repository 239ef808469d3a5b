using Microsoft.Extensions.Logging;

namespace Braintrust.Logging.Tests.Mel;

/// <summary>Scopes that are left out, and traces that are not kept, as an application meets them.</summary>
public sealed class FilterTests
{
    [Fact]
    public async Task WhatIsInsideAFilteredScopeGoesToTheSpanAround()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.Filter = preview => preview.Name != "noise");

        using (logger.BeginScope("work"))
        using (logger.BeginScope("noise"))
        {
            logger.LogInformation("inside");
        }
        var rows = await world.FlushAsync();

        Assert.Equal(2, rows.Count);
        Assert.Equal(rows.Named("work").SpanId(), rows.Named("inside").Parent());
        Assert.Equal(1, world.Ledger().Withheld["filtered"]);
    }

    [Fact]
    public async Task AFilterSeesTheScopesAround()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options =>
        {
            options.ScopeSpans = ScopeSpans.Named;
            options.Filter = preview => preview.Properties.GetValueOrDefault("Tenant") is not "private";
        });

        using (logger.BeginScope(new Dictionary<string, object> { ["Tenant"] = "private" }))
        {
            logger.LogInformation("kept back");
        }
        logger.LogInformation("sent");

        Assert.Equal("sent", (await world.OnlyRowAsync()).Name());
    }

    [Fact]
    public async Task ATraceThatIsNotKeptHasNoneOfItsEventsAndScopes()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger(options => options.Sampler = preview => preview.Properties.GetValueOrDefault("RequestPath") is not "/health");

        foreach (var path in (string[])["/health", "/answer"])
        {
            using (logger.BeginScope("{RequestPath}", path))
            using (logger.BeginScope("step"))
            {
                logger.LogError(new InvalidOperationException(), "failed");
            }
        }
        var rows = await world.FlushAsync();

        Assert.Equal(["/answer", "failed", "step"], rows.Select(row => row.Name()).Order());
        Assert.Equal(3, world.Ledger().Withheld["sampled"]);
        Assert.Equal(3, world.Ledger().Accepted);
    }

    [Fact]
    public async Task ASecretInTheTextOfAScopeIsNotItsName()
    {
        await using var world = await World.OnSocketsAsync();
        var logger = world.Logger();

        using (logger.BeginScope("Logging in with {Password}", "s3cret-4711"))
        {
            await world.FlushAsync();
        }

        var row = await world.OnlyRowAsync();
        Assert.Equal("Logging in with ***", row.Name());
        Assert.DoesNotContain("s3cret", string.Concat(world.Server.Arrivals.Entries), StringComparison.Ordinal);
    }
}
