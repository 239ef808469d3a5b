using System.Text.Json.Nodes;
using Braintrust.Extensions.Logging;
using Braintrust.Logging.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Serilog;
using Serilog.Extensions.Logging;

namespace Braintrust.Logging.Tests.Ai;

/// <summary>A Braintrust and an application's logging: one line of set-up, and what the tests ask for besides.</summary>
sealed class World : IAsyncDisposable
{
    public const string Project = "ai";

    readonly InMemoryBraintrust _braintrust;
    readonly IDisposable[] _closing;

    World(InMemoryBraintrust braintrust, ILoggerFactory logging, params IDisposable[] closing) => (_braintrust, Logging, _closing) = (braintrust, logging, closing);

    public BraintrustClient Client => _braintrust.Client;

    public ILoggerFactory Logging { get; }

    public BraintrustLogger Logger => _braintrust.Logger;

    public static World Start(bool activities = false, LogLevel level = LogLevel.Trace, bool throughSerilog = false, FakeTimeProvider? clock = null, FlushMode? flushMode = null, Action<BraintrustLoggerOptions>? configure = null)
    {
        var braintrust = new InMemoryBraintrust(options => (options.Project, options.TimeProvider, options.FlushMode) = (Project, clock, flushMode));
        if (throughSerilog)
        {
            var serilog = new LoggerConfiguration().MinimumLevel.Verbose().WriteTo.Braintrust(braintrust.Client, Project).CreateLogger();
            return new(braintrust, new SerilogLoggerFactory(serilog), serilog);
        }
        return new(braintrust, LoggerFactory.Create(logging => logging.SetMinimumLevel(level).AddBraintrust(options =>
        {
            options.Client = braintrust.Client;
            options.Project = Project;
            options.ActivitySources = activities ? [.. BraintrustActivitySources.GenAI] : [];
            configure?.Invoke(options);
        })));
    }

    /// <summary>Delivers, and gives the rows as they are stored then, in the order in which they began.</summary>
    public async Task<List<JsonObject>> FlushAsync(string project = Project) =>
        [.. (await _braintrust.RowsAsync(project)).OrderBy(row => (double)row["metrics"]!["start"]!).ThenBy(row => (long)row["span_attributes"]!["exec_counter"]!)];

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
        await _braintrust.ShouldHaveLostNothingAsync();
        await _braintrust.DisposeAsync();
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
