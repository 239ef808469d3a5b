using System.Text.Json.Nodes;
using Braintrust.Extensions.Logging;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Serilog;
using Serilog.Extensions.Logging;

namespace Braintrust.Logging.Tests.Ai;

/// <summary>A Braintrust and an application's logging: one line of set-up, and what the tests ask for besides.</summary>
sealed class World : IAsyncDisposable
{
    public const string Project = "ai";

    readonly IDisposable[] _closing;

    World(FakeBraintrust server, BraintrustClient client, FakeTimeProvider? clock, ILoggerFactory logging, params IDisposable[] closing)
    {
        (Server, Client, Clock, Logging) = (server, client, clock, logging);
        _closing = closing;
    }

    public FakeBraintrust Server { get; }

    public BraintrustClient Client { get; }

    public FakeTimeProvider? Clock { get; }

    public ILoggerFactory Logging { get; }

    /// <summary>The rows as they are stored now, in the order in which they began.</summary>
    public List<JsonObject> Rows => RowsOf(Project);

    public List<JsonObject> RowsOf(string project) => [.. Server.Stored(project).OrderBy(row => (double)row["metrics"]!["start"]!).ThenBy(row => (long)row["span_attributes"]!["exec_counter"]!)];

    public BraintrustLogger Logger => Client.GetLogger(Project);

    public static async Task<World> StartAsync(bool activities = false, LogLevel level = LogLevel.Trace, bool throughSerilog = false, FakeTimeProvider? clock = null, FlushMode? flushMode = null, Action<BraintrustLoggerOptions>? configure = null)
    {
        var server = await FakeBraintrust.StartAsync();
        var client = new BraintrustClient(new() { ApiKey = server.ApiKey, AppUrl = server.Url.ToString(), Project = Project, TimeProvider = clock ?? TimeProvider.System, FlushMode = flushMode });
        if (throughSerilog)
        {
            var serilog = new LoggerConfiguration().MinimumLevel.Verbose().WriteTo.Braintrust(client, Project).CreateLogger();
            return new(server, client, clock, new SerilogLoggerFactory(serilog), serilog);
        }
        return new(server, client, clock, LoggerFactory.Create(logging => logging.SetMinimumLevel(level).AddBraintrust(options =>
        {
            options.Client = client;
            options.Project = Project;
            options.ActivitySources = activities ? [.. BraintrustActivitySources.GenAI] : [];
            configure?.Invoke(options);
        })));
    }

    public async Task<List<JsonObject>> FlushAsync()
    {
        await Client.FlushAsync();
        return Rows;
    }

    /// <summary>Ends the application's logging as a host would.</summary>
    public void CloseLogging()
    {
        Logging.Dispose();
        foreach (var it in _closing)
        {
            it.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        CloseLogging();
        await Client.DisposeAsync();
        Assert.Equal(Client.Ledger.Accepted, Client.Ledger.Delivered);
        await Server.DisposeAsync();
    }
}

static class RowReading
{
    public static string? Name(this JsonObject row) => (string?)row["span_attributes"]?["name"];

    public static string? Type(this JsonObject row) => (string?)row["span_attributes"]?["type"];

    public static JsonNode? Meta(this JsonObject row, string name) => row["metadata"]?[name];

    public static double? Metric(this JsonObject row, string name) => (double?)row["metrics"]?[name];

    public static JsonObject Named(this IEnumerable<JsonObject> rows, string name) => rows.Single(row => row.Name() == name);

    public static List<JsonObject> OfType(this IEnumerable<JsonObject> rows, string type) => [.. rows.Where(row => row.Type() == type)];

    /// <summary>The tree by names, children in brackets: one line to compare. More than one root is more than one trace.</summary>
    public static string Tree(this IReadOnlyList<JsonObject> rows)
    {
        var roots = rows.Where(row => row["span_parents"] is null).ToList();
        var ids = rows.Select(row => (string)row["span_id"]!).ToHashSet();
        Assert.All(rows, row => Assert.True(row["span_parents"] is null || ids.Contains((string)row["span_parents"]![0]!), "A parent has no row."));
        return string.Join(" | ", roots.Select(Text));

        string Text(JsonObject row)
        {
            var children = rows.Where(child => (string?)child["span_parents"]?[0] == (string?)row["span_id"]).Select(Text).ToList();
            return children.Count == 0 ? row.Name()! : $"{row.Name()} [{string.Join(", ", children)}]";
        }
    }

    public static double Sum(this IEnumerable<JsonObject> rows, string metric) => rows.Sum(row => row.Metric(metric) ?? 0);
}
