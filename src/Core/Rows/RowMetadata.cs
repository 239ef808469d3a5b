namespace Braintrust.Logging.Rows;

/// <summary>What the metadata of a row say besides the properties of its event or scope.</summary>
static class RowMetadata
{
    public static void AddTemplate(EventRecord it, RowFields fields)
    {
        if (it.HasParameters && it.Template is { } template)
        {
            fields.Metadata.Set("braintrust.template", template);
        }
    }

    public static void AddIdentity(EventRecord it, RowFields fields)
    {
        AddLogger(it.LoggerName, fields);
        if (it.EventId != 0)
        {
            fields.Metadata.Set("event.id", it.EventId);
        }
        if (!string.IsNullOrEmpty(it.EventName))
        {
            fields.Metadata.Set("event.name", it.EventName);
        }
    }

    public static void AddLogger(string? name, RowFields fields)
    {
        if (name is not null)
        {
            fields.Metadata.Set("logger.name", name);
        }
    }

    /// <summary>What the enriching scopes around know; what stands nearer wins.</summary>
    public static void AddEnrichment(Enrichment? enrichment, RowFields fields)
    {
        for (; enrichment is not null; enrichment = enrichment.Above)
        {
            foreach (var property in enrichment.Properties)
            {
                fields.Metadata.Add(FieldNames.Plain(property.Name), property.Value);
            }
        }
    }
}
