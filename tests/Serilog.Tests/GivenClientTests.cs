using Braintrust.Logging;
using Braintrust.Logging.Tests;
using Serilog.Configuration;

namespace Serilog.Sinks.Braintrust.Tests;

/// <summary>A sink over a client that is handed in: what its own arguments say holds, what they leave unset comes from the client.</summary>
public class GivenClientTests
{
    static void Configure(BraintrustOptions options)
    {
        options.EventsAs = EventsAs.ApplicationLogs;
        options.ProjectSelector = static properties => properties.GetValueOrDefault("Tenant") as string;
        options.Mask = static (field, value) => field == "output" ? "masked by the client" : value;
    }

    public static TheoryData<string> Sinks => ["WriteTo", "AuditTo", "batched"];

    static LoggerConfiguration To(string sink, World world, EventsAs? eventsAs = null) => sink switch
    {
        "WriteTo" => new LoggerConfiguration().WriteTo.Braintrust(world.Client, world.Project, eventsAs),
        "AuditTo" => new LoggerConfiguration().AuditTo.Braintrust(world.Client, world.Project, eventsAs),
        _ => new LoggerConfiguration().WriteTo.Sink(new BraintrustBatchedSink(world.Client, world.Project), new BatchingOptions()),
    };

    [Theory]
    [MemberData(nameof(Sinks))]
    public async Task WhatItLeavesUnsetComesFromTheClient(string sink)
    {
        await using var world = await World.StartAsync(Configure);
        await using (var log = To(sink, world).CreateLogger())
        {
            log.Information("Hello {Name}", "ann");
            log.Information("Hello {Tenant}", "tenant one");
        }
        var row = Assert.Single(await world.RowsAsync());
        Assert.Equal("log", row.Text("span_attributes", "type"));
        Assert.Equal("masked by the client", row.Text("output"));
        Assert.Single(await world.StoredAsync("tenant one"));
    }

    [Theory]
    [InlineData("WriteTo")]
    [InlineData("AuditTo")]
    public async Task WhatItSaysHoldsEvenIfThatIsTheDefault(string sink)
    {
        await using var world = await World.StartAsync(Configure);
        await using (var log = To(sink, world, EventsAs.Spans).CreateLogger())
        {
            log.Information("Hello {Name}", "ann");
        }
        Assert.Null(Assert.Single(await world.RowsAsync()).Text("span_attributes", "type"));
    }

    [Fact]
    public async Task TheClientIsToldOfItsLosses()
    {
        var told = new Journal<RowLoss>();
        await using var world = await World.StartAsync(options => options.OnLoss = loss => told.Add(loss));
        var log = To("WriteTo", world).CreateLogger();
        await log.DisposeAsync();
        log.Information("too late");
        await world.Client.FlushAsync();
        Assert.Equal("closed", (await told.WaitForAsync(1))[0].Reason);
    }
}
