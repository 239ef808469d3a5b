using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Braintrust.Logging.Activities;
using Braintrust.Logging.Rows;
using Braintrust.Logging.Sampling;

namespace Braintrust.Logging.Llm;

/// <summary>
/// Makes spans of the log events in which libraries tell of model and tool calls: one for each call, from the event it begins with to the one it ends with.
/// One per front end, called on the callers' threads. Bounded: a call that is never ended is ended here.
/// </summary>
/// <remarks>
/// Within an async method the span is the flow's innermost until the end, so that all finds its place by itself. What streams is an async iterator: it loses
/// that at each piece, so its events are matched by response id and by what is around.
/// </remarks>
sealed class LlmCalls(FrontEnd frontEnd, TimeProvider clock) : IDisposable
{
    const int Limit = 1_000;

    // A stream that is not heard of for so long is taken for abandoned; should it go on after all, its row is updated.
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    // After this long nothing is heard of any call.
    static readonly TimeSpan Memory = TimeSpan.FromHours(2);

    static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    // All calls that may still be heard of, guarded by itself.
    readonly List<LlmCall> _calls = [];
    // The ids of answers that came in pieces and are whole; bounded, guarded by the same.
    readonly HashSet<string> _over = [];
    readonly Queue<string> _overInOrder = new();

    readonly ConditionalWeakTable<Exception, object> _told = [];
    ITimer? _timer;
    bool _isClosed;

    /// <summary>Whether the event became part of a span; else it is an event like any other.</summary>
    public bool Take(in LlmEvent it, BraintrustLogger logger)
    {
        switch (it.Step)
        {
            case LlmStep.Begin:
                return Begin(it, logger);
            case LlmStep.Update:
                Update(it, logger);
                return true; // with or without its call: there may be thousands
            case LlmStep.Note or LlmStep.Error:
                return Note(it, logger);
            case LlmStep.End:
                return End(it, logger);
            case LlmStep.Repetition:
                return IsTold(it, logger);
            default:
                return false;
        }
    }

    /// <summary>A span ends: the streams that began directly below it will not go on. One that does updates its row.</summary>
    public void Leave(BraintrustSpan above)
    {
        foreach (var call in Where(call => call is { IsStream: true, Span.IsEnded: false } && ReferenceEquals(call.Above, above)))
        {
            call.Abandon();
        }
    }

    /// <summary>Ends what is still open; nothing becomes a call from here on.</summary>
    public void Dispose()
    {
        List<LlmCall> left;
        lock (_calls)
        {
            _isClosed = true;
            left = [.. _calls];
            _calls.Clear();
            _timer?.Dispose();
            _timer = null;
        }
        Abandon(left);
    }

    bool Begin(in LlmEvent it, BraintrustLogger logger)
    {
        var activity = ActivityCapture.Nearest(Activity.Current, logger);
        if (it.Source == LlmSource.Connector && activity is { Operation: not null })
        {
            return false; // its library's own activities are captured: one for each call of the model is about to begin
        }
        var placement = Placement.Of(logger);
        if (it.IsTool && activity is { Operation: "execute_tool" } && ReferenceEquals(activity.Span, placement.Above))
        {
            var guest = new LlmCall(it, activity.Span, isGuest: true); // one call, one span
            guest.Note(it);
            return Add(guest);
        }

        if (Adopter(placement.Above, it.Source) is { } container)
        {
            placement = Placement.Below(container.Span);
        }
        var span = new BraintrustSpan(LlmReading.Beginning(it, logger, frontEnd), placement);
        if (IsFiltered(span))
        {
            var withheld = new WithheldCall();
            Ambient.Enter(withheld);
            return Add(new LlmCall(it, span, isGuest: true) { Withheld = withheld });
        }
        var call = new LlmCall(it, span, isGuest: false);
        foreach (var outer in Where(outer => Chain(placement.Above).Contains(outer.Span)))
        {
            outer.IsContainer = true;
        }
        if (!Add(call))
        {
            return false;
        }
        if (call.IsStream && placement.Above is { } above)
        {
            above.Streams ??= this;
        }
        span.Enter();
        logger.Client.OfferBegin(span);
        return true;
    }

    void Update(in LlmEvent it, BraintrustLogger logger)
    {
        var text = it.Text("ChatResponseUpdate") ?? it.Text("Update");
        using var document = text is null ? null : ChatMessages.Parse(text);
        JsonElement? piece = document is { RootElement.ValueKind: JsonValueKind.Object } ? document.RootElement : null;
        var around = Around(logger);
        var source = it.Source;
        lock (_calls)
        {
            var open = _calls.FindAll(call => call.IsStream && call.Source == source);
            var id = piece is { } read ? ChatPart.Member(read, "responseId") : null;
            var isOver = id is not null && _over.Contains(id);
            if (StreamMatch.Of(open, text, id, isOver, around) is not { } call)
            {
                if (isOver)
                {
                    return; // told already
                }
                BraintrustDiagnostics.Warn("stream", "Pieces of a streamed answer came without the event that it began.", 1);
                return;
            }
            call.Update(piece);
            if (text is not null)
            {
                call.Received(text, id);
                (Above(call, open) ?? open.FindLast(outer => !call.IsContainer && outer.IsContainer && StreamMatch.IsNear(outer, around, open)))?.Expect(text, id);
            }
        }
    }

    bool Note(in LlmEvent it, BraintrustLogger logger)
    {
        if (Find(it, Around(logger)) is not { } call)
        {
            return false;
        }
        Told(it.Exception);
        call.Note(it);
        return true;
    }

    bool End(in LlmEvent it, BraintrustLogger logger)
    {
        if (Remove(it, Around(logger)) is { } call)
        {
            call.End(it, isCounted: it.Source != LlmSource.Connector || !IsInsideModelActivity(logger));
            call.Finish();
            return true;
        }
        return it.Source == LlmSource.Connector && Count(it, logger);
    }

    /// <summary>The call that ends: found and removed in one, since of streams that end at the same moment each event ends another.</summary>
    LlmCall? Remove(in LlmEvent it, BraintrustSpan? around)
    {
        lock (_calls)
        {
            if (Find(it, around) is not { } call)
            {
                return null;
            }
            _calls.Remove(call);
            Told(it.Exception); // within the lock: at every moment it is known by the call or by this
            if (call is { IsStream: true, IsContainer: false, IsWhole: true, Answer.ResponseId: { } id })
            {
                Remember(id);
            }
            return call;
        }
    }

    /// <summary>Whether an activity is captured that will say what the answer cost.</summary>
    static bool IsInsideModelActivity(BraintrustLogger logger) => ActivityCapture.Nearest(Activity.Current, logger) is { Operation: "chat" or "text_completion" };

    /// <summary>Semantic Kernel's token counts without a beginning: a model call of which only the cost is known, unless an activity shows it.</summary>
    bool Count(in LlmEvent it, BraintrustLogger logger)
    {
        if (IsInsideModelActivity(logger))
        {
            return true;
        }
        var placement = Placement.Of(logger);
        var call = new LlmCall(it, new BraintrustSpan(LlmReading.Beginning(it, logger, frontEnd), placement), isGuest: false);
        if (!IsFiltered(call.Span))
        {
            call.End(it);
            call.Finish();
        }
        return true;
    }

    /// <summary>Whether the user's filter leaves the span out, which is counted.</summary>
    bool IsFiltered(BraintrustSpan span)
    {
        if (frontEnd.Settings.Filter is null || frontEnd.Admits(() => FrontEnd.Preview(span)))
        {
            return false;
        }
        span.Logger.Client.Ledger.Withholding(WithheldReasons.Filtered);
        return true;
    }

    /// <summary>OpenTelemetry's client logs a failure that the call itself tells, before it or after.</summary>
    bool IsTold(in LlmEvent it, BraintrustLogger logger)
    {
        if (it.Exception is not { } exception)
        {
            return false;
        }
        var around = Around(logger);
        if (ActivityCapture.Nearest(Activity.Current, logger) is { Operation: not null })
        {
            return true;
        }
        lock (_calls)
        {
            return _told.TryGetValue(exception, out _)
                || _calls.Exists(call => call.Source is LlmSource.ChatClient or LlmSource.Agent && StreamMatch.IsNear(call, around, _calls));
        }
    }

    void Remember(string id)
    {
        if (_over.Add(id))
        {
            _overInOrder.Enqueue(id);
        }
        if (_overInOrder.Count > Limit)
        {
            _over.Remove(_overInOrder.Dequeue());
        }
    }

    void Told(Exception? exception)
    {
        if (exception is not null)
        {
            _told.AddOrUpdate(exception, _told);
        }
    }

    LlmCall? Find(in LlmEvent it, BraintrustSpan? around)
    {
        var (source, method) = (it.Source, it.Method);
        lock (_calls)
        {
            var open = _calls.FindAll(call => call.Source == source && call.Method == method);
            return Innermost(open, around) ?? Innermost(open, Ambient.Innermost(null)) ?? WithheldCall.Innermost(open) ?? StreamMatch.End(open.FindAll(static call => call.IsStream), around);
        }
    }

    static LlmCall? Innermost(List<LlmCall> open, BraintrustSpan? from) =>
        Chain(from).Select(span => open.Find(call => !call.IsStream && ReferenceEquals(call.Span, span))).FirstOrDefault(static call => call is not null);

    /// <summary>The stream that has calls inside it and began where this one would: the flow has forgotten it, since it yields.</summary>
    LlmCall? Adopter(BraintrustSpan? around, LlmSource source)
    {
        if (source is LlmSource.Function or LlmSource.Connector)
        {
            return null; // Semantic Kernel's stay in their flow
        }
        lock (_calls)
        {
            return _calls.FindLast(call => call is { IsStream: true, IsContainer: true, Span.IsEnded: false } && ReferenceEquals(call.Above, around));
        }
    }

    /// <summary>The nearest stream around a call that hears of the same pieces.</summary>
    static LlmCall? Above(LlmCall call, List<LlmCall> open) =>
        Chain(call.Above).Select(span => open.Find(outer => ReferenceEquals(outer.Span, span))).FirstOrDefault(static outer => outer is not null);

    /// <summary>The innermost span of the flow, or a captured activity's.</summary>
    static BraintrustSpan? Around(BraintrustLogger logger) => Placement.Of(logger).Above;

    static IEnumerable<BraintrustSpan> Chain(BraintrustSpan? from)
    {
        for (var span = from; span is not null; span = span.Above)
        {
            yield return span;
        }
    }

    bool Add(LlmCall call)
    {
        LlmCall? oldest = null;
        var isOnDemand = call.Span.Logger.Client.IsOnDemand;
        if (isOnDemand)
        {
            Sweep(); // no timer does
        }
        lock (_calls)
        {
            if (_isClosed)
            {
                return false;
            }
            if (_calls.Count == Limit)
            {
                oldest = _calls.MinBy(static open => open.LastAt);
                _calls.Remove(oldest!);
            }
            _calls.Add(call);
            _timer ??= isOnDemand ? null : NewTimer();
        }
        oldest?.Abandon();
        return true;
    }

    ITimer NewTimer()
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            return clock.CreateTimer(static calls => ((LlmCalls)calls!).Sweep(), this, Period, Period);
        }
        using (ExecutionContext.SuppressFlow()) // a timer keeps the flow it was made in, and with it the spans around
        {
            return clock.CreateTimer(static calls => ((LlmCalls)calls!).Sweep(), this, Period, Period);
        }
    }

    void Sweep()
    {
        List<LlmCall> silent;
        lock (_calls)
        {
            silent = _calls.FindAll(call => clock.GetElapsedTime(call.LastAt) >= (call.IsStream ? Patience : Memory));
            _calls.RemoveAll(call => clock.GetElapsedTime(call.LastAt) >= Memory);
            if (_calls.Count == 0)
            {
                _timer?.Dispose();
                _timer = null;
            }
        }
        Abandon(silent);
    }

    static void Abandon(List<LlmCall> calls)
    {
        foreach (var call in calls)
        {
            if (!call.Span.IsEnded)
            {
                call.Abandon();
            }
        }
    }

    List<LlmCall> Where(Predicate<LlmCall> match)
    {
        lock (_calls)
        {
            return _calls.FindAll(match);
        }
    }
}
