using System.Runtime.InteropServices;
using Braintrust.Logging.Privacy;

namespace Braintrust.Logging.Rows;

/// <summary>
/// Writes entries as rows (PROTOCOL section 7), UTF-8, without the project: that is known only when the row is sent. Which kind of row an entry becomes is decided here, how each is written stands
/// with its kind. One lives on the loop, others serve callers whose rows are masked; each reuses everything it holds, and is for one thread at a time.
/// </summary>
/// <remarks>All rows but native log rows merge, so that a repeated or late delivery changes nothing.</remarks>
sealed class RowComposer
{
    readonly EventRecord _event = new();
    readonly RowFields _fields = new();
    readonly RowMapper _mapper;
    readonly EventRows _events;
    readonly LogRows _logs;
    readonly SpanRows _spans;
    readonly AuditRows _audits;
    readonly LossRows _losses;

    /// <param name="environmentType">For <c>context.span_origin.environment</c>.</param>
    /// <param name="environmentName">For <c>context.span_origin.environment</c>.</param>
    /// <param name="tally">Counts for all composers of a client.</param>
    public RowComposer(string? environmentType, string? environmentName, RowTally tally)
    {
        var neutral = new NeutralValues();
        var texts = new ShownTexts(neutral);
        var origins = new SpanOrigins(environmentType, environmentName);
        _mapper = new RowMapper(neutral.Of);
        _events = new EventRows(_event, _fields, texts, origins, tally);
        _logs = new LogRows(_event, _fields, texts, origins, tally);
        _spans = new SpanRows(_fields, _mapper, texts, origins, tally);
        _audits = new AuditRows(_fields);
        _losses = new LossRows(origins, tally);
    }

    /// <summary>Lets go of what the last row said.</summary>
    public void Forget()
    {
        _event.Clear();
        _fields.Clear();
        _spans.Forget();
    }

    /// <summary>A log event.</summary>
    public void Event(in Entry entry, JsonBuffer json)
    {
        Read(entry);
        if (IsLog(entry.FrontEnd))
        {
            _logs.Write(entry, json);
        }
        else
        {
            _events.Write(entry, json);
        }
    }

    /// <summary>Gives the span its place in the order of beginnings.</summary>
    public void Begin(BraintrustSpan span) => _spans.Begin(span);

    /// <summary>A span that is still open: only what will not change any more.</summary>
    public void Open(BraintrustSpan span, JsonBuffer json) => _spans.Open(span, json);

    /// <summary>A span that ended: all that is known of it.</summary>
    public void End(BraintrustSpan span, JsonBuffer json) => _spans.End(span, json);

    /// <summary>Feedback, a comment or an update.</summary>
    public void Audit(in Entry entry, AuditRow audit, JsonBuffer json) => _audits.Write(entry, audit, json);

    /// <summary>What a project lost on the way to it.</summary>
    public void Losses(RowId id, IReadOnlyDictionary<string, long> byReason, long since, FrontEnd frontEnd, long ticks, JsonBuffer json) =>
        _losses.Write(id, byReason, since, frontEnd, ticks, json);

    void Read(in Entry entry)
    {
        _event.Clear();
        entry.FrontEnd.Read(entry.Payload, _event);
        if (!entry.FrontEnd.Settings.CaptureContent)
        {
            ModelContent.DropFromLibrary(_event);
        }
        if (entry.IsCountedElsewhere)
        {
            CountElsewhere();
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

    /// <summary>Whether it becomes a native log row; else it is mapped. An event that is a span by itself is none, whatever was chosen.</summary>
    bool IsLog(FrontEnd frontEnd)
    {
        _fields.Clear();
        var mode = _event.IsSpan ? EventsAs.Spans : frontEnd.Settings.EventsAs;
        if (mode == EventsAs.ApplicationLogs)
        {
            return true;
        }
        _mapper.Map(frontEnd, _event.Properties, _fields);
        if (mode != EventsAs.Auto || _fields.HasSpanData)
        {
            return false;
        }
        _fields.Clear();
        return true;
    }
}
