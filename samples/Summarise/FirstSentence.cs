using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Summarise;

/// <summary>A model for those without a key: its summary of a text is the text's first sentence.</summary>
sealed class FirstSentence : IChatClient
{
    const string Name = "first-sentence-1";

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var asked = messages.Last().Text;
        var text = asked[(asked.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        var summary = text[..(text.IndexOf('.', StringComparison.Ordinal) + 1)];
        var (input, output) = (Words(asked), Words(summary));
        return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, summary.Length == 0 ? text : summary))
        {
            ModelId = Name,
            FinishReason = ChatFinishReason.Stop,
            Usage = new UsageDetails { InputTokenCount = input, OutputTokenCount = output, TotalTokenCount = input + output },
        });
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
        {
            yield return update;
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("local", defaultModelId: Name) : null;

    public void Dispose()
    {
    }

    static int Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
}
