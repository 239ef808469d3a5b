using Braintrust.Logging;
using Braintrust.Logging.Rows;

namespace Braintrust.Extensions.Logging.Reading;

/// <summary>What a project selector sees: the call's properties, then those of the scopes around it, as Serilog's context would have them.</summary>
static class SelectorView
{
    public static Dictionary<string, object?> Of(Property[] properties)
    {
        var view = OfRecord(properties);
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

    /// <summary>Of a call that was made elsewhere: its properties alone.</summary>
    public static Dictionary<string, object?> OfRecord(Property[] properties)
    {
        var view = new Dictionary<string, object?>(StringComparer.OrdinalIgnoreCase);
        Add(properties, view);
        return view;
    }

    static void Add(Property[] properties, Dictionary<string, object?> view)
    {
        foreach (var property in properties)
        {
            view.TryAdd(FieldNames.Plain(property.Name), property.Value is JsonText json ? json.ToString() : property.Value);
        }
    }
}
