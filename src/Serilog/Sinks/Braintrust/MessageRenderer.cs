using System.Globalization;
using System.Text;
using Braintrust.Logging.Rows;
using Serilog.Events;
using Serilog.Parsing;

namespace Serilog.Sinks.Braintrust;

/// <summary>
/// The message as people read it, in every culture the same: strings without quotes, structures as JSON, formats and alignments honoured.
/// Nothing in a template can make it throw, or make it long beyond measure.
/// </summary>
sealed class MessageRenderer : IDisposable
{
    const int WidestPadding = 1_000;
    const int LongestFormat = 64;
    const int LongestPrecision = 2;

    JsonBuffer? _json;

    public void Render(MessageTemplate template, IReadOnlyDictionary<string, LogEventPropertyValue> properties, StringBuilder into)
    {
        foreach (var token in template.Tokens)
        {
            if (into.Length > ValueLimits.StringChars)
            {
                into.Append("…[truncated]");
                return;
            }
            switch (token)
            {
                case TextToken text:
                    into.Append(text.Text);
                    break;
                case PropertyToken property when properties.TryGetValue(property.PropertyName, out var value):
                    Render(property, value, into);
                    break;
                default:
                    into.Append(token.ToString()); // a property that was not given stands as it was written
                    break;
            }
        }
    }

    public void Dispose() => _json?.Dispose();

    void Render(PropertyToken token, LogEventPropertyValue value, StringBuilder into)
    {
        var start = into.Length;
        if (value is ScalarValue scalar)
        {
            Append(scalar.Value, token.Format, into);
        }
        else
        {
            _json ??= new JsonBuffer();
            _json.Clear();
            PropertyWriter.Write(value, _json);
            into.Append(Encoding.UTF8.GetString(_json.Written));
        }
        if (token.Alignment is { } alignment)
        {
            Pad(alignment, start, into);
        }
    }

    static void Append(object? value, string? format, StringBuilder into)
    {
        switch (value)
        {
            case null:
                into.Append("null");
                break;
            case string text:
                into.Append(ValueMarks.Cut(text, ValueLimits.StringChars));
                break;
            case IFormattable when ValueLeaf.IsImmutable(value) && !(value is Enum && format is null):
                AppendFormatted(value, IsExcessive(format) ? null : format, into);
                break;
            case bool or char:
                into.Append(value);
                break;
            default:
                into.Append(Values.Text(value));
                break;
        }
    }

    static void AppendFormatted(object value, string? format, StringBuilder into)
    {
        try
        {
            var text = new StringBuilder.AppendInterpolatedStringHandler(0, 1, into, CultureInfo.InvariantCulture);
            text.AppendFormatted(value, format: format);
        }
        catch (FormatException) // a format that this type does not have
        {
            into.Append(Values.Text(value));
        }
    }

    /// <summary>A precision such as <c>D999999999</c> is a gigabyte of zeros.</summary>
    static bool IsExcessive(string? format) =>
        format is not null
        && (format.Length > LongestFormat
            || (format.Length > LongestPrecision + 1 && char.IsAsciiLetter(format[0]) && !format.AsSpan(1).ContainsAnyExceptInRange('0', '9')));

    static void Pad(Alignment alignment, int start, StringBuilder into)
    {
        var missing = Math.Min(alignment.Width, WidestPadding) - (into.Length - start);
        if (missing <= 0)
        {
            return;
        }
        if (alignment.Direction == AlignmentDirection.Right)
        {
            into.Insert(start, " ", missing);
        }
        else
        {
            into.Append(' ', missing);
        }
    }
}
