using System.Text;
using Braintrust.Logging.Rows;
using Serilog.Debugging;
using Serilog.Events;

namespace Serilog.Sinks.Braintrust;

/// <summary>A message template and its values as a span's name and properties, which need Serilog no more.</summary>
static class SpanTemplate
{
    const string Nameless = "span";

    [ThreadStatic]
    static Reader? _reader;

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
        var reader = _reader ?? new Reader();
        _reader = null; // a value's own text may open a span
        var read = reader.Read(template, bound);
        _reader = reader; // one that threw is gone
        return read;
    }

    /// <summary>Reuses what it holds.</summary>
    sealed class Reader
    {
        const int LongestKept = 4096;

        readonly Dictionary<string, LogEventPropertyValue> _values = new(StringComparer.Ordinal);
        readonly StringBuilder _name = new();
        readonly MessageRenderer _renderer = new();

        public (string, Property[]) Read(MessageTemplate template, LogEventProperty[] bound)
        {
            var properties = new Property[bound.Length];
            var count = 0;
            foreach (var property in bound)
            {
                if (_values.TryAdd(property.Name, property.Value))
                {
                    properties[count++] = new Property(property.Name, PropertyWriter.Plain(property.Value), InTemplate: true);
                }
                else
                {
                    _values[property.Name] = property.Value;
                }
            }
            _renderer.Render(template, _values, _name);
            var name = _name.Length > 0 ? _name.ToString() : Nameless;
            Clear();
            return (name, count == properties.Length ? properties : properties[..count]);
        }

        void Clear()
        {
            _values.Clear();
            _name.Clear();
            if (_name.Capacity > LongestKept)
            {
                _name.Capacity = LongestKept;
                _renderer.Dispose(); // it starts anew
            }
        }
    }
}
