using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;

namespace Braintrust.Logging.Tests.Clients;

/// <summary>A server, a clock that stands still until it is told, and a client; at the end the ledger must add up.</summary>
sealed class World : IAsyncDisposable
{
    readonly List<BraintrustClient> _clients = [];

    World(FakeBraintrust server) => Server = server;

    public const string Project = "a project";

    public FakeBraintrust Server { get; }

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));

    public List<RowLoss> Losses { get; } = [];

    public static async Task<World> StartAsync() => new(await FakeBraintrust.StartAsync());

    public BraintrustOptions Options(Action<BraintrustOptions>? change = null)
    {
        var options = new BraintrustOptions
        {
            ApiKey = Server.ApiKey,
            AppUrl = Server.Url.ToString(),
            Project = Project,
            TimeProvider = Clock,
            EagerlyEmitFirstEvent = false,
            OnLoss = loss =>
            {
                lock (Losses)
                {
                    Losses.Add(loss);
                }
            },
        };
        change?.Invoke(options);
        return options;
    }

    public BraintrustClient Client(Action<BraintrustOptions>? change = null)
    {
        var client = new BraintrustClient(Options(change));
        _clients.Add(client);
        return client;
    }

    public BraintrustLogger Logger(Action<BraintrustOptions>? change = null) => Client(change).GetLogger(setCurrent: false);

    /// <summary>The stored rows of the project, by the names of their spans.</summary>
    public JsonObject Row(string name) => Server.Stored(Project).Single(row => (string?)row["span_attributes"]?["name"] == name);

    /// <summary>What was logged, without the row that tells of losses.</summary>
    public IReadOnlyList<JsonObject> Rows => [.. Server.Stored(Project).Where(row => (string?)row["span_attributes"]?["name"] != "Rows lost")];

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await this.AdvanceUntil(client.DisposeAsync().AsTask()); // a test that failed half-way must not hang here
            client.AssertBalanced();
            Assert.Equal(0, client.Ledger.ResidentRows);
            Assert.Equal(0, client.Ledger.ResidentBytes);
        }
        await Server.DisposeAsync();
    }
}

static class LedgerAssertions
{
    /// <summary>accepted = delivered + dropped(by reason) + resident in memory + resident on disk</summary>
    public static void AssertBalanced(this BraintrustClient client)
    {
        var ledger = client.Ledger;
        Assert.Equal(ledger.Accepted, ledger.Delivered + ledger.DroppedRows + ledger.ResidentRows + ledger.SpooledRows);
    }
}

static class Patiently
{
    /// <summary>When what is under way has been answered and settled: a short flush waits for that, and for nothing that needs time.</summary>
    public static Task Settled(this World world, BraintrustClient client) => client.FlushAsync(TimeSpan.FromMilliseconds(1));

    /// <summary>Lets time pass in steps until something is done; bounded, so that a test cannot hang.</summary>
    public static async Task AdvanceUntil(this World world, Task done, TimeSpan? step = null)
    {
        for (var i = 0; i < 2000 && !done.IsCompleted; i++)
        {
            world.Clock.Advance(step ?? TimeSpan.FromMilliseconds(500));
            await Task.WhenAny(done, Task.Delay(5)); // real time for the real sockets; nothing is asserted about it
        }
        Assert.True(done.IsCompleted, "It did not happen, however much time passed.");
        await done;
    }
}
