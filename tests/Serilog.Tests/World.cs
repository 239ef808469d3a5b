using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Braintrust.Logging;
using Braintrust.Logging.Tests;
using Serilog.Core;

// SelfLog, the current logger and the shared clients are the process's: tests run one after the other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Serilog.Sinks.Braintrust.Tests;

/// <summary>A Braintrust on a socket, a client of it, and a project that nobody else uses.</summary>
sealed class World : IAsyncDisposable
{
    readonly List<BraintrustClient> _clients = [];

    World(FakeBraintrust server) => Server = server;

    public FakeBraintrust Server { get; }

    public string Project { get; } = Some.ProjectName();

    public BraintrustClient Client => _clients[0];

    public static async Task<World> StartAsync(Action<BraintrustOptions>? configure = null)
    {
        var world = new World(await FakeBraintrust.StartAsync());
        var options = new BraintrustOptions();
        world.PointTo(options);
        configure?.Invoke(options);
        world._clients.Add(new BraintrustClient(options));
        return world;
    }

    /// <summary>Options of this server's account.</summary>
    public void PointTo(BraintrustOptions options)
    {
        options.ApiKey = Server.ApiKey;
        options.AppUrl = Server.Url.ToString();
        options.ApiUrl = Server.Url.ToString();
        options.Project ??= Project;
    }

    /// <summary>A Serilog logger that lets every level through.</summary>
    public Logger Logger() => new LoggerConfiguration().MinimumLevel.Verbose().WriteTo.Braintrust(Client, Project).CreateLogger();

    /// <summary>The client that sinks with these options share; its ledger is checked in the end.</summary>
    public ClientLease Shared(Action<BraintrustOptions>? configure = null)
    {
        var options = new BraintrustOptions();
        PointTo(options);
        configure?.Invoke(options);
        var lease = SharedClients.Acquire(options);
        _clients.Add(lease.Client);
        return lease;
    }

    /// <summary>What was logged, as it is stored.</summary>
    public async Task<IReadOnlyList<JsonObject>> RowsAsync()
    {
        await Client.FlushAsync();
        CheckLedger();
        return Server.Stored(Project);
    }

    /// <summary>The one row that this call makes.</summary>
    public async Task<JsonObject> RowAsync(Action<ILogger> log)
    {
        await using var logger = Logger();
        log(logger);
        return Assert.Single(await RowsAsync());
    }

    public void CheckLedger()
    {
        foreach (var ledger in _clients.Select(client => client.Ledger))
        {
            Assert.Equal(ledger.Accepted, ledger.Delivered + ledger.DroppedRows + ledger.ResidentRows);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        CheckLedger();
        Assert.Equal(0, Client.Ledger.ResidentRows);
        await Server.DisposeAsync();
    }
}

/// <summary>What a fallback is told.</summary>
sealed class RecordingListener : ILoggingFailureListener
{
    public Journal<(LoggingFailureKind Kind, string Message, IReadOnlyCollection<Events.LogEvent> Events)> Told { get; } = new();

    public IEnumerable<Events.LogEvent> Events => Told.Entries.SelectMany(it => it.Events);

    public void OnLoggingFailed(object sender, LoggingFailureKind kind, string message, IReadOnlyCollection<Events.LogEvent>? events, Exception? exception) =>
        Told.Add((kind, message, events ?? []));
}

/// <summary>A fallback that keeps what it gets.</summary>
sealed class RecordingSink : ILogEventSink
{
    public Journal<Events.LogEvent> Events { get; } = new();

    public void Emit(Events.LogEvent logEvent) => Events.Add(logEvent);
}

static class Rows
{
    static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string? Text(this JsonObject row, params string[] path)
    {
        JsonNode? node = row;
        foreach (var name in path)
        {
            node = node?[name];
        }
        return node is JsonValue value && value.TryGetValue(out string? text) ? text : node?.ToJsonString(Readable);
    }

    public static double Number(this JsonObject row, params string[] path) => double.Parse(row.Text(path)!, System.Globalization.CultureInfo.InvariantCulture);
}
