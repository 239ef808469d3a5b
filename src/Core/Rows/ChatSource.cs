namespace Braintrust.Logging.Rows;

/// <summary>Where <see cref="ChatReader"/> reads: a library's objects themselves, or what a front end captured of them. Never throws; what the application's code throws is a mark.</summary>
abstract class ChatSource
{
    /// <summary>The library's name of the object's type; null if it is of none.</summary>
    public abstract string? TypeOf(object? it);

    /// <summary>A member's value; null if there is none.</summary>
    public abstract object? Member(object it, string name);

    /// <summary>The elements of a list; what is no list is the only one; null has none.</summary>
    public abstract IReadOnlyList<object?> Items(object? list);

    /// <summary>Text as it is, anything else as JSON; null for null.</summary>
    public abstract string? Text(object? value);

    /// <summary>A value that says itself what it is, such as a role.</summary>
    public abstract string? Word(object? value);

    /// <summary>A file as a URL that says its data, or what kind it is where the data is too long for that; null: it cannot be read.</summary>
    public abstract string? Data(object? bytes, string? mediaType);

    /// <summary>An object as its library writes it: names begin in lower case, what is null is left out.</summary>
    public abstract JsonText Json(object it);
}
