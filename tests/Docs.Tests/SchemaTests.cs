using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Braintrust.Extensions.Logging;
using Serilog;
using Serilog.Configuration;

namespace Braintrust.Logging.Tests.Docs;

/// <summary>
/// The schemas that the packages bring for appsettings.json are written from the code: <c>BRAINTRUST_WRITE_SCHEMA=1 dotnet test tests/Docs.Tests --filter Schema</c> after an option
/// was added. Editors merge them with those of other packages, so nothing is forbidden beyond our own section.
/// </summary>
public partial class SchemaTests
{
    const string TimePattern = """^(\d+\.)?([01]?\d|2[0-3]):[0-5]?\d:[0-5]?\d(\.\d{1,7})?$""";

    static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public void TheSchemaOfTheProviderSaysWhatItsOptionsAre()
    {
        var options = new JsonObject();
        foreach (var option in OptionTable.InJson)
        {
            options[option.Name] = Schema(option.PropertyType, Summary(option.DeclaringType!, $"P:{option.DeclaringType!.FullName}.{option.Name}"), option.GetValue(new BraintrustLoggerOptions()));
        }
        options["LogLevel"] = new JsonObject
        {
            ["type"] = "object",
            ["description"] = "The least severe events that are written, by category.",
            ["additionalProperties"] = OneOf(["Trace", "Debug", "Information", "Warning", "Error", "Critical", "None"]),
        };
        var section = new JsonObject { ["type"] = "object", ["description"] = "Log calls and scopes as spans in Braintrust.", ["properties"] = options, ["additionalProperties"] = false };
        Compare("src/MEL/ConfigurationSchema.json", Object("Logging", Object("Braintrust", section)));
    }

    [Fact]
    public void TheSchemaOfTheSinkSaysWhatItsArgumentsAre() => Compare("src/Serilog/ConfigurationSchema.json", Object("Serilog", new JsonObject
    {
        ["type"] = "object",
        ["properties"] = new JsonObject { ["WriteTo"] = Entries<LoggerSinkConfiguration>(), ["AuditTo"] = Entries<LoggerAuditSinkConfiguration>() },
    }));

    /// <summary>A list or a map of sinks, of which those named Braintrust are ours.</summary>
    static JsonObject Entries<TConfiguration>()
    {
        var summary = Documentation(typeof(BraintrustLoggerConfigurationExtensions))
            .Single(static it => it.Attribute("name")!.Value.Contains($"({typeof(TConfiguration).FullName},System.String", StringComparison.Ordinal));
        var arguments = new JsonObject();
        foreach (var argument in OptionTable.Arguments<TConfiguration>())
        {
            var text = Text(summary.Elements("param").Single(it => it.Attribute("name")!.Value == argument.Name));
            arguments[argument.Name!] = argument.Name == "levelSwitch" ? new JsonObject { ["type"] = "string", ["description"] = text } : Schema(argument.ParameterType, text, null);
        }
        foreach (var (name, what) in new[] { ("configure", "a method that sets options, in place of all other arguments"), ("client", "a client of the application's own, in place of all about account and delivery") })
        {
            arguments[name] = new JsonObject { ["type"] = "string", ["pattern"] = "::", ["description"] = $"By code: a static member, such as App.Logging::Member, App, that gives {what}." };
        }
        var entry = new JsonObject
        {
            ["if"] = new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { ["Name"] = new JsonObject { ["const"] = "Braintrust" } }, ["required"] = new JsonArray("Name") },
            ["then"] = Object("Args", new JsonObject { ["type"] = "object", ["properties"] = arguments, ["additionalProperties"] = false }),
        };
        return new JsonObject { ["items"] = entry, ["additionalProperties"] = entry.DeepClone() };
    }

    static JsonObject Object(string property, JsonNode value) => new() { ["type"] = "object", ["properties"] = new JsonObject { [property] = value } };

    static JsonObject Schema(Type type, string description, object? value)
    {
        var bare = OptionTable.Bare(type);
        var schema = bare switch
        {
            _ when bare == typeof(bool) => new JsonObject { ["type"] = "boolean" },
            _ when bare == typeof(string) => new JsonObject { ["type"] = "string" },
            _ when bare == typeof(int) || bare == typeof(long) => new JsonObject { ["type"] = "integer", ["minimum"] = 1 },
            _ when bare == typeof(double) => new JsonObject { ["type"] = "number", ["minimum"] = 0, ["maximum"] = 1 },
            _ when bare == typeof(TimeSpan) => new JsonObject { ["type"] = "string", ["pattern"] = TimePattern },
            _ when bare.IsEnum => OneOf(Enum.GetNames(bare)),
            _ when bare.IsAssignableTo(typeof(IEnumerable<string>)) => new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "string" } },
            _ => throw new NotSupportedException($"How is a {bare} written in JSON?"),
        };
        schema["description"] = description;
        if (value is bool or int or long or double or Enum or TimeSpan)
        {
            schema["default"] = value is Enum or TimeSpan ? value.ToString() : JsonSerializer.SerializeToNode(value);
        }
        return schema;
    }

    static JsonObject OneOf(string[] names) => new() { ["enum"] = new JsonArray([.. names.Select(static name => JsonValue.Create(name))]) };

    static string Summary(Type type, string member) => Text(Documentation(type).Single(it => it.Attribute("name")!.Value == member).Element("summary")!);

    static IEnumerable<XElement> Documentation(Type type) => XDocument.Load(Path.ChangeExtension(type.Assembly.Location, ".xml")).Descendants("member");

    /// <summary>Without markup: of a reference its last name.</summary>
    static string Text(XElement documentation) => Blanks().Replace(string.Concat(documentation.Nodes().Select(static node => node switch
    {
        XElement { Name.LocalName: "see" } see => LastName().Match(see.Attribute("cref")!.Value).Value,
        XElement { Name.LocalName: "paramref" } parameter => parameter.Attribute("name")!.Value,
        XElement element => element.Value,
        _ => node.ToString(SaveOptions.DisableFormatting).Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal),
    })), " ").Trim();

    static void Compare(string path, JsonObject schema)
    {
        var file = Path.Combine(Repository.Root, path);
        var text = schema.ToJsonString(Readable).ReplaceLineEndings("\n") + "\n";
        if (Environment.GetEnvironmentVariable("BRAINTRUST_WRITE_SCHEMA") == "1")
        {
            File.WriteAllText(file, text);
        }
        Assert.True(File.Exists(file) && File.ReadAllText(file).ReplaceLineEndings("\n") == text,
            $"{path} is not what the code says. Write it anew: BRAINTRUST_WRITE_SCHEMA=1 dotnet test tests/Docs.Tests --filter Schema");
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    [GeneratedRegex(@"(?<=[.:])[^.:(]+(?=\(|$)")]
    private static partial Regex LastName();
}
