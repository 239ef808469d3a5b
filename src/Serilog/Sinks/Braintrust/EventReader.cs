using System.Runtime.CompilerServices;
using System.Text;
using Braintrust.Logging.Llm;
using Braintrust.Logging.Rows;
using Serilog.Core;
using Serilog.Events;
using Serilog.Parsing;

namespace Serilog.Sinks.Braintrust;

/// <summary>Reads log events into records. One per thread; reuses what it holds.</summary>
sealed class EventReader
{
    // Longer ones are mostly made up at run time, and would be kept for nothing.
    const int LongestRemembered = 1024;

    readonly MessageRenderer _renderer = new();

    // By reference: a template is the same object in every event of a log call.
    readonly (MessageTemplate Template, string[] Names)[] _recent = new (MessageTemplate, string[])[16];

    public void Read(LogEvent logEvent, EventRecord into)
    {
        into.Severity = SeverityOf(logEvent.Level);
        into.Template = logEvent.MessageTemplate.Text;
        var names = NamesIn(logEvent.MessageTemplate);
        into.HasParameters = names.Length > 0;
        if (SpanEvent.IsSpan(logEvent, out var start))
        {
            into.StartTicks = start.Ticks;
        }
        if (logEvent.Properties is Dictionary<string, LogEventPropertyValue> properties) // without an enumerator on the heap
        {
            foreach (var (name, value) in properties)
            {
                ReadProperty(name, value, names, into);
            }
        }
        else
        {
            foreach (var (name, value) in logEvent.Properties)
            {
                ReadProperty(name, value, names, into);
            }
        }
    }

    public void Render(LogEvent logEvent, StringBuilder into) => _renderer.Render(logEvent.MessageTemplate, logEvent.Properties, into);

    /// <summary>For a project selector: scalars as their values, structures as Serilog has them.</summary>
    public static Dictionary<string, object?> Properties(LogEvent logEvent)
    {
        var properties = new Dictionary<string, object?>(logEvent.Properties.Count, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in logEvent.Properties)
        {
            properties[name] = ValueOf(value);
        }
        return properties;
    }

    /// <summary>An event of a library that calls models, bridged from <c>ILogger</c>; null if it is another's.</summary>
    public static LlmEvent? ReadLlm(LogEvent logEvent)
    {
        if (!logEvent.Properties.TryGetValue(Constants.SourceContextPropertyName, out var context) || context is not ScalarValue { Value: string category })
        {
            return null;
        }
        var source = LlmSources.Of(category, logEvent.MessageTemplate.Text);
        if (source == LlmSource.None)
        {
            return null;
        }
        var properties = new List<Property>(logEvent.Properties.Count);
        string? eventName = null;
        foreach (var (name, value) in logEvent.Properties)
        {
            if (name == "EventId" && value is StructureValue eventId)
            {
                eventName = (eventId.Properties.FirstOrDefault(static member => member.Name == "Name")?.Value as ScalarValue)?.Value as string;
            }
            else
            {
                properties.Add(new(name, value is ScalarValue scalar ? Values.FreezeReadable(scalar.Value) : PropertyWriter.Plain(value)));
            }
        }
        return new(source, category, eventName, [.. properties], logEvent.Exception);
    }

    string[] NamesIn(MessageTemplate template)
    {
        ref var recent = ref _recent[RuntimeHelpers.GetHashCode(template) & (_recent.Length - 1)];
        if (ReferenceEquals(recent.Template, template))
        {
            return recent.Names;
        }
        string[] names = [.. template.Tokens.OfType<PropertyToken>().Select(static token => token.PropertyName).Distinct(StringComparer.Ordinal)];
        if (template.Text.Length <= LongestRemembered)
        {
            recent = (template, names);
        }
        return names;
    }

    static void ReadProperty(string name, LogEventPropertyValue value, string[] templateNames, EventRecord into)
    {
        if (into.IsSpan && SpanEvent.IsOwnProperty(name))
        {
            return;
        }
        if (name == Constants.SourceContextPropertyName && value is ScalarValue { Value: string source })
        {
            into.LoggerName = source;
            return;
        }
        if (name == "EventId" && value is StructureValue eventId && TryReadEventId(eventId, into))
        {
            return;
        }
        into.Add(name, ValueOf(value), Array.IndexOf(templateNames, name) >= 0);
    }

    /// <summary>As Serilog.Extensions.Logging writes it: <c>{ Id, Name }</c>, of which either may be missing.</summary>
    static bool TryReadEventId(StructureValue structure, EventRecord into)
    {
        var (id, name) = (0, default(string));
        foreach (var member in structure.Properties)
        {
            switch (member)
            {
                case { Name: "Id", Value: ScalarValue { Value: int number } }:
                    id = number;
                    break;
                case { Name: "Name", Value: ScalarValue { Value: string text } }:
                    name = text;
                    break;
                default:
                    return false; // somebody's own structure of that name
            }
        }
        (into.EventId, into.EventName) = (id, name);
        return structure.Properties.Count > 0;
    }

    public static object? Scalar(LogEvent logEvent, string name) => logEvent.Properties.TryGetValue(name, out var value) && value is ScalarValue scalar ? scalar.Value : null;

    static object? ValueOf(LogEventPropertyValue value) => value is ScalarValue scalar ? scalar.Value : value;

    public static Severity SeverityOf(LogEventLevel level) => level switch
    {
        LogEventLevel.Verbose => Severity.Trace,
        LogEventLevel.Debug => Severity.Debug,
        LogEventLevel.Information => Severity.Info,
        LogEventLevel.Warning => Severity.Warn,
        LogEventLevel.Error => Severity.Error,
        _ => Severity.Fatal,
    };
}
