namespace Braintrust.Logging.Rows;

/// <summary>A span or an enrichment around the running code.</summary>
interface IAmbientNode
{
    bool IsClosed { get; }

    /// <summary>The node that was innermost when this one was entered.</summary>
    IAmbientNode? Outer { get; set; }

    /// <summary>The innermost enrichment at or above this node.</summary>
    Enrichment? Enrichment { get; }
}

/// <summary>
/// The chain of nodes held by the async flow. A closed node is skipped, never resurrected, so scopes may end in any order, twice,
/// elsewhere or never.
/// </summary>
static class Ambient
{
    static readonly AsyncLocal<IAmbientNode?> Flow = new();

    /// <summary>The innermost open node. A node keeps only open ones above it, so that a late child does not retain dead ones.</summary>
    public static IAmbientNode? Current => Open(Flow.Value);

    /// <summary>The innermost open span, of whichever logger.</summary>
    public static BraintrustSpan? Span => Innermost(null);

    public static void Enter(IAmbientNode node) => Flow.Value = node;

    /// <summary>Steps out if this flow's innermost node is the given one; an inner node that is still open stays.</summary>
    public static void Leave(IAmbientNode node)
    {
        // Spans that overlap, each begun before those before it have ended, would keep all of their predecessors alive.
        node.Outer = Open(node.Outer);
        if (ReferenceEquals(Flow.Value, node))
        {
            Flow.Value = node.Outer; // what is open around it
        }
    }

    static IAmbientNode? Open(IAmbientNode? node)
    {
        while (node is { IsClosed: true })
        {
            node = node.Outer;
        }
        return node;
    }

    /// <summary>The innermost open span of a logger: a span of another project is never a parent.</summary>
    public static BraintrustSpan? Innermost(BraintrustLogger? logger)
    {
        for (var node = Flow.Value; node is not null; node = node.Outer)
        {
            if (node is BraintrustSpan { IsClosed: false } span && (logger is null || ReferenceEquals(span.Logger, logger)))
            {
                return span;
            }
        }
        return null;
    }
}
