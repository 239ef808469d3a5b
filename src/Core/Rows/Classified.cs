using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json.Serialization;

namespace Braintrust.Logging.Rows;

/// <summary>
/// Data that Microsoft.Extensions.Compliance's attributes classify, on a type, a property, a field or a record's parameter. The core has only the base
/// class library, so it knows them by the full name of their base; whatever it cannot read of one counts as classified.
/// </summary>
static class Classified
{
    const string Base = "Microsoft.Extensions.Compliance.Classification.DataClassificationAttribute";

    const int Deep = 3;

    const BindingFlags Own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    // Set while a redactor works on this thread.
    [ThreadStatic]
    static bool _isRedacting;

    /// <summary>What may stand in a value's place: the word of the application's redactor, if it has one for this front end, else a mark.</summary>
    public static string Text(object value, Attribute[] classifications, FrontEnd? frontEnd)
    {
        if (frontEnd is null || _isRedacting) // a redactor that logs what it is given would never end
        {
            return ValueMarks.Redacted;
        }
        _isRedacting = true;
        try
        {
            return frontEnd.Redact(value, classifications) is { } text ? ValueMarks.Cut(text, ValueLimits.StringChars) : ValueMarks.Redacted;
        }
        catch (Exception error) // the application's redactor, or the value
        {
            BraintrustDiagnostics.Warn("redaction", $"A value could not be redacted and was left out: {error.GetType()}.", 1);
            return ValueMarks.Redacted;
        }
        finally
        {
            _isRedacting = false;
        }
    }

    /// <summary>The classifications of all objects of a type: its own, its bases' and its interfaces'. Null: none.</summary>
    public static Attribute[]? OfType(Type type, Type[] interfaces)
    {
        List<Attribute>? found = null;
        Add(Attribute.GetCustomAttributes(type, inherit: true), ref found);
        foreach (var one in interfaces)
        {
            Add(Attribute.GetCustomAttributes(one, inherit: false), ref found);
        }
        return found?.ToArray();
    }

    /// <summary>
    /// A property's classifications, wherever the language lets them be written: on it or what it overrides, on its field (<c>[field: …]</c>), on the parameter
    /// that a record makes it from, on the interface's property that it implements. Null: none.
    /// </summary>
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "What nobody else uses may be trimmed, and the attributes on it: a classified property of a record is kept with its parameter.")]
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "As above.")]
    [UnconditionalSuppressMessage("Trimming", "IL2065", Justification = "As above.")]
    public static Attribute[]? OfProperty(PropertyInfo property, Type type, Type[] interfaces)
    {
        List<Attribute>? found = null;
        Add(Attribute.GetCustomAttributes(property, inherit: true), ref found);
        if (property.DeclaringType?.GetField($"<{property.Name}>k__BackingField", Own) is { } field)
        {
            Add(Attribute.GetCustomAttributes(field), ref found);
        }
        for (var level = type; level is not null && level != typeof(object); level = level.BaseType)
        {
            foreach (var constructor in level.GetConstructors(Own))
            {
                foreach (var parameter in constructor.GetParameters())
                {
                    if (parameter.Name == property.Name)
                    {
                        Add(Attribute.GetCustomAttributes(parameter, inherit: false), ref found);
                    }
                }
            }
        }
        foreach (var one in interfaces)
        {
            foreach (var implemented in one.GetProperties())
            {
                if (implemented.Name == property.Name)
                {
                    Add(Attribute.GetCustomAttributes(implemented, inherit: false), ref found);
                }
            }
        }
        return found?.ToArray();
    }

    /// <summary>
    /// Whether the type's own text could show what is classified: any member is, even one that is not captured. Of those that are captured, the capture sees
    /// for itself what is in them; into the others this looks, a few levels deep.
    /// </summary>
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "A member that was trimmed is in no text either.")]
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "As above.")]
    public static bool HasMember(Type type, Type[] interfaces, int depth = Deep)
    {
        if (type.Assembly == typeof(object).Assembly)
        {
            return false;
        }
        for (var level = type; level is not null && level != typeof(object); level = level.BaseType)
        {
            if (Array.Exists(level.GetFields(Own), field => Array.Exists(Attribute.GetCustomAttributes(field), IsClassifying) || (field.IsPublic && Holds(field.FieldType, depth)))
                || Array.Exists(level.GetProperties(Own), property =>
                    OfProperty(property, level, interfaces) is not null || (property.IsDefined(typeof(JsonIgnoreAttribute)) && Holds(property.PropertyType, depth))))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Whether an object of that type may be or have something classified.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "As above.")]
    public static bool Holds(Type type, int depth = Deep) => depth > 0 && type.GetInterfaces() is var interfaces
        && (OfType(type, interfaces) is not null || HasMember(type, interfaces, depth - 1));

    static void Add(Attribute[] attributes, ref List<Attribute>? found)
    {
        foreach (var attribute in attributes)
        {
            if (IsClassifying(attribute))
            {
                (found ??= []).Add(attribute);
            }
        }
    }

    static bool IsClassifying(Attribute attribute)
    {
        for (var type = attribute.GetType(); type is not null; type = type.BaseType)
        {
            if (type.FullName == Base)
            {
                return !SaysNone(type, attribute);
            }
        }
        return false;
    }

    /// <summary><c>[NoDataClassification]</c> and its like: looked at, and found to need no protection.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "Properties that were trimmed read as null: then it counts as classified.")]
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "As above.")]
    static bool SaysNone(Type type, Attribute attribute) =>
        type.GetProperty("Classification") is { } property
        && property.GetValue(attribute) is { } classification
        && classification.Equals(property.PropertyType.GetProperty("None")?.GetValue(null));
}
