namespace Braintrust.Logging.Rows;

/// <summary>An exception as text: type, message, stack, inner exceptions; bounded, whatever the exception does.</summary>
static class ErrorText
{
    const int Limit = 64 * 1024;

    public static string Of(Exception exception)
    {
        try
        {
            var text = exception.ToString();
            return text.Length <= Limit ? text : string.Concat(text.AsSpan(0, Limit), $"…[truncated, {text.Length} characters in all]");
        }
        catch (Exception hostile)
        {
            return $"{exception.GetType()} (its text could not be read: {hostile.GetType()})";
        }
    }
}
