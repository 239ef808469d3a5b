namespace Braintrust.Logging.Rows;

/// <summary>An object of a library that calls models, for a front end that captures it in its own way.</summary>
sealed class ChatObject
{
    public const string BinaryData = "System.BinaryData";

    readonly object _it;
    readonly ObjectShape _shape;

    ChatObject(object it, ObjectShape shape) => (_it, _shape) = (it, shape);

    /// <summary>Null: it is none, or has something classified in it.</summary>
    public static ChatObject? Of(object it)
    {
        try
        {
            return ObjectShape.Of(it) is { Chat: not null, HidesFromText: false } shape ? new(it, shape) : null;
        }
        catch (Exception) // a type that cannot be reflected on: somebody else's to capture
        {
            return null;
        }
    }

    /// <summary>Bytes that know how they read as text.</summary>
    public static bool IsBinaryText(object? value) => value?.GetType().FullName == BinaryData;

    /// <summary>The library's name of its type.</summary>
    public string Name => _shape.Chat!.Name;

    /// <summary>What it says, in .NET's names; what throws is a mark.</summary>
    public IEnumerable<(string Name, object? Value)> Members()
    {
        foreach (ObjectMember member in _shape.Members)
        {
            if (!ChatReader.IsCode(member.Property))
                yield return (member.Property, Read(member));
        }
    }

    object? Read(ObjectMember member)
    {
        try
        {
            return member.Read(_it);
        }
        catch (Exception error)
        {
            return ValueMarks.Error(error);
        }
    }
}
