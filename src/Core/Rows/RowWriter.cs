using Braintrust.Logging.Privacy;

namespace Braintrust.Logging.Rows;

/// <summary>Writes the members of one row (PROTOCOL section 7), in the order in which they are asked for. What is not there is not written.</summary>
/// <param name="fields">What the row says.</param>
/// <param name="frontEnd">Whose settings hold, and whose own values may be among them.</param>
/// <param name="json">What is written to.</param>
readonly ref struct RowWriter(RowFields fields, FrontEnd frontEnd, JsonBuffer json)
{
    /// <summary>Who and where the row is.</summary>
    public void Begin(RowId id, ulong spanId, UInt128 traceId, ulong parentId, long createdTicks)
    {
        json.RawName("{\"id\":"u8);
        id.Write(json);
        json.RawName("\"span_id\":"u8);
        json.Hex(spanId);
        json.RawName("\"root_span_id\":"u8);
        json.Hex(traceId);
        if (parentId != 0)
        {
            json.RawName("\"span_parents\":"u8);
            json.BeginArray();
            json.Hex(parentId);
            json.EndArray();
        }
        json.RawName("\"created\":"u8);
        json.Utc(new DateTimeOffset(Math.Clamp(createdTicks, 0, DateTime.MaxValue.Ticks), TimeSpan.Zero));
    }

    public void End(bool merges) => json.RawName(merges ? "\"_is_merge\":true}"u8 : "\"_is_merge\":false}"u8);

    public void Input() => Value("\"input\":"u8, fields.Input);

    public void Output() => Value("\"output\":"u8, fields.Output);

    /// <summary>expected, error, scores, metadata, tags.</summary>
    public void Content(bool isRoot)
    {
        Value("\"expected\":"u8, fields.Expected);
        Value("\"error\":"u8, fields.Error);
        if (fields.Scores.Count > 0)
        {
            json.RawName("\"scores\":"u8);
            json.BeginObject();
            Numbers(fields.Scores);
            json.EndObject();
        }
        Metadata(withTags: !isRoot && fields.Tags.Count > 0); // the service refuses tags on rows that are no roots
        if (isRoot && fields.Tags.Count > 0)
        {
            Tags();
        }
    }

    public void Metadata(bool withTags = false)
    {
        if (fields.Metadata.Count == 0 && fields.Model is null && fields.Provider is null && !withTags)
        {
            return;
        }

        json.RawName("\"metadata\":{"u8);
        Text("\"model\":"u8, fields.Model);
        Text("\"provider\":"u8, fields.Provider);
        for (var i = 0; i < fields.Metadata.Count; i++)
        {
            var (name, value) = fields.Metadata[i];
            if (IsTaken(name, withTags) || (!frontEnd.Settings.CaptureContent && ModelContent.IsName(name)))
            {
                continue;
            }
            json.Name(name);
            if (frontEnd.Settings.ScrubSecrets && Secrets.IsSecret(name, value))
            {
                json.String(Secrets.Mark);
            }
            else if (name == "model" && value is not null and not string)
            {
                ValueWriter.WriteText(value, frontEnd, json); // a text or null is all the service takes here
            }
            else
            {
                ValueWriter.Write(value, frontEnd, json);
            }
        }
        if (withTags)
        {
            Tags();
        }
        json.EndObject();
    }

    bool IsTaken(string name, bool withTags) => name switch
    {
        "model" => fields.Model is not null,
        "provider" => fields.Provider is not null,
        "tags" => withTags,
        _ => false,
    };

    void Tags()
    {
        json.RawName("\"tags\":"u8);
        json.BeginArray();
        foreach (var tag in fields.Tags)
        {
            json.String(tag);
        }
        json.EndArray();
    }

    /// <summary>Those of the row beside its times.</summary>
    public void Metrics(long startTicks, long endTicks)
    {
        json.RawName("\"metrics\":{\"start\":"u8);
        json.UnixSeconds(startTicks);
        json.RawName("\"end\":"u8);
        json.UnixSeconds(endTicks);
        Numbers(fields.Metrics);
        if (fields.TotalOfBoth is { } total)
        {
            json.Name(MetricNames.Total);
            json.Number(total);
        }
        json.EndObject();
    }

    /// <summary>Those that were given, if there are any.</summary>
    public void Metrics()
    {
        if (fields.Metrics.Count > 0)
        {
            json.RawName("\"metrics\":"u8);
            json.BeginObject();
            Numbers(fields.Metrics);
            json.EndObject();
        }
    }

    void Numbers(NamedValues<double> numbers)
    {
        for (var i = 0; i < numbers.Count; i++)
        {
            json.Name(numbers[i].Key);
            json.Number(numbers[i].Value);
        }
    }

    public void Type(bool isRootSpan)
    {
        Text("\"type\":"u8, fields.Type ?? (fields.Model is not null && fields.HasTokens ? SpanTypes.Llm : isRootSpan ? SpanTypes.Task : null));
        Text("\"purpose\":"u8, fields.Purpose);
    }

    /// <summary>Name, type and purpose, as far as they were given.</summary>
    public void Attributes()
    {
        if (fields.Name is not null || fields.Type is not null || fields.Purpose is not null)
        {
            json.RawName("\"span_attributes\":"u8);
            json.BeginObject();
            Text("\"name\":"u8, fields.Name);
            Text("\"type\":"u8, fields.Type);
            Text("\"purpose\":"u8, fields.Purpose);
            json.EndObject();
        }
    }

    /// <summary>Of a log event's attributes: how severe it is.</summary>
    public void Level(Severity severity)
    {
        json.RawName("\"log_level\":"u8);
        json.String(SeverityNames.Utf8(severity));
    }

    /// <summary>The last of the attributes: the row's place in the order of rows.</summary>
    public void EndAttributes(long counter)
    {
        json.RawName("\"exec_counter\":"u8);
        json.Number(counter);
        json.EndObject();
    }

    public void Context(byte[] spanOrigin, CallerLocation caller = default)
    {
        json.RawName("\"context\":{"u8);
        Text("\"caller_functionname\":"u8, caller.Member);
        var file = caller.File;
        if (file is not null)
        {
            json.RawName("\"caller_filename\":"u8);
            json.String(file);
            json.RawName("\"caller_lineno\":"u8);
            json.Number(caller.Line);
        }
        for (var i = 0; i < fields.Context.Count; i++)
        {
            var (name, value) = fields.Context[i];
            if (name is "span_origin" || (caller.Member is not null && name is "caller_functionname") || (file is not null && name is "caller_filename" or "caller_lineno"))
            {
                continue; // known better
            }
            json.Name(name);
            ValueWriter.Write(frontEnd.Settings.ScrubSecrets && Secrets.IsSecret(name, value) ? Secrets.Mark : value, frontEnd, json);
        }
        json.RawMembers(spanOrigin);
        json.EndObject();
    }

    /// <summary>The row it was made from.</summary>
    public void Origin()
    {
        if (fields.Origin is { } origin)
        {
            json.RawName("\"origin\":"u8);
            json.Raw(origin.Utf8);
        }
    }

    public void Value(ReadOnlySpan<byte> name, object? value)
    {
        if (value is not null)
        {
            json.RawName(name);
            ValueWriter.Write(value, frontEnd, json);
        }
    }

    void Text(ReadOnlySpan<byte> name, string? text)
    {
        if (text is not null)
        {
            json.RawName(name);
            json.String(text);
        }
    }
}
