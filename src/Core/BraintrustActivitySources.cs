namespace Braintrust.Logging;

/// <summary>Ready sets for <see cref="BraintrustOptions.ActivitySources"/>.</summary>
public static class BraintrustActivitySources
{
    /// <summary>
    /// The sources of Microsoft.Extensions.AI, Agent Framework, Semantic Kernel and the OpenAI client. Each library has a switch of its own that
    /// makes it create activities, and another that makes it put messages into them.
    /// </summary>
    public static IReadOnlyList<string> GenAI { get; } =
    [
        "Experimental.Microsoft.Extensions.AI",
        "Experimental.Microsoft.Agents.AI",
        "Microsoft.Agents.AI.Workflows",
        "Microsoft.SemanticKernel*",
        "OpenAI.*",
    ];
}
