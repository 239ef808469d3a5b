namespace Braintrust.Logging.Rows;

/// <summary>
/// The names of a chat message's members. C# begins them with capitals; Braintrust shows as a chat what has them as OpenAI does. An object with a <c>Role</c>
/// that is text or an enumeration, and <c>Content</c>, is taken for a message.
/// </summary>
static class ChatNames
{
    public const string Role = "Role";
    public const string Content = "Content";

    public static string Of(string member) => member switch
    {
        Role => "role",
        Content => "content",
        "Name" => "name",
        "ToolCallId" => "tool_call_id",
        _ => member,
    };

    /// <summary>A property's name as libraries write it in JSON.</summary>
    public static string Camel(string property) => property.Length == 0 ? property : char.ToLowerInvariant(property[0]) + property[1..];

    public static string Pascal(string name) => name.Length == 0 ? name : char.ToUpperInvariant(name[0]) + name[1..];

    /// <summary>A member of an enumeration (<c>User</c>) by the name that the role has; any other value as it is.</summary>
    public static object? RoleOf(object? value) => value is Enum role ? Values.Text(role).ToLowerInvariant() : value;
}
