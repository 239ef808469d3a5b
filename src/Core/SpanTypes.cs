namespace Braintrust.Logging;

/// <summary>The span types Braintrust knows (<c>span_attributes.type</c>). The set is open: any other text is accepted.</summary>
public static class SpanTypes
{
    /// <summary>A call of a model; switches on the token and cost views.</summary>
    public const string Llm = "llm";

    /// <summary>A unit of work; what a root span is unless it says otherwise.</summary>
    public const string Task = "task";

    /// <summary>A call of a tool: input are the arguments, output the result.</summary>
    public const string Tool = "tool";

    /// <summary>A function.</summary>
    public const string Function = "function";

    /// <summary>An evaluation.</summary>
    public const string Eval = "eval";

    /// <summary>The work of a scorer.</summary>
    public const string Score = "score";
}
