using System.Text.Json.Nodes;
using Braintrust.Logging.Local.Storage;
using Braintrust.Logging.Tests.Clients;

namespace Braintrust.Logging.Tests.Captures;

/// <summary>A server built from a capture, a clock that stands still, and our clients; at the end the ledgers must add up.</summary>
sealed class CaptureRun : IAsyncDisposable
{
    readonly List<BraintrustClient> _clients = [];
    readonly List<RowLoss> _losses = [];

    CaptureRun(CaptureServer server) => Server = server;

    /// <summary>What most of the recorded programs called their project.</summary>
    public const string Project = "capture-project";

    public CaptureServer Server { get; }

    public Capture Capture => Server.Capture;

    public CaptureClock Clock { get; } = new();

    public string BaseUrl => Server.Url.GetLeftPart(UriPartial.Authority);

    public static async Task<CaptureRun> StartAsync(string capture) => new(await CaptureServer.StartAsync(capture));

    /// <summary>A client set up as the recorded program was: both URLs and the key.</summary>
    public BraintrustClient Client(Action<BraintrustOptions>? change = null)
    {
        var options = new BraintrustOptions
        {
            ApiKey = Server.ApiKey,
            AppUrl = BaseUrl,
            ApiUrl = BaseUrl,
            TimeProvider = Clock,
            EagerlyEmitFirstEvent = false,
            OnLoss = loss =>
            {
                lock (_losses)
                    _losses.Add(loss);
            },
        };
        change?.Invoke(options);
        var client = new BraintrustClient(options);
        _clients.Add(client);
        return client;
    }

    public BraintrustLogger Logger(Action<BraintrustOptions>? change = null) => Client(change).GetLogger(Project, setCurrent: false);

    public IReadOnlyList<BraintrustClient> Clients => _clients;

    public IReadOnlyList<RowLoss> Losses
    {
        get
        {
            lock (_losses)
                return [.. _losses];
        }
    }

    public IReadOnlyList<RecordedRequest> Logs3 => [.. Server.Requests.Entries.Where(IsLogs3)];

    /// <summary>Completes once this many /logs3 requests were read, whatever they were answered; gives them.</summary>
    public Task<IReadOnlyList<RecordedRequest>> WaitForLogs3Async(int count) => Server.Requests.WaitForAsync(count, IsLogs3, "POST /logs3");

    /// <summary>What our rows came to, in the order of first arrival.</summary>
    public IReadOnlyList<JsonObject> StoredRows()
    {
        var stored = new OrderedDictionary<string, JsonObject>();
        foreach (var row in Server.Rows.Entries)
        {
            var id = RowMerge.IdOf(row);
            stored[id] = RowMerge.Apply(stored.GetValueOrDefault(id), row)!;
        }
        return [.. stored.Values];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync().AsTask().WaitAsync(Patience.Limit); // no time passes by itself: a row that is stuck would hold it up for ever
            client.AssertBalanced();
            Assert.Equal((0, 0), (client.Ledger.ResidentRows, client.Ledger.ResidentBytes));
        }
        Assert.Equal(_clients.Sum(client => client.Ledger.DroppedRows), Losses.Where(loss => loss.Reason != LossReasons.Attachment).Sum(loss => loss.Count));
        await Server.DisposeAsync();
    }

    static bool IsLogs3(RecordedRequest request) => request.Is("POST", "/logs3");
}

static class FlushExtensions
{
    /// <summary>A flush that fails the test when it never ends; its own timeout does not pass by itself here.</summary>
    public static Task<FlushResult> FlushOrFail(this BraintrustClient client, TimeSpan? timeout = null) =>
        Patience.For(client.FlushAsync(timeout), () => $"a flush of {client.Ledger.ResidentRows} rows");
}
