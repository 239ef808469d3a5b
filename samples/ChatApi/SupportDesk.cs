using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace ChatApi;

/// <summary>Answers customers, with a model that may look up their orders.</summary>
sealed class SupportDesk(IChatClient model, Orders orders)
{
    const string Role = "You are the support desk of a tea shop. Look orders up before you speak of them. Be brief.";

    readonly ChatOptions _options = new()
    {
        Tools = [AIFunctionFactory.Create(orders.Find, "find_order", "Finds an order by its number.")],
        Temperature = 0.2f,
    };

    public async Task<string> AnswerAsync(string question, CancellationToken cancel) =>
        (await model.GetResponseAsync(Conversation(question), _options, cancel)).Text;

    public async IAsyncEnumerable<string> StreamAsync(string question, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var update in model.GetStreamingResponseAsync(Conversation(question), _options, cancel))
        {
            if (update.Text.Length > 0)
            {
                yield return update.Text;
            }
        }
    }

    static ChatMessage[] Conversation(string question) => [new(ChatRole.System, Role), new(ChatRole.User, question)];
}
