using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Llm;

/// <summary>A call that will have no row: in the flow, and nobody's parent.</summary>
sealed class WithheldCall : IAmbientNode
{
    volatile bool _isClosed;

    public bool IsClosed => _isClosed;

    public IAmbientNode? Outer { get; set; } = Ambient.Current;

    Enrichment? IAmbientNode.Enrichment => Outer?.Enrichment;

    public static LlmCall? Innermost(List<LlmCall> open)
    {
        for (var node = Ambient.Current; node is not null; node = node.Outer)
        {
            if (node is WithheldCall { IsClosed: false } withheld && open.Find(call => ReferenceEquals(call.Withheld, withheld)) is { } call)
            {
                return call;
            }
        }
        return null;
    }

    public void Close()
    {
        _isClosed = true;
        Ambient.Leave(this);
    }
}
