using Microsoft.Extensions.Compliance.Classification;
using Microsoft.Extensions.Compliance.Redaction;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Enrichment;
using Microsoft.Extensions.Logging;

namespace Braintrust.Logging.Tests.Mel;

/// <summary>With Microsoft.Extensions.Telemetry the logger hands over state from a pool and clears it when the call returns.</summary>
public class PooledStateTests
{
    static readonly DataClassification Private = new("Test", "Private");

    sealed class Enricher : ILogEnricher
    {
        public void Enrich(IEnrichmentTagCollector collector) => collector.Add("Region", "north");
    }

    sealed class Stars : Redactor, IRedactorProvider
    {
        public override int GetRedactedLength(ReadOnlySpan<char> input) => 3;

        public override int Redact(ReadOnlySpan<char> source, Span<char> destination)
        {
            "***".CopyTo(destination);
            return 3;
        }

        public Redactor GetRedactor(DataClassificationSet classifications) => this;
    }

    [Fact]
    public async Task EnrichedEventsAreCopiedWithinTheCall()
    {
        await using var world = await World.StartAsync();
        var services = world.Services(more: logging => logging.EnableEnrichment(), services: services => services.AddLogEnricher<Enricher>());
        var logger = services.GetRequiredService<ILogger<PooledStateTests>>();
        for (var i = 0; i < 3; i++)
        {
            logger.LogInformation("Number {Number}", i);
        }

        var rows = await world.FlushAsync();
        Assert.Equal([0, 1, 2], rows.Select(row => (int)row.Meta("Number")!));
        Assert.All(rows, row =>
        {
            Assert.Equal("north", (string?)row.Meta("Region"));
            Assert.Equal("Number {Number}", row.Name());
            Assert.Equal("Number {Number}", (string?)row.Meta("braintrust.template"));
        });
    }

    [Fact]
    public async Task RedactedValuesStayRedacted()
    {
        await using var world = await World.StartAsync();
        var services = world.Services(
            more: logging => logging.EnableRedaction(),
            services: services => services.AddSingleton<IRedactorProvider, Stars>());
        var logger = services.GetRequiredService<ILogger<PooledStateTests>>();

        var state = LoggerMessageHelper.ThreadLocalState;
        state.ReserveTagSpace(1);
        state.TagArray[0] = new("{OriginalFormat}", "Mail to {Address}");
        state.ReserveClassifiedTagSpace(1);
        state.ClassifiedTagArray[0] = new("Address", "ann@example.com", new DataClassificationSet(Private));
        logger.Log(LogLevel.Information, new EventId(1, "Mail"), state, null, (state, _) => $"Mail to {state.RedactedTagArray[0].Value}");
        state.Clear();

        var row = await world.OnlyRowAsync();
        Assert.DoesNotContain("ann@example.com", row.ToJsonString());
        Assert.Equal("***", (string?)row.Meta("Address"));
        Assert.Equal("Mail to ***", (string?)row["output"]);
    }
}
