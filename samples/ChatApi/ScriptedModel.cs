using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;

namespace ChatApi;

/// <summary>
/// A model for those without a key: it asks for an order's number to be looked up and tells what came back, word by word. The same question gets
/// the same answer.
/// </summary>
sealed partial class ScriptedModel(TimeProvider clock) : IChatClient
{
    const string Name = "scripted-1";

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        await GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var conversation = messages.ToList();
        var reply = Reply(conversation);
        await Task.Delay(TimeSpan.FromMilliseconds(40), clock, cancellationToken); // thinking
        foreach (var content in reply)
        {
            yield return new ChatResponseUpdate(ChatRole.Assistant, [content]) { ModelId = Name };
            await Task.Delay(TimeSpan.FromMilliseconds(8), clock, cancellationToken);
        }
        var (asked, said) = (conversation.Sum(message => Words(message.Text).Length + 4), reply.Count);
        var usage = new UsageDetails { InputTokenCount = asked, OutputTokenCount = said, TotalTokenCount = asked + said };
        yield return new ChatResponseUpdate(ChatRole.Assistant, [new UsageContent(usage)])
        {
            ModelId = Name,
            FinishReason = reply[0] is FunctionCallContent ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop,
        };
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceType == typeof(ChatClientMetadata) ? new ChatClientMetadata("scripted", defaultModelId: Name) : null;

    public void Dispose()
    {
    }

    static List<AIContent> Reply(List<ChatMessage> conversation)
    {
        if (conversation[^1].Contents is [FunctionResultContent { Result: var found }])
        {
            var order = JsonSerializer.SerializeToElement(found).Deserialize<Order>(JsonSerializerOptions.Web);
            return Say(order is null ? "I find no order with that number." : $"Your {order.Tea} is {order.Status}{(order.Arrives is null ? "" : $" and arrives {order.Arrives}")}.");
        }
        var number = Number().Match(conversation[^1].Text);
        return number.Success
            ? [new FunctionCallContent("call-1", "find_order", new Dictionary<string, object?> { ["number"] = int.Parse(number.Value) })]
            : Say("Which order is it about?");
    }

    static List<AIContent> Say(string text) => [.. Words(text).Select(static (word, i) => new TextContent(i == 0 ? word : " " + word))];

    static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex(@"\d{1,6}")]
    private static partial Regex Number();
}
