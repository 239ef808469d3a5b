namespace Braintrust.Logging.Rows;

enum EntryKind : byte
{
    /// <summary>A log event; the payload is its front end's.</summary>
    Event,
    /// <summary>A span began; no write yet, unless it is still open when the next batch leaves.</summary>
    SpanBegin,
    /// <summary>A span ended.</summary>
    SpanEnd,
    /// <summary>A row about another row: feedback, a comment, an update.</summary>
    Audit,
    /// <summary>A flush waits for what came before it.</summary>
    Flush,
}

/// <summary>What stands in the queue: everything that had to be fixed on the caller's thread, and nothing that could wait for the loop.</summary>
struct Entry
{
    public EntryKind Kind;
    public FrontEnd FrontEnd;
    public BraintrustLogger Logger;

    /// <summary>The front end's event, the span, the patch, the flush.</summary>
    public object Payload;

    public RowId RowId;
    public UInt128 TraceId;
    public ulong SpanId;
    public ulong ParentId;

    /// <summary>Nothing around the event gave it a trace.</summary>
    public bool IsLoose;

    /// <summary>The tokens it tells of are counted by another row.</summary>
    public bool IsCountedElsewhere;

    /// <summary>Whether its trace is kept, as the span above says; null: nobody has decided yet.</summary>
    public bool? IsSampled;

    /// <summary>The event's time, UTC ticks.</summary>
    public long Ticks;

    /// <summary>When the queue took it, on the monotonic clock. Set before by those who have just looked at the clock; else by the queue.</summary>
    public long AcceptedAt;

    /// <summary>Estimated bytes, for the queue's bound.</summary>
    public long Size;

    /// <summary>The exception's text, taken inside the call: its stack changes when it is rethrown.</summary>
    public string? Error;

    /// <summary>The innermost scope that adds its properties to rows instead of being a span.</summary>
    public Enrichment? Enrichment;

    /// <summary>Someone who waits for this very row's fate.</summary>
    public Confirmation? Confirmation;
}
