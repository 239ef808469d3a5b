using Braintrust.Logging.Privacy;

namespace Braintrust.Logging.Rows;

/// <summary>Spans as rows: at most one while they are open, and one of their end.</summary>
/// <remarks>Both merge: the end says all that is known, the open write only what the span began with, and neither touches feedback that was merged in between.</remarks>
/// <param name="fields">What is gathered of a span.</param>
/// <param name="mapper">For what it began with.</param>
/// <param name="texts">For its name.</param>
/// <param name="origins">For its context.</param>
/// <param name="tally">For its place in the order of beginnings.</param>
sealed class SpanRows(RowFields fields, RowMapper mapper, ShownTexts texts, SpanOrigins origins, RowTally tally)
{
    readonly Stack<RowPatch> _order = new();

    public void Forget() => _order.Clear();

    /// <summary>Gives the span its place in the order of beginnings.</summary>
    public void Begin(BraintrustSpan span) => span.Counter = tally.Next();

    /// <summary>A span that is still open: only what will not change any more.</summary>
    public void Open(BraintrustSpan span, JsonBuffer json)
    {
        Gather(span, span.Begun.Properties);
        ModelContent.Drop(fields, span.FrontEnd.Settings);
        var row = Begin(span, json);
        row.Input();
        row.Metadata();
        json.RawName("\"metrics\":{\"start\":"u8);
        json.UnixSeconds(span.StartTicks);
        json.EndObject();
        json.RawName("\"span_attributes\":{\"name\":"u8);
        json.String(fields.Name ?? texts.Name(span));
        row.EndAttributes(span.Counter);
        row.Context(origins.Of(span), span.Begun.Caller);
        row.End(merges: true);
    }

    /// <summary>A span that ended: all that is known of it.</summary>
    public void End(BraintrustSpan span, JsonBuffer json)
    {
        Gather(span, span.Activity?.Properties ?? span.Begun.Properties);
        fields.Error = span.Activity?.Error ?? fields.Error;
        Apply(span.SealPatches());
        span.FrontEnd.HeadOf(fields.Output)?.Complete(fields, span.CountsAnswer);
        ModelContent.Drop(fields, span.FrontEnd.Settings);
        if (span.ParentId != 0 && span.FrontEnd.Settings.Mask is null) // with a mask nothing is held that it has not seen
        {
            span.Tags = [.. fields.Tags];
        }

        if (span.Counter < 0)
        {
            Begin(span); // its beginning was refused by a full queue
        }
        var isRoot = span.ParentId == 0;
        var row = Begin(span, json);
        row.Input();
        row.Output();
        row.Content(isRoot);
        row.Metrics(span.StartTicks, span.EndTicks);
        json.RawName("\"span_attributes\":{\"name\":"u8);
        json.String(fields.Name ?? span.Activity?.Name ?? texts.Name(span));
        row.Type(isRoot);
        row.EndAttributes(span.Counter);
        row.Context(origins.Of(span), span.Begun.Caller);
        row.Origin();
        row.End(merges: true);
    }

    /// <summary>What it began with. An activity says the same and more at its end.</summary>
    void Gather(BraintrustSpan span, Property[] properties)
    {
        fields.Clear();
        var begun = span.Begun;
        mapper.Map(span.FrontEnd, properties, fields);
        fields.Input = begun.Input ?? fields.Input;
        fields.Type = begun.Type ?? fields.Type;
        foreach (var (name, value) in begun.Metadata ?? [])
        {
            RowPatch.SetMetadata(fields, name, value);
        }
        RowMetadata.AddLogger(begun.LoggerName, fields);
        RowMetadata.AddEnrichment(span.Enrichment, fields);
    }

    /// <summary>The oldest first, so that the later wins.</summary>
    void Apply(RowPatch? latest)
    {
        _order.Clear(); // of a span that could not be written
        for (var patch = latest; patch is not null; patch = patch.Earlier)
        {
            _order.Push(patch);
        }
        while (_order.TryPop(out var patch))
        {
            patch.ApplyTo(fields);
        }
    }

    RowWriter Begin(BraintrustSpan span, JsonBuffer json)
    {
        var row = new RowWriter(fields, span.FrontEnd, json);
        row.Begin(span.Row, span.Span, span.Trace, span.ParentId, span.CreatedTicks);
        return row;
    }
}
