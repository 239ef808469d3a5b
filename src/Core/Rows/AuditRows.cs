using Braintrust.Logging.Privacy;

namespace Braintrust.Logging.Rows;

/// <summary>Rows about other rows (PROTOCOL section 17): feedback, updates, and comments.</summary>
/// <param name="fields">What is said of the other row.</param>
sealed class AuditRows(RowFields fields)
{
    public void Write(in Entry entry, AuditRow audit, JsonBuffer json)
    {
        fields.Clear();
        AddTags(audit);
        audit.Fields?.ApplyTo(fields);
        ModelContent.Drop(fields, entry.FrontEnd.Settings);
        var row = new RowWriter(fields, entry.FrontEnd, json);
        json.BeginObject();
        json.RawName("\"id\":"u8);
        if (audit.Comment is { } comment)
        {
            entry.RowId.Write(json);
            Comment(comment, audit.Target, entry.Ticks, json);
        }
        else
        {
            audit.Target.Write(json);
            row.Input();
            row.Output();
            row.Content(isRoot: audit.Child is null);
            row.Metrics();
            row.Attributes();
        }
        if (audit.Source is { } source)
        {
            json.RawName("\"_audit_source\":"u8);
            json.String(source);
            row.Value("\"_audit_metadata\":"u8, audit.Reviewer);
        }
        if (audit.Comment is null)
        {
            json.RawName("\"_is_merge\":"u8);
            json.Bool(true);
        }
        json.EndObject();
    }

    /// <summary>A row of its own, which names its target.</summary>
    static void Comment(string text, RowId target, long ticks, JsonBuffer json)
    {
        json.RawName("\"created\":"u8);
        json.Utc(new DateTimeOffset(ticks, TimeSpan.Zero));
        json.RawName("\"origin\":"u8);
        json.BeginObject();
        json.RawName("\"id\":"u8);
        target.Write(json);
        json.EndObject();
        json.RawName("\"comment\":"u8);
        json.BeginObject();
        json.RawName("\"text\":"u8);
        json.String(text);
        json.EndObject();
    }

    /// <summary>A child's tags stand in its metadata, where they do not join by themselves.</summary>
    void AddTags(AuditRow audit)
    {
        if (audit is not { Child: { } child, Fields.Tags: { } tags })
        {
            return;
        }
        foreach (var tag in child.Tags)
        {
            RowMapper.Tag(tag, fields);
        }
        if (child.FrontEnd.Settings.Mask is null)
        {
            child.Tags = [.. child.Tags.Union(tags)];
        }
    }
}
