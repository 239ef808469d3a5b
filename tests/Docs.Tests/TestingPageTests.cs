using Braintrust.Logging.Testing;
using Snippets;

namespace Braintrust.Logging.Tests.Docs;

/// <summary>What docs/testing.md shows is what happens.</summary>
[Collection("current logger")]
public class TestingPageTests
{
    [Fact]
    public Task TheFirstTestPasses() => Tested.ASpan();

    [Fact]
    public async Task TheFaultsAreOneLoss()
    {
        var loss = Assert.Single(await Tested.Faults());
        Assert.Equal((1, "rejected"), (loss.Count, loss.Reason));
    }

    [Fact]
    public async Task TheOtherPiecesLogThere()
    {
        await using var braintrust = new InMemoryBraintrust();

        Tested.ILogger(braintrust);
        Tested.Static(braintrust);

        Assert.Equal(["Hello", "test"], (await braintrust.TracesAsync()).Select(trace => trace.Root.Name));
    }
}
