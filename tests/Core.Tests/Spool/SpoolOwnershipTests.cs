using Braintrust.Logging.Configuration;
using Braintrust.Logging.Pipeline;

namespace Braintrust.Logging.Tests.Spool;

/// <summary>Whose rows on disk are, and who hears of them at the end.</summary>
public sealed class SpoolOwnershipTests
{
    [Fact]
    public async Task RowsOfAnotherKeyAreLeftForIt()
    {
        await using var world = await DiskWorld.StartAsync();
        world.Fail();
        var first = world.Client(static options => options.ApiKey = "sk-of-one-organisation");
        first.GetLogger(setCurrent: false).Log(name: "theirs");
        await world.EndAsync(first);

        var other = world.Client(static options => options.ApiKey = "sk-of-another");
        other.GetLogger(setCurrent: false).Log(name: "ours");
        await world.EndAsync(other);
        var heir = await world.AdoptAsync(1, static options => options.ApiKey = "sk-of-one-organisation");

        Assert.Equal(1, heir.Ledger.SpooledRows);
        Assert.Equal(1, other.Ledger.Accepted);
        Assert.DoesNotContain("sk-of", world.Disk);
    }

    [Theory]
    [InlineData("sk-a", null, "sk-b", null, false)]
    [InlineData("sk-a", null, "sk-a", null, true)]
    [InlineData("sk-a", "org", "sk-b", "org", true)]
    [InlineData("sk-a", "org", "sk-a", null, false)]
    public void AnAccountIsAnOrganisationOrElseAKey(string oneKey, string? oneOrg, string otherKey, string? otherOrg, bool isSame) =>
        Assert.Equal(isSame, Spooling.AccountOf(new ConnectionSettings("https://app.test", null, oneKey, oneOrg, false)) == Spooling.AccountOf(new ConnectionSettings("https://app.test", null, otherKey, otherOrg, false)));

    [Fact]
    public async Task AFlushThatWaitsWhenTheEndComesIsAnsweredThoughRowsStayOnDisk()
    {
        await using var world = await DiskWorld.StartAsync();
        world.Fail();
        var client = world.Client(static options => options.ShutdownTimeout = TimeSpan.FromSeconds(1));
        client.GetLogger(setCurrent: false).Log(name: "row");

        var flush = client.FlushAsync(TimeSpan.FromHours(10));
        await world.EndAsync(client);
        var result = await flush.WaitAsync(Patience.Limit);

        Assert.Equal((1, 0, 0), (result.Spooled, result.Dropped, result.Pending));
    }

    [Fact]
    public async Task AFlushAmongAdoptedRowsIsDoneWhenTheyAre()
    {
        await using var world = await DiskWorld.StartAsync();
        world.Fail();
        var first = world.Client();
        for (var i = 0; i < 300; i++)
        {
            first.GetLogger(setCurrent: false).Log(name: $"row {i}");
        }
        await world.EndAsync(first);

        var second = await world.AdoptAsync(300, static options => options.BatchSizeLimit = 10); // and reads few of them while nothing is delivered
        var early = await second.FlushAsync(TimeSpan.FromTicks(1));
        world.Heal();
        var late = await world.DeliverAsync(second);

        Assert.Equal(300, early.Spooled);
        Assert.Equal((true, 300, 0), (late.Completed, late.Delivered + early.Delivered, late.Spooled));
        Assert.Equal(300, world.Server.Stored(Clients.World.Project).Count);
    }
}
