namespace Braintrust.Logging.Llm;

/// <summary>
/// Which of the open streams an event belongs to: pure. Streams stand inside each other (a client that logs around the tool loop, another inside) and beside
/// each other; both layers tell of each piece, the inner one first.
/// </summary>
static class StreamMatch
{
    /// <param name="open">The streams of one library that may still be heard of.</param>
    /// <param name="piece">The piece as it was logged; null where contents are not.</param>
    /// <param name="responseId">The id in it.</param>
    /// <param name="isOver">Whether the call whose answer has this id has ended: who hears of it now is a layer around it, and no call of its own.</param>
    /// <param name="around">The innermost span of the flow.</param>
    public static LlmCall? Of(List<LlmCall> open, string? piece, string? responseId, bool isOver, BraintrustSpan? around)
    {
        if (isOver)
        {
            open = open.FindAll(static call => call.IsContainer);
        }
        var near = open.FindAll(call => IsNear(call, around, open));
        return (piece is null ? null : Innermost(near.FindAll(call => call.Expects(piece))))
            ?? (responseId is null ? null : Innermost(near.FindAll(call => call.Answer.ResponseId == responseId)) ?? Innermost(open.FindAll(call => call.Answer.ResponseId == responseId)))
            ?? near.Find(call => ReferenceEquals(call.Span, around))
            ?? Innermost(near.FindAll(static call => call.Answer.ResponseId is null))
            ?? Innermost(near)
            ?? (open.Count == 1 ? open[0] : null);
    }

    /// <summary>The stream that ends: never one around another that is still open; else the one whose answer is complete, or that was heard of last.</summary>
    public static LlmCall? End(List<LlmCall> open, BraintrustSpan? around)
    {
        var leaves = open.FindAll(call => !open.Exists(other => IsInside(other.Above, call.Span)));
        var near = leaves.FindAll(call => IsNear(call, around, open));
        return near.Find(call => ReferenceEquals(call.Span, around)) ?? Ending(near) ?? (open.Count == 1 ? open[0] : null);
    }

    // Of whole answers the one that has been whole for longest, of others the one that was heard of last.
    static LlmCall? Ending(List<LlmCall> calls) =>
        calls.FindAll(static call => call.IsWhole).MinBy(static call => call.LastAt)
        ?? calls.OrderByDescending(static call => call.HasFinished).ThenByDescending(static call => call.LastAt).ThenByDescending(static call => call.Span.Order).FirstOrDefault();

    static LlmCall? Innermost(List<LlmCall> calls) => calls.MaxBy(static call => call.Span.Order);

    /// <summary>Whether the flow stands where the call began, or inside it; a call inside a stream began where that did.</summary>
    public static bool IsNear(LlmCall call, BraintrustSpan? around, List<LlmCall> open)
    {
        if (around is null)
        {
            return call.Above is null || open.Exists(outer => outer.IsStream && outer.Above is null && IsInside(call.Above, outer.Span));
        }
        return IsInside(around, call.Span) || ReferenceEquals(around, call.Above) || IsInside(call.Above, around);
    }

    static bool IsInside(BraintrustSpan? span, BraintrustSpan outer)
    {
        for (; span is not null; span = span.Above)
        {
            if (ReferenceEquals(span, outer))
            {
                return true;
            }
        }
        return false;
    }
}
