using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;

namespace Braintrust.Logging.Rows;

/// <summary>What has to be known about a type to capture its objects. Found once per type; does not keep the type from unloading.</summary>
sealed class ObjectShape
{
    static readonly ConditionalWeakTable<Type, ObjectShape> Shapes = [];

    ObjectShape(Type type)
    {
        Type[] interfaces = InterfacesOf(type);
        Classifications = Classified.OfType(type, interfaces);
        IsMap = Array.Exists(interfaces, IsPairSequence);
        IsAsyncSequence = Array.Exists(interfaces, candidate => IsA(candidate, typeof(IAsyncEnumerable<>)));
        // Reading these would block, or run code that the application has not run yet.
        IsDeferred = IsA(type, typeof(Lazy<>)) || IsA(type, typeof(ValueTask<>));
        // The text of what is deferred is that of its value, once there is one.
        HidesFromText = Classifications is not null || Classified.HasMember(type, interfaces)
            || (IsDeferred && Array.Exists(type.GenericTypeArguments, static inner => Classified.Holds(inner)));
        IsMemory = IsA(type, typeof(Memory<>)) || IsA(type, typeof(ReadOnlyMemory<>));
        Members = MembersOf(type, interfaces);
        Chat = ChatType.Of(type, Members);
        Discriminator = ChatType.Discriminator(type);
    }

    /// <summary>A sequence of key-value pairs.</summary>
    public bool IsMap { get; }

    public bool IsAsyncSequence { get; }

    public bool IsDeferred { get; }

    public bool IsMemory { get; }

    public ObjectMember[] Members { get; }

    /// <summary>What it is to a chat, if it is of a library that calls models.</summary>
    public ChatType? Chat { get; }

    /// <inheritdoc cref="ChatType.Discriminator"/>
    public string? Discriminator { get; }

    /// <summary>All objects of the type are classified; null: not as such.</summary>
    public Attribute[]? Classifications { get; }

    /// <summary>Something in it is classified, so its <c>ToString</c> must not be asked.</summary>
    public bool HidesFromText { get; }

    public static ObjectShape Of(object value) => Shapes.GetValue(value.GetType(), static type => new ObjectShape(type));

    public ObjectMember? Find(string property) => Array.Find(Members, member => member.Property == property);

    static bool IsA(Type type, Type definition) => type.IsGenericType && type.GetGenericTypeDefinition() == definition;

    static bool IsPairSequence(Type type) =>
        IsA(type, typeof(IEnumerable<>)) && IsA(type.GenericTypeArguments[0], typeof(KeyValuePair<,>));

    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification =
        "The value exists, so its interfaces do. One that nobody uses may be trimmed: a list of pairs is then written as a list.")]
    static Type[] InterfacesOf(Type type) => type.GetInterfaces();

    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification =
        "A property that nobody else reads may be trimmed: it is then missing from the captured value, and nothing else changes.")]
    static ObjectMember[] MembersOf(Type type, Type[] interfaces)
    {
        var members = new List<ObjectMember>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        PropertyInfo[] properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance);
        bool isMessage = IsMessage(properties);
        // Derived types come first, so a property that hides another one wins.
        foreach (PropertyInfo property in properties)
        {
            if (!IsReadable(property) || !names.Add(property.Name))
                continue;
            JsonIgnoreCondition? ignore = property.GetCustomAttribute<JsonIgnoreAttribute>()?.Condition;
            if (ignore == JsonIgnoreCondition.Always)
                continue;
            string name = property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name
                ?? (isMessage ? ChatNames.Of(property.Name) : property.Name);
            bool omitNull = ignore is JsonIgnoreCondition.WhenWritingNull or JsonIgnoreCondition.WhenWritingDefault;
            members.Add(new ObjectMember(property, name, omitNull, Classified.OfProperty(property, type, interfaces)) { IsRole = isMessage && property.Name == ChatNames.Role });
        }
        return [.. members];
    }

    static bool IsMessage(PropertyInfo[] properties) =>
        Array.Exists(properties, static property => property.Name == ChatNames.Role && (property.PropertyType == typeof(string) || (Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType).IsEnum))
        && Array.Exists(properties, static property => property.Name == ChatNames.Content);

    static bool IsReadable(PropertyInfo property) =>
        property.GetMethod is { IsPublic: true }
        && property.GetIndexParameters().Length == 0
        && property.PropertyType is { IsByRefLike: false, IsByRef: false, IsPointer: false, IsFunctionPointer: false };
}

sealed class ObjectMember
{
    readonly PropertyInfo _property;
    readonly byte[] _rawName;

    public ObjectMember(PropertyInfo property, string name, bool omitNull, Attribute[]? classifications)
    {
        Classifications = classifications;
        _property = property;
        OmitNull = omitNull;
        using var json = new JsonBuffer(name.Length + 8);
        json.Name(ValueMarks.Cut(name, ValueLimits.NameChars));
        _rawName = json.Written.ToArray();
    }

    public string Property => _property.Name;

    public ReadOnlySpan<byte> RawName => _rawName;

    public bool OmitNull { get; }

    public Attribute[]? Classifications { get; }

    /// <summary>Whether it says who speaks in a chat message.</summary>
    public bool IsRole { get; init; }

    /// <summary>Throws what the getter throws.</summary>
    public object? Read(object owner) => _property.GetValue(owner, BindingFlags.DoNotWrapExceptions, null, null, null);
}
