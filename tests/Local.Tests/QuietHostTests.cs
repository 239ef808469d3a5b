using System.Diagnostics;

namespace Braintrust.Logging.Local.Tests;

public sealed class QuietHostTests
{
    [Fact]
    public async Task AnAppsTracingDoesNotSeeItsRequests()
    {
        var seen = new Journal<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStarted = activity => seen.Add($"{activity.Source.Name} {activity.OperationName}"),
        };
        ActivitySource.AddActivityListener(listener);
        await using var client = await LocalClient.StartAsync();
        await client.RegisterAsync("p");
        Assert.DoesNotContain(seen.Entries, activity => activity.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TheEmbeddingAppsUrlsAreNotItsOwn()
    {
        Environment.SetEnvironmentVariable("ASPNETCORE_URLS", "http://127.0.0.1:1");
        try
        {
            await using var client = await LocalClient.StartAsync();
            Assert.NotEqual(1, client.Local.Url.Port);
        }
        finally
        {
            Environment.SetEnvironmentVariable("ASPNETCORE_URLS", null);
        }
    }

    [Fact]
    public async Task StoppedTwiceItIsStillStopped()
    {
        var local = await BraintrustLocal.StartAsync();
        using var http = new HttpClient();
        using var changes = new StreamReader(await http.GetStreamAsync(new Uri(local.Url, "/local/changes"))); // the port itself may soon be another test's
        await local.DisposeAsync();
        await local.DisposeAsync();
        Assert.True(await Record.ExceptionAsync(() => changes.ReadToEndAsync().WaitAsync(Patience.Limit)) is null or IOException);
    }
}
