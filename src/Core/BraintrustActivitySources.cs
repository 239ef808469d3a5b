namespace Braintrust.Logging;

/// <summary>Ready sets for <see cref="BraintrustOptions.ActivitySources"/>.</summary>
public static class BraintrustActivitySources
{
    /// <summary>
    /// The sources of Microsoft.Extensions.AI, Agent Framework, Semantic Kernel, and the clients of OpenAI and Azure AI (Inference, Agents, Projects). Each library has a
    /// switch of its own that makes it create activities, and another that makes it put messages into them. Those of the MCP SDK
    /// (<c>Experimental.ModelContextProtocol</c>) are not among them: they tell of the protocol, and the tool calls that matter are spans of the library that asks the model.
    /// A list of its own at each call, to add to; in a configuration, or among other names, <c>"GenAI"</c> stands for all of it, with what later versions add.
    /// </summary>
    public static IList<string> GenAI =>
    [
        "Experimental.Microsoft.Extensions.AI",
        "Experimental.Microsoft.Agents.AI",
        "Microsoft.Agents.AI.Workflows",
        "Microsoft.SemanticKernel*",
        "OpenAI.*",
        "Azure.AI.Inference.*",
        "Azure.AI.Agents.*",
        "Azure.AI.Projects.*",
    ];

    /// <summary>What a name in a list stands for: itself, and the set of that name.</summary>
    internal static IEnumerable<string> Of(string name) => name.Equals(nameof(GenAI), StringComparison.OrdinalIgnoreCase) ? [name, .. GenAI] : [name];
}
