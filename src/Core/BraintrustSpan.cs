using System.Runtime.CompilerServices;
using Braintrust.Logging.Activities;
using Braintrust.Logging.Llm;
using Braintrust.Logging.Propagation;
using Braintrust.Logging.Rows;
using Braintrust.Logging.Session;

namespace Braintrust.Logging;

/// <summary>
/// Work with a beginning and an end. While it is open it is the parent of what the same logger logs in the same async flow. Safe for use
/// from several threads. Nothing here throws or waits for the network, save that with <see cref="BraintrustOptions.AsyncFlush"/> off the
/// end of a root span waits for its delivery.
/// </summary>
public sealed class BraintrustSpan : IAmbientNode, IDisposable
{
    const int Ended = 1;
    const int EndedAndCounts = 2;

    string? _rowText;
    string? _spanText;
    string? _traceText;
    RowPatch? _patches;
    int _ended; // one of these, or 0
    volatile bool _hasUsageBelow;

    static long _opened;

    internal BraintrustSpan(SpanStart start, Placement placement, ulong spanId = 0)
    {
        Logger = start.Logger;
        FrontEnd = start.FrontEnd;
        Begun = start;
        Ids.New(out var row, out var span);
        Span = spanId != 0 ? spanId : span;
        Order = Interlocked.Increment(ref _opened);
        Trace = placement.TraceId;
        ParentId = placement.ParentId;
        Headers = placement.Headers;
        Above = placement.Above;
        IsSampled = placement.IsSampled ?? Samples();
        Row = IsSampled ? new RowId(row, null) : RowId.OfNoRow();
        IsLocalRoot = ParentId == 0 || placement.IsEntry;
        var clock = Logger.Client.Clock;
        CreatedTicks = clock.GetUtcNow().UtcTicks;
        StartTicks = start.Time?.UtcTicks ?? CreatedTicks;
        StartedAt = clock.GetTimestamp();
    }

    /// <summary>The innermost open span of the current async flow, of whichever logger; null outside of any.</summary>
    public static BraintrustSpan? Current => Ambient.Span;

    /// <summary>The row's id: what <see cref="BraintrustLogger.LogFeedback"/> and <see cref="BraintrustLogger.UpdateSpan"/> take.</summary>
    public string Id => _rowText ??= Row.ToString();

    /// <summary>16 lower-case hex digits, a W3C span id.</summary>
    public string SpanId => _spanText ??= Ids.Hex(Span);

    /// <summary>32 lower-case hex digits, a W3C trace id: the same for all spans of a trace.</summary>
    public string RootSpanId => _traceText ??= Ids.Hex(Trace);

    /// <summary>The logger whose project the span belongs to.</summary>
    public BraintrustLogger Logger { get; }

    internal FrontEnd FrontEnd { get; }
    internal SpanStart Begun { get; private set; }

    /// <summary>What it is called by now; empty once its end was written.</summary>
    internal string? Name
    {
        get
        {
            var patch = Volatile.Read(ref _patches);
            while (patch is { Name: null })
            {
                patch = patch.Earlier;
            }
            return patch?.Name ?? Begun.Name;
        }
    }

    internal RowId Row { get; }
    internal ulong Span { get; }
    internal UInt128 Trace { get; }
    internal ulong ParentId { get; }

    /// <summary>What came in with the trace from another process, to be sent on.</summary>
    internal TraceHeaders? Headers { get; }

    /// <summary>Nothing stands above it in this process.</summary>
    internal bool IsLocalRoot { get; }

    /// <summary>False: its trace is not kept, and no row of it is sent.</summary>
    internal bool IsSampled { get; }

    internal long CreatedTicks { get; }
    internal long StartTicks { get; }

    /// <summary>When it was made, on the monotonic clock.</summary>
    internal long StartedAt { get; }

    internal long EndTicks { get; private set; }

    /// <summary>Which of two spans began later, whatever their clocks say.</summary>
    internal long Order { get; }

    /// <summary>What the activity said at its end, if the span is one.</summary>
    internal ActivityEnd? Activity { get; private set; }

    /// <summary>The span this one is below; after its end the nearest that was open then: spans that overlap must not keep all of their predecessors alive.</summary>
    internal BraintrustSpan? Above { get; private set; }

    /// <summary>Whose streams are to be ended with this span, should they be left open.</summary>
    internal LlmCalls? Streams { get; set; }

    /// <summary>Whether a span below it counts tokens: then it must not, or they double.</summary>
    internal bool HasUsageBelow => _hasUsageBelow;

    /// <summary>Whether it is this span that counts the tokens of the model's answer that is its output: decided when it ends, since those around may end right then.</summary>
    internal bool CountsAnswer => Volatile.Read(ref _ended) == EndedAndCounts;

    internal bool IsEnded => Volatile.Read(ref _ended) != 0;

    /// <summary>What a child's row has for tags by now, where there is no mask: in its metadata they do not join by themselves, as those of a root do. The writer's own.</summary>
    internal string[] Tags { get; set; } = [];

    // The loop's own: the span's place in the order of beginnings, and the fate of its open write if there was one.
    internal long Counter { get; set; } = -1;
    internal Pipeline.RowFate? OpenWrite { get; set; }

    /// <summary>Its end is on its way, or refused: nothing more is owed.</summary>
    internal bool IsWritten { get; set; }

    /// <summary>What may be written while the span is open, if it has to be masked: composed when it began.</summary>
    internal WrittenRow? Opening { get; set; }

    IAmbientNode? IAmbientNode.Outer
    {
        get => Outer;
        set => Outer = value;
    }
    Enrichment? IAmbientNode.Enrichment => Enrichment;
    bool IAmbientNode.IsClosed => IsEnded;
    internal bool IsClosed => IsEnded;
    internal IAmbientNode? Outer { get; private set; }
    internal Enrichment? Enrichment { get; private set; }

    /// <summary>
    /// Adds to the span; null says nothing. A later value wins, maps and tags join. Objects are copied here, so later changes to them do not
    /// show. After the end it is sent as an update of the row.
    /// </summary>
    /// <param name="input">What the work was given: any value.</param>
    /// <param name="output">What it gave: any value. The answer of a library that calls models (<c>ChatResponse</c> and its like) says the model and the tokens as well, where nothing else does.</param>
    /// <param name="expected">What it should have given: any value.</param>
    /// <param name="error">An exception or a text; the span shows as failed.</param>
    /// <param name="scores">Name to 0..1. Anything else is kept in the metadata.</param>
    /// <param name="metadata">A dictionary, or an object whose public properties become the entries.</param>
    /// <param name="metrics">Name to number. Braintrust's names are at <c>metrics</c> in its documentation; <c>start</c> and <c>end</c> are the span's own.</param>
    /// <param name="tags">Shown on root spans; a child keeps them in its metadata, since the service takes tags on roots only. With a <see cref="BraintrustOptions.Mask"/>, tags of a child after its end replace those before.</param>
    public void Log(
        object? input = null, object? output = null, object? expected = null, object? error = null,
        IEnumerable<KeyValuePair<string, double>>? scores = null, object? metadata = null,
        IEnumerable<KeyValuePair<string, double>>? metrics = null, IEnumerable<string>? tags = null) =>
        Add(RowPatch.Of(input, output, expected, error, scores, metadata, metrics, tags, frontEnd: FrontEnd));

    /// <summary>Renames the span, changes its type or says its purpose; null leaves it.</summary>
    /// <param name="name">What the work is called.</param>
    /// <param name="type">One of <see cref="SpanTypes"/> or any other text.</param>
    /// <param name="purpose"><c>scorer</c> for a model call that judges another one: its cost is not counted. The service knows no other.</param>
    public void SetAttributes(string? name = null, string? type = null, string? purpose = null) =>
        Add(RowPatch.Of(null, null, null, null, null, null, null, null, name, type, purpose));

    /// <summary>Opens a span below this one, whatever is around; it becomes the current one until it ends.</summary>
    /// <inheritdoc cref="BraintrustLogger.StartSpan"/>
    public BraintrustSpan StartSpan(
        string? name = null, string? type = null, object? input = null, object? metadata = null, DateTimeOffset? startTime = null,
        [CallerMemberName] string? callerMember = null, [CallerFilePath] string? callerFile = null, [CallerLineNumber] int callerLine = 0) =>
        Logger.StartSpan(name, type, input, this, metadata, startTime, callerMember, callerFile, callerLine);

    /// <summary>Ends the span, now or at a given time. The first end counts.</summary>
    /// <param name="at">When it ended; not before it began: then that is when. Default: now.</param>
    public void End(DateTimeOffset? at = null)
    {
        if (Finish(at) && IsLocalRoot && FrontEnd == Logger.Client.Api)
        {
            Logger.Client.WaitUnlessAsync();
        }
    }

    /// <summary>Ends the span.</summary>
    public void Dispose() => End();

    /// <summary>
    /// A link to the span in Braintrust's pages, from what is known now: complete once logged in. The row must have been delivered before it works.
    /// </summary>
    /// <returns>An absolute URL. Where the organisation is not known yet, one of a page that says so, as Braintrust's own SDKs give.</returns>
    public string Link() => !IsSampled ? Links.OfNoRow : Logger.Client.Link(Logger, Id);

    /// <summary>
    /// Adds the span to the headers of a request that is about to be sent, so that the other side continues the trace below it: <c>traceparent</c>,
    /// <c>tracestate</c> if the trace came with one, and <c>braintrust.parent</c> among the members of <c>baggage</c>, whose others stay. Never throws.
    /// </summary>
    /// <param name="headers">Names in another case are replaced by ours, in lower case.</param>
    public void Inject(IDictionary<string, string> headers) => BraintrustPropagation.Inject(this, headers);

    internal void Enter()
    {
        Outer = Ambient.Current;
        Enrichment = Outer?.Enrichment;
        Ambient.Enter(this);
    }

    /// <summary>Ends the span without waiting for anything. False: it had ended before.</summary>
    internal bool Finish(DateTimeOffset? at = null)
    {
        if (Interlocked.CompareExchange(ref _ended, Ended, 0) != 0)
        {
            return false;
        }

        // Elapsed time is monotonic: a clock set back in between makes no negative duration. Nor do times that were given.
        var clock = Logger.Client.Clock;
        var now = clock.GetTimestamp();
        EndTicks = Math.Max(StartTicks, at?.UtcTicks ?? CreatedTicks + clock.GetElapsedTime(StartedAt, now).Ticks);
        Ambient.Leave(this);
        TellAnswer();
        var isOffered = Logger.Client.Offer(new Entry
        {
            Kind = EntryKind.SpanEnd,
            FrontEnd = FrontEnd,
            Logger = Logger,
            Payload = this,
            RowId = Row,
            TraceId = Trace,
            SpanId = Span,
            ParentId = ParentId,
            Ticks = EndTicks,
            AcceptedAt = now,
            Size = Weight(),
            Enrichment = Enrichment,
        });
        if (!isOffered)
        {
            IsWritten = true; // no reading and writing back: the writer may be setting it now
        }
        else if (!IsSampled)
        {
            Forget(); // nobody will write it
        }
        Streams?.Leave(this);
        Above = Open(Above);
        return true;
    }

    /// <summary>Ends the span of an activity, with what the activity has become.</summary>
    internal void FinishActivity(ActivityEnd end, DateTimeOffset at)
    {
        Activity = end;
        Finish(at);
    }

    /// <summary>Tells all that is around that tokens were counted here: the innermost was there when the model answered.</summary>
    internal void TellUsage()
    {
        for (var span = Above; span is not null; span = span.Above)
        {
            span._hasUsageBelow = true;
        }
    }

    /// <summary>The same of a model's answer that is the output: it may be that of a call that was counted already.</summary>
    void TellAnswer()
    {
        if (FrontEnd.HeadOf(Output())?.Usage is { } usage)
        {
            if (!HasUsageBelow && Logger.Usage.IsFirst(Trace, usage))
            {
                Volatile.Write(ref _ended, EndedAndCounts);
            }
            TellUsage();
        }
    }

    /// <summary>As far as it may be an answer.</summary>
    object? Output()
    {
        for (var patch = Volatile.Read(ref _patches); patch is not null; patch = patch.Earlier)
        {
            if (patch.Output is { } output)
            {
                return output;
            }
        }
        foreach (var property in Begun.Properties)
        {
            if (property.Value is JsonText { Head: not null } && FieldNames.Of(FieldNames.Plain(property.Name)) == Field.Output)
            {
                return property.Value;
            }
        }
        return null;
    }

    internal void Add(RowPatch patch)
    {
        while (true)
        {
            var latest = Volatile.Read(ref _patches);
            if (ReferenceEquals(latest, RowPatch.Sealed))
            {
                if (patch.IsEmpty)
                {
                    return;
                }
                Logger.Client.OfferAudit(Logger, FrontEnd, new AuditRow { Target = Row, Fields = patch, Child = ParentId != 0 ? this : null });
                return;
            }
            patch.Earlier = latest;
            if (Interlocked.CompareExchange(ref _patches, patch, latest) == latest)
            {
                return;
            }
        }
    }

    /// <summary>
    /// Lets go of what the span said, since its end says it all: whatever was started inside may hold the span itself for long. With a mask the queue may still hold its beginning.
    /// </summary>
    internal void Forget()
    {
        Begun = Begun.WithoutContent();
        Activity = null;
        SealPatches();
    }

    /// <summary>The patches, newest first; from here on a patch is an update of its own. For the loop, when it writes the end.</summary>
    internal RowPatch? SealPatches() => Interlocked.Exchange(ref _patches, RowPatch.Sealed) is var patches && ReferenceEquals(patches, RowPatch.Sealed) ? null : patches;

    static BraintrustSpan? Open(BraintrustSpan? span)
    {
        while (span is { IsEnded: true })
        {
            span = span.Above;
        }
        return span;
    }

    bool Samples()
    {
        var sampler = Logger.Client.Sampler;
        return !sampler.IsOn || sampler.Keeps(Trace, () => FrontEnd.Preview(this));
    }

    /// <summary>For the queue's bound, of all that was said up to now.</summary>
    long Weight()
    {
        var bytes = RowWeight.Row + Begun.Weight + (Activity?.Weight ?? 0) + (Enrichment?.Weight ?? 0);
        for (var patch = Volatile.Read(ref _patches); patch is not null && !ReferenceEquals(patch, RowPatch.Sealed); patch = patch.Earlier)
        {
            bytes += patch.Weight;
        }
        return FrontEnd.WatchesLosses ? 2 * bytes : bytes;
    }
}
