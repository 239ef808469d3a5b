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
        var local = await BraintrustLocal.StartAsync(new() { Token = "this one" });
        using var http = new HttpClient { DefaultRequestHeaders = { Authorization = new("Bearer", local.ApiKey) } };
        using var changes = new StreamReader(await http.GetStreamAsync(new Uri(local.Url, "/local/changes")));
        Assert.True(await AnswersAsync());
        await local.DisposeAsync();
        await local.DisposeAsync();
        Assert.False(await AnswersAsync());
        Assert.True(await Record.ExceptionAsync(() => changes.ReadToEndAsync().WaitAsync(Patience.Limit)) is null or IOException);

        // By its key: whoever has got the port since takes another one, or any.
        async Task<bool> AnswersAsync() => await TakesAsync(local.ApiKey) && !await TakesAsync("another");

        async Task<bool> TakesAsync(string key)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(local.Url, "/version")) { Headers = { Authorization = new("Bearer", key) } };
            try
            {
                using var answer = await http.SendAsync(request);
                return answer.IsSuccessStatusCode;
            }
            catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
            {
                return false;
            }
        }
    }
}
