namespace Braintrust.Logging.Benchmarks;

/// <summary>The workload: one answer of a model, six properties, three of them numbers, a 300-character answer; about 1 kB as a row.</summary>
static class Work
{
    public const string Template = "Answered {Input} with {Output} by {Model}: {PromptTokens} + {CompletionTokens} tokens in {Elapsed} ms";
    public const string Scope = "Turn {Turn} of {Conversation}";
    public const string Model = "gpt-4o-mini";
    public const int PromptTokens = 120;
    public const int CompletionTokens = 85;
    public const double Elapsed = 412.5;

    public static readonly string Answer = string.Concat(Enumerable.Repeat("All work and no play makes Jack dull. ", 8))[..300];

    static readonly string[] Inputs = [.. Enumerable.Range(0, 64).Select(i => $"What would {i} people answer, and why?")];

    public static string Input(int i) => Inputs[i & 63];
}
