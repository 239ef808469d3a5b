using System.Text.Json.Nodes;
using Braintrust.Extensions.Logging;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Serilog;
using Serilog.Sinks.Braintrust;

namespace Braintrust.Logging.Tests.Docs;

/// <summary>What the schemas allow, a configuration can set; what they call unknown is refused.</summary>
public sealed class SchemaBindingTests : IDisposable
{
    static readonly BraintrustClient Own = new(new BraintrustOptions { ApiKey = Some.ApiKey(), Enabled = false });

    [ThreadStatic]
    static bool _isConfigured;

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("braintrust-schema-");

    public static TheoryData<string, string> Arguments
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (var directive in new[] { "WriteTo", "AuditTo" })
            {
                foreach (var (name, _) in ArgumentsOf(directive))
                {
                    all.Add(directive, name);
                }
            }
            return all;
        }
    }

    public static TheoryData<string> Options => [.. OptionsOf().Select(static it => it.Key).Where(static it => it != "LogLevel")];

    public static Action<BraintrustSinkOptions> Configure { get; } = static options => (options.ApiKey, _isConfigured) = (Some.ApiKey(), true);

    public static BraintrustClient Client => Own;

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory, MemberData(nameof(Arguments))]
    public void AnArgumentOfTheSchemaIsTaken(string directive, string name)
    {
        _isConfigured = false;
        foreach (var value in Values(name, ArgumentsOf(directive)[name]!))
        {
            var arguments = new JsonObject { [name] = value };
            if (name is not ("configure" or "client" or "apiKey"))
            {
                arguments["apiKey"] = "key";
            }
            using var log = new LoggerConfiguration().ReadFrom.Configuration(Json(new JsonObject
            {
                ["LevelSwitches"] = new JsonObject { ["$switch"] = "Information" },
                [directive] = new JsonArray(new JsonObject { ["Name"] = "Braintrust", ["Args"] = arguments }),
            }, "Serilog")).CreateLogger();
            if (name == "client")
            {
                using var span = log.BeginSpan("where it goes");
                Assert.Same(Own, span.Logger.Client);
            }
        }
        Assert.Equal(name == "configure", _isConfigured); // what fits no overload is ignored by Serilog, not refused
    }

    [Fact]
    public void AnArgumentThatTheSchemaDoesNotHaveIsRefused()
    {
        Assert.Null(ArgumentsOf("WriteTo")["mask"]);
        var entry = new JsonObject { ["Name"] = "Braintrust", ["Args"] = new JsonObject { ["apiKey"] = "key", ["mask"] = "x" } };
        Assert.ThrowsAny<Exception>(() => new LoggerConfiguration().ReadFrom.Configuration(Json(new JsonObject { ["WriteTo"] = new JsonArray(entry) }, "Serilog")));
    }

    [Theory, MemberData(nameof(Options))]
    public void AnOptionOfTheSchemaIsSet(string name)
    {
        var option = typeof(BraintrustLoggerOptions).GetProperty(name)!;
        foreach (var value in Values(char.ToLowerInvariant(name[0]) + name[1..], OptionsOf()[name]!))
        {
            var text = value is JsonArray list ? string.Join(' ', list) : value.ToString();
            using var services = new ServiceCollection()
                .AddLogging(logging => logging.AddConfiguration(Json(new JsonObject { ["Braintrust"] = new JsonObject { [name] = value } }, "Logging").GetSection("Logging")).AddBraintrust())
                .BuildServiceProvider();
            var set = option.GetValue(services.GetRequiredService<IOptions<BraintrustLoggerOptions>>().Value);
            Assert.Equal(text, set is IEnumerable<string> several ? string.Join(' ', several) : Convert.ToString(set, System.Globalization.CultureInfo.InvariantCulture)!, ignoreCase: true);
        }
    }

    [Fact]
    public void AnOptionThatTheSchemaDoesNotHaveIsRefused()
    {
        Assert.Null(OptionsOf()["Mask"]);
        using var services = new ServiceCollection()
            .AddLogging(static logging => logging.AddConfiguration(Json(new JsonObject { ["Braintrust"] = new JsonObject { ["Mask"] = "x" } }, "Logging").GetSection("Logging")).AddBraintrust())
            .BuildServiceProvider();
        Assert.Throws<OptionsValidationException>(services.GetRequiredService<ILoggerFactory>);
    }

    /// <summary>Each kind of value that the schema allows.</summary>
    IEnumerable<JsonNode> Values(string name, JsonNode schema) => schema switch
    {
        _ when schema["enum"] is JsonArray names => names.Select(static it => it!.DeepClone()),
        _ when name == "levelSwitch" => ["$switch"],
        _ when name is "configure" or "client" => [$"{typeof(SchemaBindingTests).FullName}::{char.ToUpperInvariant(name[0])}{name[1..]}, {typeof(SchemaBindingTests).Assembly.GetName().Name}"],
        _ when name is "appUrl" or "apiUrl" => ["http://127.0.0.1:1/"],
        _ when name == "projectId" => ["00000000-0000-0000-0000-000000000001"],
        _ when name == "spoolDirectory" => [_folder.FullName],
        _ when schema["pattern"] is not null => ["00:00:05", "1.00:00:00"],
        _ => (string)schema["type"]! switch
        {
            "boolean" => [true, false],
            "integer" => [2],
            "number" => [0.5],
            "array" => [new JsonArray("One", "Two.*")],
            "string" => ["text"],
            var other => throw new NotSupportedException($"{name} is a {other}."),
        },
    };

    static JsonObject ArgumentsOf(string directive) => (JsonObject)Schema("Serilog")["properties"]!["Serilog"]!["properties"]![directive]!["items"]!["then"]!["properties"]!["Args"]!["properties"]!;

    static JsonObject OptionsOf() => (JsonObject)Schema("MEL")["properties"]!["Logging"]!["properties"]!["Braintrust"]!["properties"]!;

    static JsonNode Schema(string project) => JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "src", project, "ConfigurationSchema.json")))!;

    static IConfigurationRoot Json(JsonObject content, string section) =>
        new ConfigurationBuilder().AddJsonStream(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(new JsonObject { [section] = content }.ToJsonString()))).Build();
}
