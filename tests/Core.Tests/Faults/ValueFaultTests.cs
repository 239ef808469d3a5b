namespace Braintrust.Logging.Tests.Faults;

/// <summary>Every value that there is, in every place that takes one, through loggers and spans by code: nothing is thrown, nothing is lost, every row is whole.</summary>
public sealed class ValueFaultTests
{
    [Fact]
    [Trait("Row", "U01"), Trait("Row", "U02"), Trait("Row", "U03"), Trait("Row", "U04"), Trait("Row", "U06"), Trait("Row", "U07"), Trait("Row", "U09")]
    public async Task TenThousandHostileRowsArriveWhole()
    {
        using var acceptor = new Acceptor { LookedFor = Hostile.Marks };
        var client = new BraintrustClient(new() { ApiKey = Some.ApiKey(), AppUrl = "https://app.example", HttpMessageHandler = acceptor, FlushOnExit = false, QueueLimit = int.MaxValue, QueueLimitBytes = long.MaxValue });
        var logger = client.GetLogger("P", setCurrent: false);
        var count = LongTests.Count(10_000, 1_000_000);
        var thrown = Hostile.Thrown;
        var ids = new HashSet<string>();

        var hostile = new Hostile(seed: 1);
        for (var i = 0; i < count; i++)
        {
            if (i % 3 == 0)
            {
                using var span = logger.StartSpan(hostile.Text(), hostile.Below(2) == 0 ? hostile.Text() : null, hostile.Value());
                span.Log(hostile.Value(), hostile.Value(), hostile.Value(), hostile.Value(), hostile.Numbers(), hostile.Value(), hostile.Numbers(), hostile.Tags());
                ids.Add(span.Id);
            }
            else
            {
                ids.Add(logger.Log(hostile.Value(), hostile.Value(), hostile.Value(), hostile.Exception() ?? hostile.Value(), hostile.Numbers(), hostile.Value(), hostile.Numbers(), hostile.Tags(), hostile.Text()));
            }
            if (client.Ledger.ResidentRows > 5_000)
            {
                await client.FlushAsync();
            }
        }
        var result = await client.FlushAsync(Patience.Limit);
        await client.DisposeAsync();

        Assert.True(Hostile.Thrown - thrown > count / 2, $"Only {Hostile.Thrown - thrown} values threw.");
        Assert.Empty(acceptor.NeverFound); // the faults happened, and left their marks
        Assert.Equal((true, 0), (result.Completed, result.Dropped));
        Assert.Equal((count, count), (ids.Count, acceptor.Ids));
        Assert.Equal((client.Ledger.Delivered, 0, 0), (client.Ledger.Accepted, client.Ledger.DroppedRows, client.Ledger.ResidentRows));
    }
}
