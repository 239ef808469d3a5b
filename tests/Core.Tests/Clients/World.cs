using System.Diagnostics;
using System.Text.Json.Nodes;
using Braintrust.Logging.Tests.Faults;
using Microsoft.Extensions.Time.Testing;

namespace Braintrust.Logging.Tests.Clients;

/// <summary>A server, a clock that stands still until it is told, and a client; at the end the ledger must add up.</summary>
sealed class World : IAsyncDisposable
{
    readonly List<BraintrustClient> _clients = [];
    readonly List<RowLoss> _losses = [];

    World(FakeBraintrust server) => Server = server;

    public const string Project = "a project";

    public FakeBraintrust Server { get; }

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));

    /// <summary>What was lost so far.</summary>
    public IReadOnlyList<RowLoss> Losses
    {
        get
        {
            lock (_losses)
            {
                return [.. _losses];
            }
        }
    }

    /// <summary>The open clients that go by this world's clock.</summary>
    public IEnumerable<BraintrustClient> Clients => Metrics.All().Where(client => ReferenceEquals(client.Clock, Clock) || _clients.Contains(client));

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
                lock (_losses)
                {
                    _losses.Add(loss);
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
            await this.AdvanceWhateverIsUnderWayUntil(client.DisposeAsync().AsTask()); // a test that failed half-way must not hang here
            client.AssertBalanced();
            await Patience.UntilAsync(() => client.Ledger is { ResidentRows: 0, ResidentBytes: 0 });
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
        SpinWait.SpinUntil(() => ledger.Accepted == Sum(), Patience.Limit); // the sides are counted one after the other: a row under way is for a moment on none
        Assert.Equal(ledger.Accepted, Sum());

        long Sum() => ledger.Delivered + ledger.DroppedRows + ledger.ResidentRows + ledger.SpooledRows;
    }
}

static class Patiently
{
    /// <summary>When what is under way has been answered and settled: a short flush waits for that, and for nothing that needs time.</summary>
    public static Task Settled(this World world, BraintrustClient client) => client.FlushAsync(TimeSpan.FromMilliseconds(1));

    /// <summary>
    /// Lets time pass in steps until something is done; bounded, so that a test cannot hang. Never while a client is at work, awaits an answer or tells of losses: on a busy machine the limit of
    /// each would pass before it gets there. What shall run into a limit is advanced by hand, once it is known to be under way.
    /// </summary>
    public static Task AdvanceUntil(this World world, Task done, TimeSpan? step = null) => world.Clock.AdvanceUntil(() => world.Clients, done, step);

    /// <inheritdoc cref="AdvanceUntil(World, Task, TimeSpan?)"/>
    public static Task AdvanceUntil(this FakeTimeProvider clock, Func<IEnumerable<BraintrustClient>> clients, Task done, TimeSpan? step = null) =>
        clock.AdvanceUntil(done, step, () => clients().All(Inside.Rests));

    /// <summary>The same whatever is under way: requests may run into their limits.</summary>
    public static Task AdvanceWhateverIsUnderWayUntil(this World world, Task done, TimeSpan? step = null) => world.Clock.AdvanceUntil(done, step, static () => true);

    static async Task AdvanceUntil(this FakeTimeProvider clock, Task done, TimeSpan? step, Func<bool> mayPass)
    {
        var start = Stopwatch.GetTimestamp();
        while (!done.IsCompleted)
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Patience.Limit, "It did not happen, however much time passed.");
            if (mayPass())
            {
                clock.Advance(step ?? TimeSpan.FromMilliseconds(500));
            }
            await Task.WhenAny(done, Task.Delay(5)); // real time for the real sockets; nothing is asserted about it
        }
        await done;
    }
}
