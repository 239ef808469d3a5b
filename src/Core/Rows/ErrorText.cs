namespace Braintrust.Logging.Rows;

/// <summary>An exception as text: type, message, stack, inner exceptions; bounded, whatever the exception does.</summary>
static class ErrorText
{
    const int Limit = 64 * 1024;

    /// <summary>Read as a value would be: <see cref="Exception.ToString"/> of a chain of 30,000 takes half a minute.</summary>
    public static string Of(Exception exception) => Of(ValueText.Of(exception));

    /// <summary>An exception that somebody else has made text of.</summary>
    public static string Of(string text) => ValueMarks.Cut(text, Limit);
}
