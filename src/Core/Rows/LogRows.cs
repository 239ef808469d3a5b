using System.Globalization;
using Braintrust.Logging.Privacy;

namespace Braintrust.Logging.Rows;

/// <summary>
/// Log events as native log rows: no name, no span fields; everything that is no message is metadata (PROTOCOL section 9). They are the only rows that replace: one that is sent again says the same.
/// </summary>
/// <param name="it">The event that was read.</param>
/// <param name="fields">For its metadata; otherwise empty.</param>
/// <param name="texts">For its message, and the parameters of its template.</param>
/// <param name="origins">For its context.</param>
/// <param name="tally">For its place in the order of rows.</param>
sealed class LogRows(EventRecord it, RowFields fields, ShownTexts texts, SpanOrigins origins, RowTally tally)
{
    public void Write(in Entry entry, JsonBuffer json)
    {
        AddProperties(entry.FrontEnd);
        RowMetadata.AddTemplate(it, fields);
        RowMetadata.AddIdentity(it, fields);
        RowMetadata.AddEnrichment(entry.Enrichment, fields);
        var message = texts.Message(entry, it);
        if (entry.Error is { } error)
        {
            message.Append('\n').Append(error);
        }

        var inSpan = entry.ParentId != 0;
        var trace = inSpan || !entry.IsLoose ? entry.TraceId : entry.Logger.BaselineTrace;
        var row = new RowWriter(fields, entry.FrontEnd, json);
        row.Begin(entry.RowId, inSpan ? entry.ParentId : entry.SpanId, trace, 0, entry.Ticks);
        json.RawName("\"output\":"u8);
        json.String(message);
        row.Metadata();
        row.Metrics(entry.Ticks, entry.Ticks);
        json.RawName("\"span_attributes\":{\"type\":"u8);
        json.String("log"u8);
        row.Level(it.Severity);
        row.EndAttributes(tally.Next());
        row.Context(origins.Of(entry.FrontEnd));
        row.End(merges: false);
    }

    void AddProperties(FrontEnd frontEnd)
    {
        var settings = frontEnd.Settings;
        for (var i = 0; i < it.Properties.Count; i++)
        {
            var property = it.Properties[i];
            var name = FieldNames.Plain(property.Name);
            if (!settings.CaptureContent && ModelContent.IsName(name))
            {
                continue;
            }
            if (!property.InTemplate)
            {
                fields.Metadata.Set(name, property.Value);
            }
            else if (settings.ScrubSecrets && Secrets.IsSecret(name, property.Value))
            {
                fields.Metadata.Set(Parameter(i, name), Secrets.Mark); // by its own name: the longer one may be none of a secret
            }
            else
            {
                fields.Metadata.Set(Parameter(i, name), texts.Parameter(property.Value, frontEnd));
            }
        }
    }

    /// <summary>A template parameter's own name in the metadata; those of one name and different values are numbered.</summary>
    string Parameter(int at, string name)
    {
        var (before, differs) = (0, false);
        for (var i = 0; i < it.Properties.Count; i++)
        {
            var other = it.Properties[i];
            if (i != at && other.InTemplate && string.Equals(other.Name, it.Properties[at].Name, StringComparison.Ordinal))
            {
                before += i < at ? 1 : 0;
                differs |= Values.Text(other.Value) != Values.Text(it.Properties[at].Value);
            }
        }
        return differs
            ? string.Create(CultureInfo.InvariantCulture, $"braintrust.template.parameter.{name}.{before}")
            : "braintrust.template.parameter." + name;
    }
}
