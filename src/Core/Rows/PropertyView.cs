namespace Braintrust.Logging.Rows;

/// <summary>Properties as the user's own callbacks see them: by name, whatever the case, structures as JSON text.</summary>
static class PropertyView
{
    public static Dictionary<string, object?> Of(ReadOnlySpan<Property> properties)
    {
        var view = new Dictionary<string, object?>(StringComparer.OrdinalIgnoreCase);
        Add(properties, view);
        return view;
    }

    /// <summary>With those of the scopes around, as Serilog's context would have them.</summary>
    public static Dictionary<string, object?> WithScopes(ReadOnlySpan<Property> properties)
    {
        var view = Of(properties);
        for (var node = Ambient.Current; node is not null; node = node.Outer)
        {
            switch (node)
            {
                case BraintrustSpan { IsClosed: false } span:
                    Add(span.Begun.Properties, view);
                    break;
                case Enrichment { IsClosed: false } enrichment:
                    Add(enrichment.Properties, view);
                    break;
            }
        }
        return view;
    }

    public static Dictionary<string, object?> Of(SpanStart start)
    {
        var view = Of(start.Properties);
        foreach (var (name, value) in start.Metadata ?? [])
        {
            view.TryAdd(name, Shown(value));
        }
        if (start.Input is { } input)
        {
            view.TryAdd("Input", Shown(input));
        }
        return view;
    }

    static void Add(ReadOnlySpan<Property> properties, Dictionary<string, object?> view)
    {
        foreach (var property in properties)
        {
            view.TryAdd(FieldNames.Plain(property.Name), Shown(property.Value));
        }
    }

    static object? Shown(object? value) => value is JsonText json ? json.ToString() : value;
}
