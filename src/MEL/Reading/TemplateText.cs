using System.Globalization;
using System.Text;
using Braintrust.Logging.Rows;

namespace Braintrust.Extensions.Logging.Reading;

/// <summary>
/// A message rendered from what was captured, for a call whose own message cannot be used: the application's formatter asks classified objects for
/// their <c>ToString</c>, and a record's shows everything. Never throws.
/// </summary>
static class TemplateText
{
    /// <summary>A hole without a value stays as it is; without a template nothing can be said.</summary>
    public static string Of(string? template, Property[] properties)
    {
        if (template is null)
        {
            return ValueMarks.Redacted;
        }
        var text = new StringBuilder(template.Length + 32);
        for (var at = 0; at < template.Length; at++)
        {
            var isDouble = at + 1 < template.Length && template[at + 1] == template[at];
            if (template[at] is '{' or '}' && isDouble)
            {
                text.Append(template[at++]);
            }
            else if (template[at] == '{' && template.IndexOf('}', at) is var close and > 0)
            {
                Fill(template.AsSpan(at, close - at + 1), properties, text);
                at = close;
            }
            else
            {
                text.Append(template[at]);
            }
        }
        return ValueMarks.Cut(text.ToString(), ValueLimits.StringChars);
    }

    /// <param name="hole"><c>{Name,10:F2}</c>.</param>
    /// <param name="properties">Frozen.</param>
    /// <param name="text">Is added to.</param>
    static void Fill(ReadOnlySpan<char> hole, Property[] properties, StringBuilder text)
    {
        var inner = hole[1..^1].TrimStart("@$");
        var end = inner.IndexOfAny(',', ':');
        var name = end < 0 ? inner : inner[..end];
        foreach (var property in properties)
        {
            if (!name.Equals(FieldNames.Plain(property.Name), StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }
            try
            {
                text.AppendFormat(CultureInfo.InvariantCulture, end < 0 ? "{0}" : $"{{0{inner[end..]}}}", property.Value ?? "(null)");
            }
            catch (FormatException)
            {
                text.Append(Values.Text(property.Value));
            }
            return;
        }
        text.Append(hole);
    }
}
