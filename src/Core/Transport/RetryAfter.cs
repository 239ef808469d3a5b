using System.Globalization;
using System.Net.Http.Headers;

namespace Braintrust.Logging.Transport;

/// <summary>How long the server asks us to wait, in whatever form it says so, within what we are willing to wait.</summary>
static class RetryAfter
{
    public static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    /// <summary>The longest of the waits asked for; null when none of the texts is one.</summary>
    public static TimeSpan? Parse(IReadOnlyList<string> headers, DateTimeOffset now)
    {
        TimeSpan? longest = null;
        foreach (var header in headers)
        {
            if (Seconds(header.Trim(), now) is { } seconds && (longest is null || seconds > longest.Value.TotalSeconds))
                longest = TimeSpan.FromSeconds(seconds);
        }
        return longest;
    }

    static double? Seconds(string text, DateTimeOffset now)
    {
        const NumberStyles plain = NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign;
        if (text.Length > 0 && char.IsAsciiDigit(text[^1]) && double.TryParse(text, plain, CultureInfo.InvariantCulture, out var seconds))
            return Clamped(seconds); // the digit at the end keeps out the words NaN and Infinity
        return RetryConditionHeaderValue.TryParse(text, out var header) && header.Date is { } date ? Clamped((date - now).TotalSeconds) : null;
    }

    // As a number: ten to the twelfth and infinity do not fit a TimeSpan.
    static double Clamped(double seconds) => Math.Clamp(seconds, Shortest.TotalSeconds, Longest.TotalSeconds);
}
