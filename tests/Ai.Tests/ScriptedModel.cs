using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Braintrust.Logging.Tests.Ai;

/// <summary>A model that asks for the weather if it has a tool and was not told yet, then says that it is sunny; whole or in pieces.</summary>
sealed class ScriptedModel : IChatClient
{
    int _answers;

    /// <summary>What it throws in place of an answer.</summary>
    public Exception? Failure { get; init; }

    /// <summary>Whether its answers have ids.</summary>
    public bool HasIds { get; init; } = true;

    /// <summary>What to answer in place of the weather.</summary>
    public AIContent[]? Answer { get; init; }

    /// <summary>Runs before each piece.</summary>
    public Func<Task> BeforePiece { get; init; } = () => Task.CompletedTask;

    public static AIFunction Weather { get; } = AIFunctionFactory.Create((string city) => $"sunny in {city}", "weather");

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        if (Failure is { } failure)
        {
            throw failure;
        }
        var id = NextId();
        return AsksForTool(messages, options)
            ? new(new ChatMessage(ChatRole.Assistant, [Call]))
            {
                ModelId = "scripted-1-0", ResponseId = id, FinishReason = ChatFinishReason.ToolCalls,
                Usage = new() { InputTokenCount = 10, OutputTokenCount = 2, TotalTokenCount = 12 },
            }
            : new(new ChatMessage(ChatRole.Assistant, [.. Answer ?? [new TextContent("It is sunny.")]]))
            {
                ModelId = "scripted-1-0", ResponseId = id, FinishReason = ChatFinishReason.Stop,
                Usage = new() { InputTokenCount = 32, OutputTokenCount = 5, TotalTokenCount = 37, CachedInputTokenCount = 8, ReasoningTokenCount = 3 },
            };
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        if (Failure is { } failure)
        {
            throw failure;
        }
        var id = NextId();
        if (AsksForTool(messages, options))
        {
            yield return new(ChatRole.Assistant, [Call]) { ResponseId = id, ModelId = "scripted-1-0", FinishReason = ChatFinishReason.ToolCalls };
            yield return new(ChatRole.Assistant, [new UsageContent(new() { InputTokenCount = 10, OutputTokenCount = 2 })]) { ResponseId = id };
            yield break;
        }
        foreach (var piece in new[] { "It ", "is ", "is ", "sunny." }.Where((_, index) => index != 2))
        {
            await BeforePiece();
            cancellationToken.ThrowIfCancellationRequested();
            yield return new(ChatRole.Assistant, piece) { ResponseId = id, ModelId = "scripted-1-0" };
        }
        yield return new(ChatRole.Assistant, [new UsageContent(new() { InputTokenCount = 32, OutputTokenCount = 5, CachedInputTokenCount = 8 })]) { ResponseId = id, FinishReason = ChatFinishReason.Stop };
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("scripted", new Uri("http://localhost"), "scripted-1") : null;

    public void Dispose()
    {
    }

    static FunctionCallContent Call => new("call-1", "weather", new Dictionary<string, object?> { ["city"] = "Paris" });

    static bool AsksForTool(IEnumerable<ChatMessage> messages, ChatOptions? options) =>
        options?.Tools is { Count: > 0 } && !messages.Any(message => message.Role == ChatRole.Tool);

    string? NextId() => HasIds ? $"answer-{Interlocked.Increment(ref _answers)}" : null;
}
