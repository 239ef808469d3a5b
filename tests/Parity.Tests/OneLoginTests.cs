using Microsoft.Extensions.Logging;
using Serilog;

namespace Braintrust.Logging.Tests.Parity;

public sealed class OneLoginTests
{
    [Fact]
    public async Task TwoSinksAProviderAndTenRacingLoggersLogInOnce()
    {
        await using var server = await FakeBraintrust.StartAsync();
        void Account(BraintrustOptions options)
        {
            (options.ApiKey, options.AppUrl) = (server.ApiKey, server.Url.ToString());
            (options.Project, options.ShutdownTimeout) = ("shared", Patience.Limit);
        }
        var log = new LoggerConfiguration()
            .WriteTo.Braintrust(options => Account(options))
            .WriteTo.Braintrust(options =>
            {
                Account(options);
                options.Project = "of the second sink";
            })
            .CreateLogger();
        var factory = LoggerFactory.Create(builder => builder.AddBraintrust(options => Account(options)));
        var own = new BraintrustOptions();
        Account(own);
        await using var client = new BraintrustClient(own);

        await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Task.Run(() =>
        {
            client.GetLogger($"project {i % 3}", setCurrent: false).Log(name: "row");
            log.Information("row");
            factory.CreateLogger("category").LogInformation("row");
        })));
        await client.FlushAsync();
        await log.DisposeAsync();
        factory.Dispose();

        Assert.Equal(1, server.LoginCount);
        Assert.Equal(5, server.RegisterCount);
        Assert.Equal((20, 10), (server.Stored("shared").Count, server.Stored("of the second sink").Count));
        Assert.Equal(client.Ledger.Accepted, client.Ledger.Delivered);
    }
}
