using System.Globalization;
using System.Text;

namespace Braintrust.Logging.Rows;

/// <summary>The text of an object that says itself what it is. Never throws.</summary>
static class ValueText
{
    const int InnerDepth = 100;
    const int InnerCount = 1_000;

    public static string Of(object value)
    {
        try
        {
            string? text = value switch
            {
                Exception exception => OfException(exception),
                IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
                _ => value.ToString(),
            };
            return ValueMarks.Cut(text ?? "", ValueLimits.StringChars);
        }
        catch (Exception error)
        {
            return ValueMarks.Error(error);
        }
    }

    static string OfException(Exception exception)
    {
        int count = InnerCount;
        if (!IsBounded(exception, InnerDepth, ref count))
            return Summary(exception);
        try
        {
            return exception.ToString();
        }
        catch (Exception error)
        {
            return $"{exception.GetType()}: {ValueMarks.Error(error)}";
        }
    }

    // Exception.ToString recurses into every inner exception: a long chain ends the process, shared aggregates never end.
    static bool IsBounded(Exception exception, int depth, ref int count)
    {
        if (depth == 0 || --count < 0)
            return false;
        if (exception is not AggregateException aggregate)
            return exception.InnerException is not { } inner || IsBounded(inner, depth - 1, ref count);
        foreach (Exception inner in aggregate.InnerExceptions)
        {
            if (!IsBounded(inner, depth - 1, ref count))
                return false;
        }
        return true;
    }

    static string Summary(Exception exception)
    {
        var text = new StringBuilder();
        Exception? next = exception;
        for (int left = InnerDepth; left > 0 && next is not null; left--, next = next.InnerException)
            text.Append(next.GetType()).Append(": ").Append(MessageOf(next)).Append("\n ---> ");
        return text.Append("…[truncated, more inner exceptions]").ToString();
    }

    // An aggregate builds its message from those of all inner exceptions, recursively.
    static string MessageOf(Exception exception)
    {
        try
        {
            return exception is AggregateException ? "" : ValueMarks.Cut(exception.Message, ValueLimits.NameChars);
        }
        catch (Exception error)
        {
            return ValueMarks.Error(error);
        }
    }
}
