using Braintrust.Logging.Privacy;

namespace Braintrust.Logging.Rows;

/// <summary>Log events as rows like those of spans, with input, output, metrics and a name.</summary>
/// <param name="it">The event that was read.</param>
/// <param name="fields">What it was mapped to.</param>
/// <param name="texts">For its message.</param>
/// <param name="origins">For its context.</param>
/// <param name="tally">For its place in the order of rows.</param>
sealed class EventRows(EventRecord it, RowFields fields, ShownTexts texts, SpanOrigins origins, RowTally tally)
{
    const int LongestMessageAsName = 200;

    public void Write(in Entry entry, JsonBuffer json)
    {
        if (entry.FrontEnd.HeadOf(fields.Output) is { } head)
        {
            head.Complete(fields, isCounted: !entry.IsCountedElsewhere && entry.Logger.Usage.IsFirst(entry.TraceId, head.Usage));
        }
        ModelContent.Drop(fields, entry.FrontEnd.Settings);
        RowMetadata.AddTemplate(it, fields);
        var name = Name();
        RowMetadata.AddIdentity(it, fields);
        RowMetadata.AddEnrichment(entry.Enrichment, fields);
        AddError(entry);

        var start = it.IsSpan ? it.StartTicks : entry.Ticks - Math.Max(0, fields.ElapsedTicks);
        var isRoot = entry.ParentId == 0;
        var row = new RowWriter(fields, entry.FrontEnd, json);
        row.Begin(entry.RowId, entry.SpanId, entry.TraceId, entry.ParentId, it.IsSpan ? start : entry.Ticks);
        row.Input();
        if (fields.Output is null)
        {
            json.RawName("\"output\":"u8);
            json.String(texts.Message(entry, it));
        }
        else
        {
            row.Output();
        }
        row.Content(isRoot);
        row.Metrics(start, entry.Ticks);
        json.RawName("\"span_attributes\":{\"name\":"u8);
        json.String(fields.Name ?? name ?? it.EventName ?? MessageAsName(entry) ?? it.LoggerName ?? "log");
        row.Type(isRootSpan: it.IsSpan && isRoot);
        row.Level(it.Severity);
        row.EndAttributes(tally.Next());
        row.Context(origins.Of(entry.FrontEnd));
        row.Origin();
        row.End(merges: true);
    }

    void AddError(in Entry entry)
    {
        if (fields.Error is null)
        {
            fields.Error = entry.Error ?? (it.Severity >= Severity.Error ? texts.Message(entry, it).ToString() : null);
        }
        else if (entry.Error is { } exception && !exception.Equals(fields.Error))
        {
            // {Error} is often its message alone, and the stack is what one looks for; what the user calls by that name stays.
            fields.Metadata.Add(fields.Metadata.Contains("exception") ? "exception.stacktrace" : "exception", exception);
        }
    }

    /// <summary>By the template events can be grouped; of a span's name an id at its end goes, and the whole name to the metadata.</summary>
    string? Name()
    {
        if (!it.IsSpan || it.Template is not { } name)
        {
            return it.Template;
        }
        var stable = StableName.Of(name);
        if (stable != name)
        {
            fields.Metadata.Set("activity.name", name);
        }
        return stable;
    }

    string? MessageAsName(in Entry entry) => texts.Message(entry, it) is { Length: > 0 and <= LongestMessageAsName } message ? message.ToString() : null;
}
