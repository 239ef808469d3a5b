using System.Text.Json.Nodes;
using Braintrust.Extensions.Logging;
using Braintrust.Logging.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Braintrust.Logging.Tests.Mel;

/// <summary>A Braintrust, a clock that stands still until it is told, and loggers set up as an application would; in the end the ledgers must add up.</summary>
sealed class World : IAsyncDisposable
{
    readonly InMemoryBraintrust? _memory;
    readonly FakeBraintrust? _server;
    readonly List<ServiceProvider> _services = [];
    readonly List<BraintrustClient> _clients = [];

    World(InMemoryBraintrust? memory, FakeBraintrust? server) => (_memory, _server) = (memory, server);

    public const string Project = "a project";

    /// <summary>Of a world on sockets.</summary>
    public FakeBraintrust Server => _server ?? throw new InvalidOperationException("This world is in memory.");

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));

    public List<RowLoss> Losses { get; } = [];

    /// <summary>In memory, as an application's own tests would: for what is stored in the end.</summary>
    public static Task<World> StartAsync() => Task.FromResult(new World(new InMemoryBraintrust(), null));

    /// <summary>For what is said on the wire: logins, requests, answers.</summary>
    public static async Task<World> OnSocketsAsync() => new(null, await FakeBraintrust.StartAsync());

    /// <summary>What every provider of this world begins with.</summary>
    public void Configure(BraintrustLoggerOptions options) => Lead(options);

    /// <summary>Leads a client's options here.</summary>
    public void Lead(BraintrustOptions options)
    {
        options.Project = Project;
        options.TimeProvider = Clock;
        options.EagerlyEmitFirstEvent = false;
        options.ShutdownTimeout = Patience.Limit; // what disposes without awaiting waits in real time, whatever the clock says
        options.OnLoss = loss =>
        {
            lock (Losses)
            {
                Losses.Add(loss);
            }
        };
        if (_memory is not null)
        {
            _memory.Connect(options);
        }
        else
        {
            options.ApiKey = Server.ApiKey;
            options.AppUrl = Server.Url.ToString();
        }
    }

    /// <summary>Services with logging at every level.</summary>
    public ServiceProvider Services(Action<BraintrustLoggerOptions>? change = null, Action<ILoggingBuilder>? more = null, Action<IServiceCollection>? services = null)
    {
        var collection = new ServiceCollection();
        collection.AddLogging(logging =>
        {
            logging.SetMinimumLevel(LogLevel.Trace).AddBraintrust(Configure);
            if (change is not null)
            {
                logging.AddBraintrust(change);
            }
            more?.Invoke(logging);
        });
        services?.Invoke(collection);
        var built = collection.BuildServiceProvider();
        _services.Add(built);
        Watch(built);
        return built;
    }

    /// <summary>A logger of the category <c>Test</c>.</summary>
    public ILogger Logger(Action<BraintrustLoggerOptions>? change = null) => Services(change).GetRequiredService<ILoggerFactory>().CreateLogger("Test");

    /// <summary>The provider's client, whose ledger is checked at the end.</summary>
    public BraintrustClient Watch(IServiceProvider services)
    {
        var client = services.GetRequiredService<BraintrustLoggerProvider>().Client;
        if (!_clients.Contains(client))
        {
            _clients.Add(client);
        }
        return client;
    }

    internal Braintrust.Logging.Pipeline.Ledger Ledger() => Assert.Single(_clients).Ledger;

    public async Task<IReadOnlyList<JsonObject>> FlushAsync(string project = Project)
    {
        foreach (var client in _clients.Where(client => !client.IsClosed))
        {
            await client.FlushAsync();
        }
        return await StoredAsync(project);
    }

    /// <summary>What is stored, once clients that are still open have delivered.</summary>
    public async Task<IReadOnlyList<JsonObject>> StoredAsync(string project = Project) => _memory is null ? Server.Stored(project) : await _memory.RowsAsync(project);

    /// <summary>The only row there is, once everything was delivered.</summary>
    public async Task<JsonObject> OnlyRowAsync() => Assert.Single(await FlushAsync());

    /// <summary>The row that one call gives.</summary>
    public static async Task<JsonObject> RowOfAsync(Action<ILogger> call, Action<BraintrustLoggerOptions>? change = null)
    {
        await using var world = await StartAsync();
        call(world.Logger(change));
        return await world.OnlyRowAsync();
    }

    /// <summary>The row of a scope in which nothing happens.</summary>
    public static Task<JsonObject> RowOfScopeAsync(object state, Action<BraintrustLoggerOptions>? change = null) =>
        RowOfAsync(logger => logger.BeginScope(state)!.Dispose(), change);

    public async ValueTask DisposeAsync()
    {
        foreach (var services in _services)
        {
            await services.DisposeAsync();
        }
        foreach (var client in _clients)
        {
            var ledger = client.Ledger;
            Assert.Equal(ledger.Accepted, ledger.Delivered + ledger.DroppedRows + ledger.ResidentRows + ledger.SpooledRows);
            Assert.True(!client.IsClosed || ledger.ResidentRows == 0, "Rows are left in a closed client.");
        }
        if (_memory is not null)
        {
            await _memory.DisposeAsync();
        }
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }
}

static class RowReading
{
    public static string? Name(this JsonObject row) => (string?)row["span_attributes"]?["name"];

    public static string? Type(this JsonObject row) => (string?)row["span_attributes"]?["type"];

    public static JsonNode? Meta(this JsonObject row, string name) => row["metadata"]?[name];

    public static string SpanId(this JsonObject row) => (string)row["span_id"]!;

    public static string Trace(this JsonObject row) => (string)row["root_span_id"]!;

    public static string? Parent(this JsonObject row) => (string?)row["span_parents"]?[0];

    public static double Start(this JsonObject row) => (double)row["metrics"]!["start"]!;

    public static double End(this JsonObject row) => (double)row["metrics"]!["end"]!;

    public static JsonObject Named(this IEnumerable<JsonObject> rows, string name) => rows.Single(row => row.Name() == name);
}
