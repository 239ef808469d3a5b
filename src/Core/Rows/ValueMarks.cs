using System.Globalization;

namespace Braintrust.Logging.Rows;

/// <summary>What stands in a value where something could not be kept.</summary>
static class ValueMarks
{
    public const string Redacted = "<redacted>";
    public const string Circular = "<circular reference>";
    public const string TooDeep = "<max depth exceeded>";
    public const string TooLarge = "<truncated: larger than 1 MiB>";
    public const string TooManyItems = "<truncated: more than 1000 items>";
    public const string TooManyErrors = "<truncated: more than 1000 errors>";

    /// <summary>The name of the member that holds a mark in an object.</summary>
    public const string Member = "…";

    /// <summary>The type only: an exception's message may hold what nobody meant to log.</summary>
    public static string Error(Exception exception) => $"<error: {exception.GetType().Name}>";

    public static string NotCaptured(object value) => $"<not captured: {value.GetType().Name}>";

    public static string TooManyBits(long bits) =>
        string.Create(CultureInfo.InvariantCulture, $"<truncated: an integer of {bits} bits>");

    public static string TruncatedText(int length) =>
        string.Create(CultureInfo.InvariantCulture, $"…[truncated, {length} characters in all]");

    public static string TruncatedBytes(int length) =>
        string.Create(CultureInfo.InvariantCulture, $"…[truncated, {length} bytes in all]");

    /// <summary>The text itself, or its beginning and a mark, together within the limit: cutting twice changes nothing.</summary>
    public static string Cut(string text, int limit)
    {
        if (text.Length <= limit)
            return text;
        string mark = TruncatedText(text.Length);
        return string.Concat(text.AsSpan(0, Keep(text, limit - mark.Length)), mark);
    }

    /// <summary>How many of the first characters can stay without parting a surrogate pair.</summary>
    public static int Keep(ReadOnlySpan<char> text, int limit)
    {
        if (limit <= 0)
            return 0;
        return limit < text.Length && char.IsSurrogatePair(text[limit - 1], text[limit]) ? limit - 1 : limit;
    }
}
