using System.Globalization;
using System.Numerics;
using Braintrust.Logging.Attachments;

namespace Braintrust.Logging.Rows;

/// <summary>
/// Values on their way from a log call to a row. A <em>frozen</em> value is null, an immutable scalar or a <see cref="JsonText"/>:
/// it can wait in the queue, and writing it runs none of the application's code.
/// </summary>
static partial class Values
{
    /// <summary>Copies what could change after the log call. Never throws; what cannot be kept becomes one of <see cref="ValueMarks"/>.</summary>
    public static object? Freeze(object? value, FrontEnd? frontEnd = null)
    {
        bool isWithheld = false;
        return Freeze(value, frontEnd, ref isWithheld);
    }

    /// <inheritdoc cref="Freeze(object?, FrontEnd?)"/>
    /// <param name="value">Anything.</param>
    /// <param name="frontEnd">Whose redactors apply to what is classified; without one, a mark stands for it.</param>
    /// <param name="isWithheld">Set if anything in it is classified: then the application's own text of it must not be used.</param>
    public static object? Freeze(object? value, FrontEnd? frontEnd, ref bool isWithheld)
    {
        object? leaf = ValueLeaf.Of(value, frontEnd, ref isWithheld);
        return ValueLeaf.IsImmutable(leaf) ? leaf : ValueCapture.Of(leaf!, frontEnd, ref isWithheld);
    }

    /// <summary>The same, but text stays whole where it is JSON that has yet to be read: messages may be long, and half of them are none.</summary>
    public static object? FreezeReadable(object? value) => value is string { Length: <= ChatMessages.ReadableChars } text ? text : Freeze(value);

    public static void Write(object? frozen, JsonBuffer json)
    {
        switch (frozen)
        {
            case null: json.Null(); break;
            case string text: json.String(text, ValueLimits.StringChars); break;
            case JsonText text: json.Raw(text); break;
            case BraintrustAttachment attachment: AttachmentReference.Write(attachment, json); break;
            case bool flag: json.Bool(flag); break;
            case int number: json.Number(number); break;
            case long number: json.Number(number); break;
            case double number: json.Number(number); break;
            case decimal number: json.Number(number); break;
            case float number: json.Number(number); break;
            case DateTime time: json.Quoted(time, "O"); break;
            case DateTimeOffset time: json.Quoted(time, "O"); break;
            case TimeSpan time: json.Quoted(time, "c"); break;
            case DateOnly date: json.Quoted(date, "O"); break;
            case TimeOnly time: json.Quoted(time, "O"); break;
            case Guid id: json.GuidString(id); break;
            case byte number: json.Number((int)number); break;
            case sbyte number: json.Number((int)number); break;
            case short number: json.Number((int)number); break;
            case ushort number: json.Number((int)number); break;
            case uint number: json.Number((long)number); break;
            case ulong number: json.Number(number); break;
            case nint number: json.Number((long)number); break;
            case nuint number: json.Number((ulong)number); break;
            case Half number: json.Number(number); break;
            case Int128 number: json.Number(number); break;
            case UInt128 number: json.Number(number); break;
            case BigInteger number when ValueLeaf.IsImmutable(frozen): json.Number(number); break;
            case Enum or char or Uri or Version: json.String(Text(frozen), ValueLimits.StringChars); break;
            default: Write(Freeze(frozen), json); break;
        }
    }

    /// <summary>The value as people read it, the same in every culture; null is <c>null</c>.</summary>
    public static string Text(object? frozen) => frozen switch
    {
        null => "null",
        string text => text,
        DateTime time => time.ToString("O", CultureInfo.InvariantCulture),
        DateTimeOffset time => time.ToString("O", CultureInfo.InvariantCulture),
        TimeSpan time => time.ToString("c", CultureInfo.InvariantCulture),
        DateOnly date => date.ToString("O", CultureInfo.InvariantCulture),
        TimeOnly time => time.ToString("O", CultureInfo.InvariantCulture),
        Uri uri => uri.OriginalString,
        Enum name => NameOf(name),
        JsonText or BraintrustAttachment or Version or bool or char => frozen.ToString()!,
        IFormattable number when ValueLeaf.IsImmutable(frozen) => number.ToString(null, CultureInfo.InvariantCulture),
        _ => Text(Freeze(frozen)),
    };

    // A value without a name prints as a number, with the culture's minus sign.
    static string NameOf(Enum value)
    {
        string text = value.ToString();
        if (value.GetTypeCode() is not (TypeCode.SByte or TypeCode.Int16 or TypeCode.Int32 or TypeCode.Int64))
            return text;
        long number = ((IConvertible)value).ToInt64(CultureInfo.InvariantCulture);
        return number < 0 && text == number.ToString((IFormatProvider?)null) ? number.ToString(CultureInfo.InvariantCulture) : text;
    }
}
