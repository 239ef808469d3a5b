using System.Diagnostics;
using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using Braintrust.Logging;
using Microsoft.Extensions.Configuration;
using Serilog.Configuration;
using Serilog.Core;

namespace Serilog.Sinks.Braintrust.Tests;

/// <summary>The sink as Serilog.Settings.Configuration makes it from JSON.</summary>
public class SettingsTests
{
    static readonly string SpoolFolder = Directory.CreateTempSubdirectory("braintrust-").FullName;

    // A differing value would give a client of its own, so an event in the shared one proves that the argument arrived.
    static readonly Dictionary<string, (string Value, Action<BraintrustOptions> Expected)> Delivery = new()
    {
        ["orgName"] = ("fake-org", it => it.OrgName = "fake-org"),
        ["batchSizeLimit"] = ("7", it => it.BatchSizeLimit = 7),
        ["period"] = ("00:00:03", it => it.Period = TimeSpan.FromSeconds(3)),
        ["queueLimit"] = ("70", it => it.QueueLimit = 70),
        ["queueLimitBytes"] = ("7000000", it => it.QueueLimitBytes = 7_000_000),
        ["eagerlyEmitFirstEvent"] = ("false", it => it.EagerlyEmitFirstEvent = false),
        ["retryTimeLimit"] = ("01:00:00", it => it.RetryTimeLimit = TimeSpan.FromHours(1)),
        ["shutdownTimeout"] = ("00:00:47", it => it.ShutdownTimeout = TimeSpan.FromSeconds(47)),
        ["asyncFlush"] = ("false", it => it.AsyncFlush = false),
        ["flushOnExit"] = ("false", it => it.FlushOnExit = false),
        ["samplingRatio"] = ("0.9999999", it => it.SamplingRatio = 0.9999999),
        ["flushMode"] = ("OnDemand", it => it.FlushMode = FlushMode.OnDemand),
        ["flushTimeout"] = ("00:00:09", it => it.FlushTimeout = TimeSpan.FromSeconds(9)),
        ["spoolDirectory"] = (SpoolFolder, it => it.SpoolDirectory = SpoolFolder),
        ["allowInsecureTransport"] = ("true", it => it.AllowInsecureTransport = true),
    };

    static readonly string[] TestedElsewhere = ["spoolSync", "spoolLimitBytes", "project", "apiKey", "appUrl", "apiUrl", "projectId", "eventsAs", "scopeSpans", "activitySources", "captureContent", "scrubSecrets", "enabled", "restrictedToMinimumLevel", "levelSwitch"];

    public static TheoryData<string> DeliveryArguments => [.. Delivery.Keys];

    [Theory]
    [MemberData(nameof(DeliveryArguments))]
    public async Task AnArgumentReachesTheClient(string argument)
    {
        await using var world = await World.OnSocketsAsync();
        await using var lease = world.Shared(Delivery[argument].Expected);
        await using var other = world.Shared();
        Assert.NotSame(other.Client, lease.Client);

        await using (var log = FromJson(Args(world, (argument, Delivery[argument].Value))))
        {
            log.Information("hello");
        }

        Assert.Equal(1, lease.Client.Ledger.Accepted);
        Assert.Single(world.Server.Stored(world.Project));
        world.CheckLedger();
    }

    [Fact]
    public async Task HowRowsAreKeptOnDiskReachesTheClient()
    {
        await using var world = await World.OnSocketsAsync();
        await using var lease = world.Shared(it => (it.SpoolDirectory, it.SpoolSync, it.SpoolLimitBytes) = (SpoolFolder, SpoolSync.Fsync, 7_000_000));

        await using (var log = FromJson(Args(world, ("spoolDirectory", SpoolFolder), ("spoolSync", "Fsync"), ("spoolLimitBytes", "7000000"))))
        {
            log.Information("hello");
        }

        Assert.Equal(1, lease.Client.Ledger.Accepted);
        Assert.Single(world.Server.Stored(world.Project));
    }

    [Fact]
    public void EveryFlatParameterIsTested() =>
        Assert.Equal(Parameters(typeof(LoggerSinkConfiguration)).Except(["configuration"]).Order(), Delivery.Keys.Concat(TestedElsewhere).Order());

    [Theory]
    [InlineData(typeof(LoggerSinkConfiguration))]
    [InlineData(typeof(LoggerAuditSinkConfiguration))]
    public void ProjectAndKeyComeFirstAndTheLevelsLast(Type configuration)
    {
        var names = Parameters(configuration).ToArray();

        Assert.Equal(["project", "apiKey", "projectId", "orgName", "appUrl", "apiUrl"], names[..6]);
        Assert.Equal(["restrictedToMinimumLevel", "levelSwitch"], names[^2..]);
    }

    [Fact]
    public async Task ASinkThatIsOffWritesNothing()
    {
        await using var world = await World.OnSocketsAsync();

        await using (var log = FromJson(Args(world, ("enabled", "false"))))
        {
            log.Fatal("hello");
        }

        Assert.Empty(world.Server.Requests.Entries);
    }

    [Fact]
    public async Task AnAuditThatIsOffConfirmsNothing()
    {
        await using var world = await World.OnSocketsAsync();

        await using (var log = new LoggerConfiguration().AuditTo.Braintrust(options => { world.PointTo(options); options.Enabled = false; }).CreateLogger())
        {
            log.Fatal("hello");
        }

        Assert.Empty(world.Server.Requests.Entries);
    }

    [Fact]
    public async Task AProjectMayBeGivenByItsId()
    {
        await using var world = await World.OnSocketsAsync();
        var id = world.Server.AddProject(world.Project);
        var args = Args(world, ("projectId", id));
        args.Remove("project");

        await using (var log = FromJson(args))
        {
            log.Information("hello");
        }

        Assert.Single(world.Server.Stored(world.Project));
        Assert.Equal(0, world.Server.RegisterCount);
    }

    [Fact]
    public async Task WhatEventsBecomeMayBeGiven()
    {
        await using var world = await World.OnSocketsAsync();

        await using (var log = FromJson(Args(world, ("eventsAs", "ApplicationLogs"), ("scopeSpans", "Named"))))
        {
            log.Information("hello");
        }

        Assert.Equal("log", Assert.Single(world.Server.Stored(world.Project)).Text("span_attributes", "type"));
    }

    [Fact]
    public async Task ActivitySourcesMayBeGivenAsAList()
    {
        await using var world = await World.OnSocketsAsync();
        using var source = new ActivitySource($"settings.{Guid.NewGuid():N}");
        var args = Args(world);
        args["activitySources"] = new JsonArray("another", "settings.*");

        await using (FromJson(args))
        {
            source.StartActivity("captured")!.Dispose();
        }
        Assert.Equal("captured", Assert.Single(world.Server.Stored(world.Project)).Text("span_attributes", "name"));
    }

    [Theory]
    [InlineData("WriteTo")]
    [InlineData("AuditTo")]
    public async Task ActivitySourcesThatAreNoListOrUnderAnAuditAreAnErrorAtStart(string directive)
    {
        await using var world = await World.OnSocketsAsync();

        Assert.ThrowsAny<Exception>(() => FromJson(Args(world, ("activitySources", "one")), directive: directive));
    }

    [Fact]
    public async Task LevelsMayBeGiven()
    {
        await using var world = await World.OnSocketsAsync();

        await using (var log = FromJson(Args(world, ("restrictedToMinimumLevel", "Warning"))))
        {
            log.Information("no");
            log.Warning("yes");
        }
        LoggingLevelSwitch? given = null;
        var options = new Serilog.Settings.Configuration.ConfigurationReaderOptions { OnLevelSwitchCreated = (_, levels) => given = levels };
        await using (var log = FromJson(Args(world, ("levelSwitch", "$gate")), options))
        {
            log.Warning("not yet");
            given!.MinimumLevel = Events.LogEventLevel.Debug;
            log.Information("now");
        }

        Assert.Equal(["yes", "now"], world.Server.Stored(world.Project).Select(it => it.Text("output")));
    }

    [Theory]
    [InlineData("WriteTo")]
    [InlineData("AuditTo")]
    public async Task AnUnknownArgumentIsAnErrorThatNamesItsPathAndTheNearestOne(string directive)
    {
        await using var world = await World.OnSocketsAsync();

        var error = Assert.ThrowsAny<Exception>(() => FromJson(Args(world, ("orgNane", "x")), directive: directive));

        Assert.StartsWith(
            $"Serilog:{directive}:0:Args:orgNane is unknown: did you mean 'orgName'? {directive}.Braintrust takes project, apiKey,", Innermost(error).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("options")]
    public async Task AnArgumentThatIsLikeNoneIsComparedWithNone(string name)
    {
        await using var world = await World.OnSocketsAsync();

        var error = Assert.ThrowsAny<Exception>(() => FromJson(Args(world, (name, "x"))));

        Assert.StartsWith($"Serilog:WriteTo:0:Args:{name} is unknown. WriteTo.Braintrust takes project, apiKey,", Innermost(error).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnUnknownArgumentInsideAnotherSinkIsFoundToo()
    {
        await using var world = await World.OnSocketsAsync();
        var inner = new JsonArray(new JsonObject { ["Name"] = "Braintrust", ["Args"] = Args(world, ("Perriod", "00:00:01")) });
        var json = new JsonObject { ["Serilog"] = new JsonObject { ["WriteTo"] = new JsonArray(new JsonObject
        {
            ["Name"] = "Logger",
            ["Args"] = new JsonObject { ["configureLogger"] = new JsonObject { ["WriteTo"] = inner } },
        }) } };

        var error = Assert.ThrowsAny<Exception>(() => new LoggerConfiguration().ReadFrom.Configuration(Read(json)).CreateLogger());

        Assert.StartsWith("Serilog:WriteTo:0:Args:configureLogger:WriteTo:0:Args:Perriod is unknown: did you mean 'period'?", Innermost(error).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("period", "5", "Serilog:WriteTo:0:Args:period is 5, which .NET reads as days.")]
    [InlineData("batchSizeLimit", "0", "Serilog:WriteTo:0:Args:BatchSizeLimit must be at least 1.")]
    [InlineData("project", " ", "Serilog:WriteTo:0:Args:Project must not be blank.")]
    [InlineData("appUrl", "ftp://x", "Serilog:WriteTo:0:Args:AppUrl must be an absolute https URL")]
    [InlineData("projectId", "seven", "Serilog:WriteTo:0:Args:ProjectId must be a UUID")]
    public async Task AValueThatCannotWorkIsAnErrorThatNamesItsPath(string argument, string value, string expected)
    {
        await using var world = await World.OnSocketsAsync();
        var args = Args(world);
        args[argument] = value;

        var error = Assert.ThrowsAny<Exception>(() => FromJson(args));

        Assert.StartsWith(expected, Innermost(error).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("batchSizeLimit", "many")]
    [InlineData("period", "soon")]
    [InlineData("eventsAs", "Smoke")]
    public async Task AValueThatIsNoneIsAnErrorAtStart(string argument, string value)
    {
        await using var world = await World.OnSocketsAsync();

        Assert.ThrowsAny<Exception>(() => FromJson(Args(world, (argument, value))));
    }

    [Fact]
    public async Task OtherSinksArgumentsAreNotOurs()
    {
        await using var world = await World.OnSocketsAsync();
        var json = new JsonObject { ["Serilog"] = new JsonObject { ["WriteTo"] = new JsonArray(
            new JsonObject { ["Name"] = "Elsewhere", ["Args"] = new JsonObject { ["orgNane"] = "x" } },
            new JsonObject { ["Name"] = "Braintrust", ["Args"] = Args(world) }) } };

        await using (var log = new LoggerConfiguration().ReadFrom.Configuration(Read(json)).CreateLogger())
        {
            log.Information("hello");
        }

        Assert.Single(world.Server.Stored(world.Project));
    }

    [Fact]
    public async Task TheReadmesSnippetWorks()
    {
        await using var world = await World.OnSocketsAsync();
        var before = (Environment.GetEnvironmentVariable("BRAINTRUST_API_KEY"), Environment.GetEnvironmentVariable("BRAINTRUST_APP_URL"));
        Environment.SetEnvironmentVariable("BRAINTRUST_API_KEY", world.Server.ApiKey);
        Environment.SetEnvironmentVariable("BRAINTRUST_APP_URL", world.Server.Url.ToString());
        try
        {
            const string json = """{ "Serilog": { "Using": ["Serilog.Sinks.Braintrust"], "WriteTo": [ { "Name": "Braintrust", "Args": { "project": "My Project" } } ] } }""";
            await using (var log = new LoggerConfiguration().ReadFrom.Configuration(Read(JsonNode.Parse(json)!.AsObject())).CreateLogger())
            {
                log.Information("hello");
                await world.Server.WaitForRowsAsync(1); // the first is sent at once; the end would not wait longer than five seconds
            }
        }
        finally
        {
            Environment.SetEnvironmentVariable("BRAINTRUST_API_KEY", before.Item1);
            Environment.SetEnvironmentVariable("BRAINTRUST_APP_URL", before.Item2);
        }

        Assert.Single(world.Server.Stored("My Project"));
    }

    [Fact]
    public void TheFormsAreToldApartByWhatTheyAreGiven()
    {
        // That these compile is the test; nothing is sent.
        Action<LoggerConfiguration>[] forms =
        [
            it => it.WriteTo.Braintrust(),
            it => it.WriteTo.Braintrust("My Project"),
            it => it.WriteTo.Braintrust(options => options.Project = "My Project"),
            it => it.WriteTo.Braintrust("My Project", eventsAs: EventsAs.Auto, restrictedToMinimumLevel: Events.LogEventLevel.Warning),
            it => it.AuditTo.Braintrust(),
            it => it.AuditTo.Braintrust("My Project"),
            it => it.AuditTo.Braintrust(options => options.Project = "My Project"),
        ];
        foreach (var form in forms)
        {
            var configuration = new LoggerConfiguration();
            form(configuration);
            configuration.CreateLogger().Dispose();
        }
    }

    static IEnumerable<string> Parameters(Type configuration) => typeof(BraintrustLoggerConfigurationExtensions)
        .GetMethods(BindingFlags.Public | BindingFlags.Static)
        .Where(method => method.GetParameters() is [{ } first, { ParameterType: { } second }, ..] && first.ParameterType == configuration && second == typeof(string))
        .Single().GetParameters().Skip(1).Select(parameter => parameter.Name!);

    static JsonObject Args(World world, params (string Name, string Value)[] more)
    {
        var args = new JsonObject
        {
            ["project"] = world.Project,
            ["apiKey"] = world.Server.ApiKey,
            ["appUrl"] = world.Server.Url.ToString(),
            ["apiUrl"] = world.Server.Url.ToString(),
            ["shutdownTimeout"] = World.EndTimeout.ToString(),
        };
        foreach (var (name, value) in more)
        {
            args[name] = value;
        }
        return args;
    }

    static Logger FromJson(JsonObject args, Serilog.Settings.Configuration.ConfigurationReaderOptions? options = null, string directive = "WriteTo")
    {
        var json = new JsonObject
        {
            ["Serilog"] = new JsonObject
            {
                ["Using"] = new JsonArray("Serilog.Sinks.Braintrust"),
                ["MinimumLevel"] = "Verbose",
                ["LevelSwitches"] = new JsonObject { ["$gate"] = "Error" },
                [directive] = new JsonArray(new JsonObject { ["Name"] = "Braintrust", ["Args"] = args.DeepClone() }),
            },
        };
        return new LoggerConfiguration().ReadFrom.Configuration(Read(json), options ?? new()).CreateLogger();
    }

    static IConfigurationRoot Read(JsonObject json) =>
        new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json.ToJsonString()))).Build();

    static Exception Innermost(Exception error) => error.InnerException is { } inner ? Innermost(inner) : error;
}
