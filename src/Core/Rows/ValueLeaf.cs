using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Braintrust.Logging.Rows;

/// <summary>Tells what can be kept as it is from what must be walked.</summary>
static class ValueLeaf
{
    /// <summary>Whether the value can neither change nor run the application's code. <see cref="Values.Write"/> writes exactly these.</summary>
    public static bool IsImmutable(object? value) => value switch
    {
        null or string or JsonText or bool or int or long or double or decimal or float => true,
        DateTime or DateTimeOffset or TimeSpan or DateOnly or TimeOnly or Guid or Enum or char => true,
        byte or sbyte or short or ushort or uint or ulong or nint or nuint or Half or Int128 or UInt128 => true,
        BigInteger integer => integer.GetBitLength() <= ValueLimits.IntegerBits,
        Uri or Version or BraintrustAttachment => true,
        _ => false,
    };

    /// <summary>An immutable stand-in for the value, or the value itself if it has members or elements. Never throws.</summary>
    /// <param name="value">Anything.</param>
    /// <param name="frontEnd">Whose redactors apply, if any do.</param>
    /// <param name="isWithheld">Set if the value is classified.</param>
    public static object? Of(object? value, FrontEnd? frontEnd, ref bool isWithheld)
    {
        if (value is string text)
            return ValueMarks.Cut(text, ValueLimits.StringChars);
        if (IsImmutable(value))
            return value;
        // What follows runs the application's code, or reflection: both need stack.
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            return ValueMarks.TooDeep;
        try
        {
            return OfMutable(value!, frontEnd, ref isWithheld);
        }
        catch (Exception error)
        {
            return ValueMarks.Error(error);
        }
    }

    static object? OfMutable(object value, FrontEnd? frontEnd, ref bool isWithheld) => value switch
    {
        BigInteger integer => ValueMarks.TooManyBits(integer.GetBitLength()),
        DBNull => null,
        byte[] bytes => Base64(bytes),
        ArraySegment<byte> bytes => Base64(bytes),
        Memory<byte> bytes => Base64(bytes.Span),
        ReadOnlyMemory<byte> bytes => Base64(bytes.Span),
        // Embeddings come like this.
        Memory<float> numbers => numbers.ToArray(),
        ReadOnlyMemory<float> numbers => numbers.ToArray(),
        Memory<double> numbers => numbers.ToArray(),
        ReadOnlyMemory<double> numbers => numbers.ToArray(),
        JsonDocument document => OfElement(document.RootElement),
        JsonElement element => OfElement(element),
        JsonValue node => Of(node.GetValue<object>(), frontEnd, ref isWithheld),
        Exception or StringBuilder or Memory<char> or ReadOnlyMemory<char> or CultureInfo or Regex => ValueText.Of(value),
        MemberInfo or Assembly or Module or ParameterInfo => ValueText.Of(value),
        _ when MustNotBeRead(value) => ValueMarks.NotCaptured(value),
        _ => OfObject(value, frontEnd, ref isWithheld),
    };

    static object OfObject(object value, FrontEnd? frontEnd, ref bool isWithheld)
    {
        ObjectShape shape = ObjectShape.Of(value);
        isWithheld |= shape.HidesFromText;
        if (shape.Classifications is { } classifications)
            return Classified.Text(value, classifications, frontEnd);
        if (shape.IsAsyncSequence || shape.IsDeferred)
            return ValueMarks.NotCaptured(value);
        if (value is IEnumerable or ITuple)
            return value;
        if (shape.HidesFromText)
            return shape.Members.Length == 0 ? ValueMarks.Redacted : value;
        // A formattable type says itself how it reads: IPAddress, Complex, units and money types.
        return shape.Members.Length == 0 || shape.IsMemory || value is IFormattable ? ValueText.Of(value) : value;
    }

    // Reading these would block, query a database, consume the data, or open a handle.
    static bool MustNotBeRead(object value) => value
        is IQueryable or Task or ValueTask or CancellationToken or CancellationTokenSource
        or Stream or TextReader or TextWriter
        or Delegate or IServiceProvider or Thread or WaitHandle or SafeHandle or Pointer;

    static object? OfElement(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object or JsonValueKind.Array => element,
        JsonValueKind.String => ValueMarks.Cut(element.GetString()!, ValueLimits.StringChars),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => Values.NumberOf(Encoding.ASCII.GetBytes(element.GetRawText())),
        _ => null,
    };

    static string Base64(ReadOnlySpan<byte> bytes) => bytes.Length <= ValueLimits.BinaryBytes
        ? Convert.ToBase64String(bytes)
        : Convert.ToBase64String(bytes[..ValueLimits.BinaryBytes]) + ValueMarks.TruncatedBytes(bytes.Length);
}
