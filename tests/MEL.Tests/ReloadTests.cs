using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Braintrust.Logging.Tests.Mel;

/// <summary>The configuration changes while an application logs.</summary>
public sealed class ReloadTests : IAsyncLifetime
{
    readonly Reloadable _configuration = new();
    World _world = null!;
    ILogger _log = null!;
    BraintrustClient _client = null!;
    Exception? _thrown;

    public async Task InitializeAsync()
    {
        _world = await World.StartAsync();
        var services = _world.Services(more: logging =>
        {
            logging.AddConfiguration(_configuration.Logging);
            logging.Services.Configure<Braintrust.Extensions.Logging.BraintrustLoggerOptions>(_ =>
            {
                if (_thrown is not null)
                {
                    throw _thrown;
                }
            });
        });
        (_log, _client) = (services.GetRequiredService<ILoggerFactory>().CreateLogger("Test"), _world.Watch(services));
    }

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact, Trait("Row", "L08")]
    public async Task ASwitchedOffProviderWritesNothingAndWhatIsUnderWayArrives()
    {
        _log.LogInformation("Before");
        var scope = _log.BeginScope("Open {Number}", 1);

        _configuration.Change(("Enabled", "false"));
        Assert.False(_log.IsEnabled(LogLevel.Critical));
        _log.LogCritical("While off");
        using (_log.BeginScope("While off"))
        {
        }
        scope!.Dispose();

        _configuration.Change(("Enabled", "true"));
        _log.LogInformation("After");

        Assert.Equal(["Before", "Open 1", "After"], (await _world.FlushAsync()).Select(row => row.Name()));
    }

    [Fact, Trait("Row", "L08")]
    public async Task TheShareOfTracesAndTheLevelChangeAtOnce()
    {
        _configuration.Change(("SamplingRatio", "0"));
        _log.LogInformation("Withheld");
        _configuration.Change(("SamplingRatio", null), ("LogLevel:Default", "Warning"));
        _log.LogInformation("Too quiet");
        _log.LogWarning("Loud enough");

        Assert.Equal("Loud enough", (await _world.OnlyRowAsync()).Name());
        Assert.Equal(1, _client.Ledger.Withheld["sampled"]);
    }

    [Theory, Trait("Row", "L08")]
    [InlineData("SamplingRatio", "25", "SamplingRatio must be a number from 0 to 1, such as 0.25, not '25'.")]
    [InlineData("Enabeld", "false", "Enabeld is unknown. Did you mean Enabled?")]
    [InlineData("Period", "00:00:00", "Period must be greater than zero.")]
    public async Task AChangeThatCannotWorkLeavesAllAsItIsAndSaysSoOnce(string option, string value, string message)
    {
        using var lines = new Diagnostics();
        _configuration.Change((option, value), ("Enabled", "false"));
        _configuration.Change((option, value)); // a file watcher tells twice

        _log.LogInformation("Still here");
        Assert.Equal("Still here", (await _world.OnlyRowAsync()).Name());
        Assert.Single(await lines.WhenToldAsync("the old one holds. Logging:Braintrust:" + message));

        _configuration.Change((option, null), ("Enabled", "true"));
        _log.LogInformation("And again");
        Assert.Equal(2, (await _world.FlushAsync()).Count);
    }

    [Fact]
    public async Task WhatTheApplicationItselfThrowsIsNotRepeatedSinceItMayHoldAnything()
    {
        using var lines = new Diagnostics();
        _thrown = new ArgumentException("no such key: sk-secret");
        _configuration.Change(("Enabled", "false"));

        var line = Assert.Single(await lines.WhenToldAsync("the old one holds. System.ArgumentException"));
        Assert.DoesNotContain("sk-secret", line, StringComparison.Ordinal);
        _log.LogInformation("Still here");
        Assert.Equal("Still here", (await _world.OnlyRowAsync()).Name());
    }

    [Fact]
    public async Task WhatIsReadAtTheStartOnlyIsNamedWhenItChanges()
    {
        using var lines = new Diagnostics();
        _configuration.Change(("QueueLimit", "77"), ("ActivitySources:0", "reloaded"), ("SamplingRatio", "1"));

        Assert.Contains("Logging:Braintrust:ActivitySources, Logging:Braintrust:QueueLimit: changed, but read at the start only.",
            Assert.Single(await lines.WhenToldAsync("QueueLimit: changed")), StringComparison.Ordinal);
    }

    /// <summary>Eight writers, each of which changes the configuration under the others now and then: every call has one fate, and traces stay whole.</summary>
    [Fact, Trait("Row", "L08")]
    public async Task ReloadsDuringTrafficLoseNothingAndTearNoTrace()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            var random = new Random(writer);
            for (var i = 1; i <= 150; i++)
            {
                using (_log.BeginScope("Root {Which}", $"{writer}-{i}"))
                {
                    _log.LogInformation("First of {Which}", $"{writer}-{i}");
                    if (i % 10 == 0)
                    {
                        ChangeSomething(random);
                    }
                    await Task.Yield();
                    _log.LogWarning("Second of {Which}", $"{writer}-{i}");
                }
            }
        })));
        _configuration.Change(("Enabled", "true"), ("SamplingRatio", "1"), ("LogLevel:Default", "Trace"));
        _log.LogInformation("The last");

        var rows = await _world.FlushAsync();

        var ledger = _client.Ledger;
        Assert.Equal((ledger.Accepted, 0L, 0L), (ledger.Delivered, ledger.DroppedRows, ledger.ResidentRows));
        Assert.Equal(rows.Count, rows.Select(row => (string)row["id"]!).Distinct().Count());
        Assert.Contains(rows, row => row.Name() == "The last");
        Assert.True(rows.Count > 27, "Nine traces at least come before the first change.");
        // A root that was kept has its end, and what is below a root that is here belongs to it.
        var roots = rows.Where(row => row.Name()!.StartsWith("Root ", StringComparison.Ordinal)).ToDictionary(row => row.SpanId());
        Assert.All(roots.Values, root => Assert.True(root["metrics"]!["end"] is JsonValue));
        Assert.All(rows.Where(row => row.Parent() is not null), row => Assert.Equal(roots[row.Parent()!].Name()!["Root ".Length..], (string?)row.Meta("Which")));
    }

    void ChangeSomething(Random random)
    {
        var ratio = random.Next(4) switch { 0 => "0", 1 => "0.5", 2 => "1", _ => "many" }; // the last cannot work
        _configuration.Change(("Enabled", random.Next(3) > 0 ? "true" : "false"), ("SamplingRatio", ratio), ("LogLevel:Default", random.Next(2) == 0 ? "Trace" : "Warning"));
    }

    /// <summary>The section <c>Logging:Braintrust</c>, told of changes as a file would.</summary>
    sealed class Reloadable
    {
        readonly Dictionary<string, string?> _values = new(StringComparer.OrdinalIgnoreCase);
        readonly Source _source = new();

        public Reloadable() => Logging = new ConfigurationBuilder().Add(_source).Build().GetSection("Logging");

        public IConfiguration Logging { get; }

        /// <summary>Null takes the option away. All at once, as a file is saved.</summary>
        public void Change(params (string Option, string? Value)[] options)
        {
            lock (_values)
            {
                foreach (var (option, value) in options)
                {
                    if (value is null)
                    {
                        _values.Remove($"Logging:Braintrust:{option}");
                    }
                    else
                    {
                        _values[$"Logging:Braintrust:{option}"] = value;
                    }
                }
                _source.Provider.Become(new(_values, StringComparer.OrdinalIgnoreCase));
            }
        }

        sealed class Source : IConfigurationSource
        {
            public Provider Provider { get; } = new();

            public IConfigurationProvider Build(IConfigurationBuilder builder) => Provider;
        }

        sealed class Provider : ConfigurationProvider
        {
            public void Become(Dictionary<string, string?> values)
            {
                Data = values;
                OnReload();
            }
        }
    }

    /// <summary>Lines of diagnostics, as long as it is not disposed.</summary>
    sealed class Diagnostics : IDisposable
    {
        readonly Journal<string> _lines = new();

        void Add(string line) => _lines.Add(line);

        public Diagnostics() => BraintrustDiagnostics.Told += Add;

        /// <param name="about">What no other test says: lines are the process's, and come late on a busy machine.</param>
        public async Task<IReadOnlyList<string>> WhenToldAsync(string about)
        {
            await _lines.WaitForAsync(1, line => line.Contains(about, StringComparison.Ordinal), about);
            return [.. _lines.Entries.Where(line => line.Contains(about, StringComparison.Ordinal))];
        }

        public void Dispose() => BraintrustDiagnostics.Told -= Add;
    }
}
