using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using Braintrust.Logging.Local;
using ChatApi;
using Microsoft.AspNetCore.Builder;
using Quickstart;

namespace Braintrust.Logging.Tests.Samples;

/// <summary>The service as <c>dotnet run</c> starts it, on a free port, logging to a Braintrust of its own.</summary>
sealed class Running : IAsyncDisposable
{
    readonly WebApplication _app;
    readonly LedgerReader _ledger = new();
    bool _isEnded;

    Running(WebApplication app, BraintrustLocal local)
    {
        _app = app;
        Local = local;
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
    }

    public BraintrustLocal Local { get; }

    public HttpClient Http { get; }

    public WebApplication App => _app;

    public static async Task<Running> StartAsync(TimeProvider? clock = null)
    {
        var local = await BraintrustLocal.StartAsync();
        var app = ChatApp.Build(
        [
            "--urls=http://127.0.0.1:0", $"--Logging:Braintrust:ApiKey={local.ApiKey}", $"--Logging:Braintrust:AppUrl={local.Url}", $"--Logging:Braintrust:ApiUrl={local.Url}",
            "--Logging:Braintrust:OrgName=" + local.Organization, $"--Logging:Braintrust:ShutdownTimeout={Patience.Limit}", // for a machine that stands still for longer than the usual five seconds
        ], clock);
        await app.StartAsync();
        return new Running(app, local);
    }

    public async Task<Answer> AskAsync(string question)
    {
        using var response = await Http.PostAsJsonAsync("/chat", new Question(question));
        return (await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<Answer>())!;
    }

    /// <summary>The streamed events, as they come.</summary>
    public async IAsyncEnumerable<SseItem<string>> StreamAsync(string question)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/chat/stream") { Content = JsonContent.Create(new Question(question)) };
        using var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await foreach (var item in SseParser.Create(await response.EnsureSuccessStatusCode().Content.ReadAsStreamAsync()).EnumerateAsync())
        {
            yield return item;
        }
    }

    /// <summary>Ends the service; then everything has been delivered, and the traces are given in the order of their beginnings.</summary>
    public async Task<List<TraceNode>> EndAsync()
    {
        Assert.False(_isEnded);
        _isEnded = true;
        await _app.StopAsync();
        await _app.DisposeAsync();
        return [.. Local.Traces(ChatApp.Project).Reverse()];
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (!_isEnded)
        {
            await EndAsync();
        }
        var rows = _ledger.Read();
        Assert.Equal((rows.Accepted, 0, 0), (rows.Delivered, rows.Dropped, rows.Queued));
        _ledger.Dispose();
        await Local.DisposeAsync();
    }
}
