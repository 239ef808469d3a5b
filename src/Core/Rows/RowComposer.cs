using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Braintrust.Logging.Privacy;

namespace Braintrust.Logging.Rows;

/// <summary>
/// Writes entries as rows (PROTOCOL section 7), UTF-8, without the project: that is known only when the row is sent. One lives on the
/// loop, others serve callers whose rows are masked; each reuses everything it holds, and is for one thread at a time.
/// </summary>
/// <remarks>
/// All rows merge, so that a repeated or late delivery changes nothing: the end of a span says all that is known of it, its open write
/// only what it began with, and neither touches feedback that was merged in between. Only native log rows replace, as section 9 has it.
/// </remarks>
sealed class RowComposer
{
    const int ManyOrigins = 100;

    readonly EventRecord _event = new();
    readonly RowFields _fields = new();
    readonly RowMapper _mapper;
    readonly ShownSecrets _secrets;
    readonly JsonBuffer _scratch = new();
    readonly Func<string, byte[]> _origin;
    readonly Dictionary<string, byte[]> _origins = new(StringComparer.Ordinal);
    readonly Stack<RowPatch> _order = new();
    readonly RowTally _tally;
    bool _hasMessage;

    /// <param name="environmentType">For <c>context.span_origin.environment</c>.</param>
    /// <param name="environmentName">For <c>context.span_origin.environment</c>.</param>
    /// <param name="tally">Counts for all composers of a client.</param>
    public RowComposer(string? environmentType, string? environmentName, RowTally tally)
    {
        _tally = tally;
        _mapper = new RowMapper(Neutral);
        _secrets = new ShownSecrets(Neutral);
        _origin = instrumentation => RowContext.SpanOrigin(instrumentation, environmentType, environmentName);
    }

    /// <summary>Lets go of what the last row said.</summary>
    public void Forget()
    {
        _event.Clear();
        _fields.Clear();
        _order.Clear();
    }

    public void Event(in Entry entry, JsonBuffer json)
    {
        _event.Clear();
        _hasMessage = false;
        _fields.Clear();
        entry.FrontEnd.Read(entry.Payload, _event);
        if (!entry.FrontEnd.Settings.CaptureContent)
        {
            ModelContent.DropFromLibrary(_event);
        }
        if (entry.IsCountedElsewhere)
        {
            CountElsewhere();
        }
        var mode = _event.IsSpan ? EventsAs.Spans : entry.FrontEnd.Settings.EventsAs;
        if (mode != EventsAs.ApplicationLogs)
        {
            _mapper.Map(entry.FrontEnd, _event.Properties, _fields);
            if (mode == EventsAs.Auto && !_fields.HasSpanData)
            {
                _fields.Clear();
                mode = EventsAs.ApplicationLogs;
            }
        }

        if (mode == EventsAs.ApplicationLogs)
        {
            LogRow(entry, json);
        }
        else
        {
            EventRow(entry, json);
        }
    }

    void CountElsewhere()
    {
        foreach (ref var property in CollectionsMarshal.AsSpan(_event.Properties))
        {
            if (GenAi.IsUsage(property.Name, property.Value))
            {
                property = property with { IsPlain = true };
            }
        }
    }

    void EventRow(in Entry entry, JsonBuffer json)
    {
        DropContent(entry.FrontEnd);
        if (_event.HasParameters && _event.Template is { } template)
        {
            _fields.Metadata.Set("braintrust.template", template);
        }
        var name = _event.Template;
        if (_event.IsSpan && name is not null && StableName.Of(name) is var stable && stable != name)
        {
            _fields.Metadata.Set("activity.name", name);
            name = stable;
        }
        AddEventIdentity();
        AddEnrichment(entry.Enrichment);
        if (_fields.Error is null)
        {
            _fields.Error = entry.Error ?? (_event.Severity >= Severity.Error ? Message(entry).ToString() : null);
        }
        else if (entry.Error is { } exception && !exception.Equals(_fields.Error))
        {
            _fields.Metadata.Set("exception", exception); // {Error} is often its message alone, and the stack is what one looks for
        }

        var start = _event.IsSpan ? _event.StartTicks : entry.Ticks - Math.Max(0, _fields.ElapsedTicks);
        BeginRow(entry.RowId, entry.SpanId, entry.TraceId, entry.ParentId, _event.IsSpan ? start : entry.Ticks, json);
        Value("\"input\":"u8, _fields.Input, entry.FrontEnd, json);
        if (_fields.Output is null)
        {
            json.RawName("\"output\":"u8);
            json.String(Message(entry));
        }
        else
        {
            Value("\"output\":"u8, _fields.Output, entry.FrontEnd, json);
        }
        Content(entry.FrontEnd, entry.ParentId == 0, json);
        Metrics(start, entry.Ticks, json);

        json.RawName("\"span_attributes\":{\"name\":"u8);
        json.String(_fields.Name ?? name ?? _event.EventName ?? (Message(entry) is { Length: > 0 and <= 200 } message ? message.ToString() : _event.LoggerName) ?? "log");
        Type(isRootSpan: _event.IsSpan && entry.ParentId == 0, json);
        json.RawName("\"log_level\":"u8);
        json.String(SeverityNames.Utf8(_event.Severity));
        Counter(_tally.Next(), json);
        json.EndObject();
        Context(entry.FrontEnd, default, json);
        Origin(json);
        EndRow(merges: true, json);
    }

    /// <summary>A native log row: no name, no span fields; everything that is no message is metadata (PROTOCOL section 9).</summary>
    void LogRow(in Entry entry, JsonBuffer json)
    {
        DropContent(entry.FrontEnd);
        for (var i = 0; i < _event.Properties.Count; i++)
        {
            var property = _event.Properties[i];
            var name = FieldNames.Plain(property.Name);
            if (!entry.FrontEnd.Settings.CaptureContent && ModelContent.IsName(name))
            {
                continue;
            }
            if (property.InTemplate && entry.FrontEnd.Settings.ScrubSecrets && Secrets.IsSecret(name, property.Value))
            {
                _fields.Metadata.Set(Parameter(i, name), Secrets.Mark); // by its own name: the longer one may be none of a secret
            }
            else if (property.InTemplate)
            {
                var value = property.Value is null ? null : Neutral(entry.FrontEnd, property.Value);
                _fields.Metadata.Set(Parameter(i, name), value is null ? Values.Text(value) : value is JsonText structure ? TextOf(structure, entry.FrontEnd.Settings) : value);
            }
            else
            {
                _fields.Metadata.Set(name, property.Value);
            }
        }
        if (_event.HasParameters && _event.Template is { } template)
        {
            _fields.Metadata.Set("braintrust.template", template);
        }
        AddEventIdentity();
        AddEnrichment(entry.Enrichment);
        var message = Message(entry);
        if (entry.Error is { } error)
        {
            message.Append('\n').Append(error);
        }

        var inSpan = entry.ParentId != 0;
        var trace = inSpan || !entry.IsLoose ? entry.TraceId : entry.Logger.BaselineTrace;
        BeginRow(entry.RowId, inSpan ? entry.ParentId : entry.SpanId, trace, 0, entry.Ticks, json);
        json.RawName("\"output\":"u8);
        json.String(message);
        Metadata(entry.FrontEnd, json);
        json.RawName("\"metrics\":{"u8);
        StartAndEnd(entry.Ticks, entry.Ticks, json);
        json.EndObject();
        json.RawName("\"span_attributes\":"u8);
        json.BeginObject();
        json.RawName("\"type\":\"log\",\"log_level\":"u8);
        json.String(SeverityNames.Utf8(_event.Severity));
        Counter(_tally.Next(), json);
        json.EndObject();
        Context(entry.FrontEnd, default, json);
        EndRow(merges: false, json);
    }

    /// <summary>A template parameter's own name in the metadata; those of one name and different values are numbered.</summary>
    string Parameter(int at, string name)
    {
        var (before, differs) = (0, false);
        for (var i = 0; i < _event.Properties.Count; i++)
        {
            var other = _event.Properties[i];
            if (i != at && other.InTemplate && string.Equals(other.Name, _event.Properties[at].Name, StringComparison.Ordinal))
            {
                before += i < at ? 1 : 0;
                differs |= Values.Text(other.Value) != Values.Text(_event.Properties[at].Value);
            }
        }
        return differs
            ? string.Create(CultureInfo.InvariantCulture, $"braintrust.template.parameter.{name}.{before}")
            : "braintrust.template.parameter." + name;
    }

    /// <summary>Gives the span its place in the order of beginnings.</summary>
    public void Begin(BraintrustSpan span) => span.Counter = _tally.Next();

    /// <summary>A span that is still open: only what will not change any more.</summary>
    public void Open(BraintrustSpan span, JsonBuffer json)
    {
        MapBeginning(span);
        DropContent(span.FrontEnd);
        BeginRow(span.Row, span.Span, span.Trace, span.ParentId, span.CreatedTicks, json);
        Value("\"input\":"u8, _fields.Input, span.FrontEnd, json);
        Metadata(span.FrontEnd, json);
        json.RawName("\"metrics\":{\"start\":"u8);
        json.UnixSeconds(span.StartTicks);
        json.EndObject();
        json.RawName("\"span_attributes\":{\"name\":"u8);
        json.String(_fields.Name ?? NameOf(span));
        Counter(span.Counter, json);
        json.EndObject();
        Context(span.FrontEnd, span.Begun.Caller, json, span.Begun.Instrumentation);
        EndRow(merges: true, json);
    }

    /// <summary>A span that ended: all that is known of it.</summary>
    public void End(BraintrustSpan span, JsonBuffer json)
    {
        MapBeginning(span, span.Activity?.Properties);
        _fields.Error = span.Activity?.Error ?? _fields.Error;
        for (var patch = span.SealPatches(); patch is not null; patch = patch.Earlier)
        {
            _order.Push(patch);
        }
        while (_order.TryPop(out var patch))
        {
            patch.ApplyTo(_fields);
        }
        DropContent(span.FrontEnd);
        if (span.ParentId != 0 && span.FrontEnd.Settings.Mask is null) // with a mask nothing is held that it has not seen
        {
            span.Tags = [.. _fields.Tags];
        }

        if (span.Counter < 0)
        {
            Begin(span); // its beginning was refused by a full queue
        }
        BeginRow(span.Row, span.Span, span.Trace, span.ParentId, span.CreatedTicks, json);
        Value("\"input\":"u8, _fields.Input, span.FrontEnd, json);
        Value("\"output\":"u8, _fields.Output, span.FrontEnd, json);
        Content(span.FrontEnd, span.ParentId == 0, json);
        Metrics(span.StartTicks, span.EndTicks, json);
        json.RawName("\"span_attributes\":{\"name\":"u8);
        json.String(_fields.Name ?? span.Activity?.Name ?? NameOf(span));
        Type(isRootSpan: span.ParentId == 0, json);
        Counter(span.Counter, json);
        json.EndObject();
        Context(span.FrontEnd, span.Begun.Caller, json, span.Begun.Instrumentation);
        Origin(json);
        EndRow(merges: true, json);
    }

    /// <summary>Feedback, a comment or an update (PROTOCOL section 17).</summary>
    public void Audit(in Entry entry, AuditRow audit, JsonBuffer json)
    {
        _fields.Clear();
        AddTags(audit);
        audit.Fields?.ApplyTo(_fields);
        DropContent(entry.FrontEnd);
        json.BeginObject();
        json.RawName("\"id\":"u8);
        (audit.Comment is null ? audit.Target : entry.RowId).Write(json);
        if (audit.Comment is { } comment)
        {
            json.RawName("\"created\":"u8);
            json.Utc(new DateTimeOffset(entry.Ticks, TimeSpan.Zero));
            json.RawName("\"origin\":"u8);
            json.BeginObject();
            json.RawName("\"id\":"u8);
            audit.Target.Write(json);
            json.EndObject();
            json.RawName("\"comment\":"u8);
            json.BeginObject();
            json.RawName("\"text\":"u8);
            json.String(comment);
            json.EndObject();
        }
        else
        {
            Value("\"input\":"u8, _fields.Input, entry.FrontEnd, json);
            Value("\"output\":"u8, _fields.Output, entry.FrontEnd, json);
            Content(entry.FrontEnd, isRoot: audit.Child is null, json);
            if (_fields.Metrics.Count > 0)
            {
                json.RawName("\"metrics\":"u8);
                json.BeginObject();
                Numbers(_fields.Metrics, json);
                json.EndObject();
            }
            if (_fields.Name is not null || _fields.Type is not null || _fields.Purpose is not null)
            {
                json.RawName("\"span_attributes\":"u8);
                json.BeginObject();
                if (_fields.Name is { } name)
                {
                    json.RawName("\"name\":"u8);
                    json.String(name);
                }
                if (_fields.Type is { } type)
                {
                    json.RawName("\"type\":"u8);
                    json.String(type);
                }
                Purpose(json);
                json.EndObject();
            }
        }
        if (audit.Source is { } source)
        {
            json.RawName("\"_audit_source\":"u8);
            json.String(source);
            Value("\"_audit_metadata\":"u8, audit.Reviewer, entry.FrontEnd, json);
        }
        if (audit.Comment is null)
        {
            json.RawName("\"_is_merge\":"u8);
            json.Bool(true);
        }
        json.EndObject();
    }

    void AddTags(AuditRow audit)
    {
        if (audit is not { Child: { } child, Fields.Tags: { } tags })
        {
            return;
        }
        foreach (var tag in child.Tags)
        {
            RowMapper.Tag(tag, _fields);
        }
        if (child.FrontEnd.Settings.Mask is null)
        {
            child.Tags = [.. child.Tags.Union(tags)];
        }
    }

    /// <summary>What a project lost on the way to it, so that a gap in its traces has an explanation beside it.</summary>
    public void Losses(RowId id, IReadOnlyDictionary<string, long> byReason, long since, FrontEnd frontEnd, long ticks, JsonBuffer json)
    {
        BeginRow(id, Ids.NewSpanId(), Ids.NewTraceId(), 0, ticks, json);
        json.RawName("\"output\":"u8);
        var reasons = string.Join(", ", byReason.Select(static one => string.Create(CultureInfo.InvariantCulture, $"{one.Key}: {one.Value}")));
        json.String(string.Create(CultureInfo.InvariantCulture, $"{byReason.Values.Sum()} rows were lost on the way to this project ({reasons})."));
        json.RawName("\"metadata\":"u8);
        json.BeginObject();
        json.Name("logger.name");
        json.String("Braintrust.Logging");
        json.Name("lost");
        json.BeginObject();
        foreach (var (reason, rows) in byReason)
        {
            json.Name(reason);
            json.Number(rows);
        }
        json.EndObject();
        json.EndObject();
        json.RawName("\"metrics\":{"u8);
        StartAndEnd(since, ticks, json);
        json.EndObject();
        json.RawName("\"span_attributes\":{\"name\":"u8);
        json.String("Rows lost"u8);
        json.RawName("\"log_level\":"u8);
        json.String("warn"u8);
        Counter(_tally.Next(), json);
        json.EndObject();
        Context(frontEnd, default, json);
        EndRow(merges: true, json);
    }

    /// <summary>The message, without what the front end's settings keep back; rendered when it is first wanted.</summary>
    StringBuilder Message(in Entry entry)
    {
        var message = _event.Message;
        if (_hasMessage)
        {
            return message;
        }
        _hasMessage = true;
        var settings = entry.FrontEnd.Settings;
        if (_event.HidesMessage || (!settings.CaptureContent && ModelContent.IsShown(_event)))
        {
            message.Append(_event.Template ?? _event.EventName);
        }
        else
        {
            entry.FrontEnd.Render(entry.Payload, message);
        }
        if (settings.ScrubSecrets)
        {
            _secrets.HideInMessage(message, entry.FrontEnd, CollectionsMarshal.AsSpan(_event.Properties), hasTemplate: _event.Template is not null);
        }
        return message;
    }

    void DropContent(FrontEnd frontEnd)
    {
        if (!frontEnd.Settings.CaptureContent)
        {
            ModelContent.Drop(_fields);
        }
    }

    string NameOf(BraintrustSpan span)
    {
        var (begun, settings) = (span.Begun, span.FrontEnd.Settings);
        if (!settings.CaptureContent && begun.Template is { } template && ModelContent.IsAmong(begun.Properties))
        {
            return template;
        }
        return settings.ScrubSecrets ? _secrets.Hide(begun.Name, span.FrontEnd, begun.Properties) : begun.Name;
    }

    void MapBeginning(BraintrustSpan span, Property[]? properties = null)
    {
        _fields.Clear();
        var begun = span.Begun;
        _mapper.Map(span.FrontEnd, properties ?? begun.Properties, _fields);
        _fields.Input = begun.Input ?? _fields.Input;
        _fields.Type = begun.Type ?? _fields.Type;
        foreach (var (name, value) in begun.Metadata ?? [])
        {
            RowPatch.SetMetadata(_fields, name, value);
        }
        if (begun.LoggerName is { } loggerName)
        {
            _fields.Metadata.Set("logger.name", loggerName);
        }
        AddEnrichment(span.Enrichment);
    }

    void AddEventIdentity()
    {
        if (_event.LoggerName is { } loggerName)
        {
            _fields.Metadata.Set("logger.name", loggerName);
        }
        if (_event.EventId != 0)
        {
            _fields.Metadata.Set("event.id", _event.EventId);
        }
        if (!string.IsNullOrEmpty(_event.EventName))
        {
            _fields.Metadata.Set("event.name", _event.EventName);
        }
    }

    /// <summary>What the enriching scopes around know; what stands nearer wins.</summary>
    void AddEnrichment(Enrichment? enrichment)
    {
        for (; enrichment is not null; enrichment = enrichment.Above)
        {
            foreach (var property in enrichment.Properties)
            {
                _fields.Metadata.Add(FieldNames.Plain(property.Name), property.Value);
            }
        }
    }

    static void BeginRow(RowId id, ulong spanId, UInt128 traceId, ulong parentId, long createdTicks, JsonBuffer json)
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

    static void EndRow(bool merges, JsonBuffer json)
    {
        json.RawName(merges ? "\"_is_merge\":true}"u8 : "\"_is_merge\":false}"u8);
    }

    /// <summary>expected, error, scores, metadata, tags.</summary>
    void Content(FrontEnd frontEnd, bool isRoot, JsonBuffer json)
    {
        Value("\"expected\":"u8, _fields.Expected, frontEnd, json);
        Value("\"error\":"u8, _fields.Error, frontEnd, json);
        if (_fields.Scores.Count > 0)
        {
            json.RawName("\"scores\":"u8);
            json.BeginObject();
            Numbers(_fields.Scores, json);
            json.EndObject();
        }
        Metadata(frontEnd, json, withTags: !isRoot);
        if (isRoot && _fields.Tags.Count > 0)
        {
            json.RawName("\"tags\":"u8);
            Tags(json);
        }
    }

    void Metadata(FrontEnd frontEnd, JsonBuffer json, bool withTags = false)
    {
        withTags &= _fields.Tags.Count > 0;
        if (_fields.Metadata.Count == 0 && _fields.Model is null && _fields.Provider is null && !withTags)
        {
            return;
        }

        json.RawName("\"metadata\":{"u8);
        if (_fields.Model is { } model)
        {
            json.RawName("\"model\":"u8);
            json.String(model);
        }
        if (_fields.Provider is { } provider)
        {
            json.RawName("\"provider\":"u8);
            json.String(provider);
        }
        for (var i = 0; i < _fields.Metadata.Count; i++)
        {
            var (name, value) = _fields.Metadata[i];
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
                json.String(Text(frontEnd, value)); // a text or null is all the service takes here
            }
            else
            {
                Write(frontEnd, value, json);
            }
        }
        if (withTags)
        {
            json.RawName("\"tags\":"u8); // the service refuses tags on rows that are no roots
            Tags(json);
        }
        json.EndObject();
    }

    bool IsTaken(string name, bool withTags) => name switch
    {
        "model" => _fields.Model is not null,
        "provider" => _fields.Provider is not null,
        "tags" => withTags,
        _ => false,
    };

    void Tags(JsonBuffer json)
    {
        json.BeginArray();
        foreach (var tag in _fields.Tags)
        {
            json.String(tag);
        }
        json.EndArray();
    }

    void Metrics(long startTicks, long endTicks, JsonBuffer json)
    {
        json.RawName("\"metrics\":{"u8);
        StartAndEnd(startTicks, endTicks, json);
        Numbers(_fields.Metrics, json);
        if (_fields.TotalOfBoth is { } total)
        {
            json.Name(MetricNames.Total);
            json.Number(total);
        }
        json.EndObject();
    }

    static void StartAndEnd(long startTicks, long endTicks, JsonBuffer json)
    {
        json.RawName("\"start\":"u8);
        json.UnixSeconds(startTicks);
        json.RawName("\"end\":"u8);
        json.UnixSeconds(endTicks);
    }

    static void Numbers(NamedValues<double> numbers, JsonBuffer json)
    {
        for (var i = 0; i < numbers.Count; i++)
        {
            json.Name(numbers[i].Key);
            json.Number(numbers[i].Value);
        }
    }

    void Type(bool isRootSpan, JsonBuffer json)
    {
        var type = _fields.Type ?? (_fields.Model is not null && _fields.HasTokens ? SpanTypes.Llm : isRootSpan ? SpanTypes.Task : null);
        if (type is not null)
        {
            json.RawName("\"type\":"u8);
            json.String(type);
        }
        Purpose(json);
    }

    void Purpose(JsonBuffer json)
    {
        if (_fields.Purpose is { } purpose)
        {
            json.RawName("\"purpose\":"u8);
            json.String(purpose);
        }
    }

    static void Counter(long counter, JsonBuffer json)
    {
        json.RawName("\"exec_counter\":"u8);
        json.Number(counter);
    }

    void Context(FrontEnd frontEnd, CallerLocation caller, JsonBuffer json, string? instrumentation = null)
    {
        json.RawName("\"context\":{"u8);
        if (caller.Member is { } member)
        {
            json.RawName("\"caller_functionname\":"u8);
            json.String(member);
        }
        if (caller.File is { } file)
        {
            json.RawName("\"caller_filename\":"u8);
            json.String(file);
            json.RawName("\"caller_lineno\":"u8);
            json.Number(caller.Line);
        }
        for (var i = 0; i < _fields.Context.Count; i++)
        {
            var (name, value) = _fields.Context[i];
            if (name is "span_origin" || (caller.Member is not null && name is "caller_functionname") || (caller.File is not null && name is "caller_filename" or "caller_lineno"))
            {
                continue; // known better
            }
            json.Name(name);
            Write(frontEnd, frontEnd.Settings.ScrubSecrets && Secrets.IsSecret(name, value) ? Secrets.Mark : value, json);
        }
        json.RawMembers(instrumentation is null ? frontEnd.SpanOrigin ??= _origin(frontEnd.Name) : OriginOf(instrumentation));
        json.EndObject();
    }

    /// <summary>Captured activities are their source's, and sources are few.</summary>
    byte[] OriginOf(string instrumentation)
    {
        if (!_origins.TryGetValue(instrumentation, out var origin))
        {
            origin = _origin(instrumentation);
            if (_origins.Count < ManyOrigins)
            {
                _origins.Add(instrumentation, origin);
            }
        }
        return origin;
    }

    void Origin(JsonBuffer json)
    {
        if (_fields.Origin is { } origin)
        {
            json.RawName("\"origin\":"u8);
            json.Raw(origin.Utf8);
        }
    }

    void Value(ReadOnlySpan<byte> name, object? value, FrontEnd frontEnd, JsonBuffer json)
    {
        if (value is not null)
        {
            json.RawName(name);
            Write(frontEnd, value, json);
        }
    }

    static void Write(FrontEnd frontEnd, object? value, JsonBuffer json)
    {
        var before = json.Length;
        if (value is string text && frontEnd.Settings.ScrubSecrets && Secrets.IsCredential(text))
        {
            json.String(Secrets.Mark);
            return;
        }
        if (value is null or string or JsonText || !frontEnd.TryWrite(value, json))
        {
            Values.Write(value, json);
            if (value is not JsonText)
            {
                return;
            }
        }
        if (frontEnd.Settings.ScrubSecrets)
        {
            SecretScrubber.Scrub(json, before);
        }
    }

    /// <summary>A front end's own value as one that the mapper understands.</summary>
    object? Neutral(FrontEnd frontEnd, object value)
    {
        _scratch.Clear();
        return value is not (string or JsonText) && frontEnd.TryWrite(value, _scratch) ? JsonText.Of(_scratch) : value;
    }

    /// <summary>The JSON as a text, in which nobody looks for secrets any more.</summary>
    string TextOf(JsonText value, FrontEndSettings settings)
    {
        if (!settings.ScrubSecrets)
        {
            return value.ToString();
        }
        _scratch.Clear();
        SecretScrubber.Write(value.Utf8, _scratch);
        return Encoding.UTF8.GetString(_scratch.Written);
    }

    string Text(FrontEnd frontEnd, object? value) => value is null ? "null" : Values.Text(Neutral(frontEnd, value));
}
