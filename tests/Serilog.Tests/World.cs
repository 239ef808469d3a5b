using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Braintrust.Logging;
using Braintrust.Logging.Testing;
using Braintrust.Logging.Tests;
using Serilog.Core;

// SelfLog, the current logger and the shared clients are the process's: tests run one after the other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Serilog.Sinks.Braintrust.Tests;

/// <summary>A Braintrust, a client of it, and a project that nobody else uses; in the end the ledgers must add up.</summary>
sealed class World : IAsyncDisposable
{
    readonly InMemoryBraintrust? _memory;
    readonly FakeBraintrust? _server;
    readonly List<BraintrustClient> _clients = [];

    World(FakeBraintrust? server, Action<BraintrustOptions>? configure)
    {
        void Configure(BraintrustOptions options)
        {
            (options.Project, options.ShutdownTimeout) = (Project, EndTimeout);
            configure?.Invoke(options);
        }

        _server = server;
        if (server is null)
        {
            _memory = new InMemoryBraintrust(Configure);
            _clients.Add(_memory.Client);
            return;
        }
        var options = new BraintrustOptions();
        PointTo(options);
        Configure(options);
        _clients.Add(new BraintrustClient(options));
    }

    /// <summary>For the end of a client: a machine that stands still for five seconds shall cost no row.</summary>
    public static TimeSpan EndTimeout => Patience.Limit;

    /// <summary>Of a world on sockets.</summary>
    public FakeBraintrust Server => _server ?? throw new InvalidOperationException("This world is in memory.");

    public string Project { get; } = Some.ProjectName();

    public BraintrustClient Client => _clients[0];

    /// <summary>In memory, as an application's own tests would: for what is stored in the end.</summary>
    public static Task<World> StartAsync(Action<BraintrustOptions>? configure = null) => Task.FromResult(new World(null, configure));

    /// <summary>For what is said on the wire: logins, requests, answers.</summary>
    public static async Task<World> OnSocketsAsync(Action<BraintrustOptions>? configure = null) => new(await FakeBraintrust.StartAsync(), configure);

    /// <summary>Options of this server's account.</summary>
    public void PointTo(BraintrustOptions options)
    {
        options.Project ??= Project;
        options.ShutdownTimeout = EndTimeout;
        if (_memory is not null)
        {
            _memory.Connect(options);
            return;
        }
        options.ApiKey = Server.ApiKey;
        options.AppUrl = Server.Url.ToString();
        options.ApiUrl = Server.Url.ToString();
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
        return await StoredAsync();
    }

    /// <summary>What is stored, in the world's own project unless another is named; in memory, once clients that are still open have delivered.</summary>
    public async Task<IReadOnlyList<JsonObject>> StoredAsync(string? project = null) => _memory is null ? Server.Stored(project ?? Project) : await _memory.RowsAsync(project ?? Project);

    /// <summary>The one row that this call makes.</summary>
    public async Task<JsonObject> RowAsync(Action<ILogger> log)
    {
        await using var logger = Logger();
        log(logger);
        return Assert.Single(await RowsAsync());
    }

    /// <summary>The sides are counted one after the other: a sum that is off for a moment is a row under way, one that stays off is a row that vanished.</summary>
    public void CheckLedger()
    {
        foreach (var ledger in _clients.Select(client => client.Ledger))
        {
            Assert.True(SpinWait.SpinUntil(() => ledger.Accepted == ledger.Delivered + ledger.DroppedRows + ledger.ResidentRows + ledger.SpooledRows, Patience.Limit), "The ledger does not add up.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        CheckLedger();
        Assert.Equal(0, Client.Ledger.ResidentRows);
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
