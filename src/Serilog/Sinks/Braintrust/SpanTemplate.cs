using System.Text;
using Braintrust.Logging.Rows;
using Serilog.Debugging;
using Serilog.Events;

namespace Serilog.Sinks.Braintrust;

/// <summary>A message template and its values as a span's name and properties, which need Serilog no more.</summary>
static class SpanTemplate
{
    const string Nameless = "span";

    public static (string Name, Property[] Properties) Bind(ILogger logger, string? messageTemplate, object?[]? values)
    {
        if (string.IsNullOrWhiteSpace(messageTemplate))
        {
            return (Nameless, []);
        }
        try
        {
            // A silent logger binds nothing: then the template is the name.
            return logger.BindMessageTemplate(messageTemplate, values, out var template, out var bound)
                ? Read(template, [.. bound])
                : (messageTemplate, []);
        }
        catch (Exception error) // a destructuring policy of the application's
        {
            SelfLog.WriteLine("Serilog.Sinks.Braintrust could not bind a span's template: {0}", error);
            return (messageTemplate, []);
        }
    }

    static (string, Property[]) Read(MessageTemplate template, LogEventProperty[] bound)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var properties = new List<Property>(bound.Length);
        var values = new Dictionary<string, LogEventPropertyValue>(bound.Length, StringComparer.Ordinal);
        foreach (var property in bound)
        {
            values[property.Name] = property.Value;
            if (names.Add(property.Name))
            {
                properties.Add(new Property(property.Name, PropertyWriter.Plain(property.Value), InTemplate: true));
            }
        }
        var name = new StringBuilder();
        using var renderer = new MessageRenderer();
        renderer.Render(template, values, name);
        return (name.Length > 0 ? name.ToString() : Nameless, [.. properties]);
    }
}
