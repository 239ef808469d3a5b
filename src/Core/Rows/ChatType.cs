using System.Text.Json.Serialization;

namespace Braintrust.Logging.Rows;

enum ChatKind
{
    Message,
    /// <summary>What a model answered: messages, and what is known of the call.</summary>
    Answer,
    /// <summary>One of the parts of a message.</summary>
    Part,
    Options,
}

/// <summary>
/// A type of the libraries that call models: Microsoft.Extensions.AI, Agent Framework, Semantic Kernel, OpenAI. The core has only the base class library, so it knows
/// them by their full names.
/// </summary>
/// <param name="Kind">What it is to a chat.</param>
/// <param name="Name">The library's name of it, of a type that derives from one of the library's too: what <see cref="ChatReader"/> knows it by.</param>
sealed record ChatType(ChatKind Kind, string Name)
{
    const string OpenAI = "OpenAI.Chat";

    /// <summary>Null: it is none, or what makes it one was trimmed away.</summary>
    public static ChatType? Of(Type type, ObjectMember[] members)
    {
        string? name = null;
        for (Type? level = type; level is not null && level != typeof(object); level = level.BaseType)
        {
            if (!IsOfLibrary(level))
                continue;
            name ??= level.Name;
            if (KindOf(level.FullName!) is { } kind)
                return IsWhole(kind, level, members) ? new(kind, name) : null;
        }
        return null;
    }

    /// <summary>What tells the types of one base apart in the library's own JSON; null: nothing does.</summary>
    public static string? Discriminator(Type type)
    {
        for (Type? level = type; level is not null && level != typeof(object) && IsOfLibrary(type); level = level.BaseType)
        {
            foreach (JsonDerivedTypeAttribute derived in Attribute.GetCustomAttributes(level, typeof(JsonDerivedTypeAttribute), inherit: false))
            {
                if (derived.DerivedType == type)
                    return derived.TypeDiscriminator as string;
            }
        }
        return null;
    }

    static bool IsOfLibrary(Type type) => type.Namespace is "Microsoft.Extensions.AI" or "Microsoft.Agents.AI" or "Microsoft.SemanticKernel" or OpenAI;

    static ChatKind? KindOf(string name) => name switch
    {
        "Microsoft.Extensions.AI.ChatMessage" or "Microsoft.SemanticKernel.ChatMessageContent" or "OpenAI.Chat.ChatMessage" => ChatKind.Message,
        "Microsoft.Extensions.AI.ChatResponse" or "OpenAI.Chat.ChatCompletion" => ChatKind.Answer,
        "Microsoft.Agents.AI.AgentResponse" or "Microsoft.Agents.AI.AgentRunResponse" => ChatKind.Answer,
        "Microsoft.Extensions.AI.AIContent" or "Microsoft.SemanticKernel.KernelContent" or "OpenAI.Chat.ChatMessageContentPart" => ChatKind.Part,
        "Microsoft.Extensions.AI.ChatOptions" => ChatKind.Options,
        _ => null,
    };

    /// <summary>Whether the members are there without which nothing can be said. OpenAI's messages say by their type who speaks.</summary>
    static bool IsWhole(ChatKind kind, Type level, ObjectMember[] members) => kind switch
    {
        ChatKind.Message => (level.Namespace == OpenAI || Has(members, "Role")) && (Has(members, "Contents") || Has(members, "Items") || Has(members, "Content")),
        ChatKind.Answer => Has(members, "Messages") || Has(members, "Content"),
        _ => members.Length > 0,
    };

    static bool Has(ObjectMember[] members, string name) => Array.Exists(members, member => member.Property == name);
}
