using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Braintrust.Logging.Rows;

namespace Braintrust.Extensions.Logging.Reading;

/// <summary>
/// A message template that cannot be misunderstood: text and simple holes, <c>{Name}</c>, <c>{Name,10}</c>, <c>{Name:F2}</c>. It renders as the framework does,
/// by position, in the invariant culture. Templates with doubled or lone braces are left to the framework itself.
/// </summary>
sealed class MessageTemplate
{
    // Who makes templates up at run time has any number: then all are forgotten, and those in use come back.
    const int Limit = 1024;

    static readonly ConcurrentDictionary<string, MessageTemplate?> Known = new(StringComparer.Ordinal);
    static int _known;

    // By reference, before the dictionary has to hash: a template is a literal, the same object in every call.
    static readonly MessageTemplate?[] Recent = new MessageTemplate?[256];

    readonly CompositeFormat _format;

    MessageTemplate(string text, Property[] holes, CompositeFormat format)
    {
        Text = text;
        Holes = holes;
        _format = format;
    }

    public string Text { get; }

    /// <summary>What stands in braces, in order; without values.</summary>
    public Property[] Holes { get; }

    /// <summary>Null: not so simple.</summary>
    public static MessageTemplate? Of(string text)
    {
        ref var recent = ref Recent[RuntimeHelpers.GetHashCode(text) & (Recent.Length - 1)];
        if (recent is { } template && ReferenceEquals(template.Text, text))
        {
            return template;
        }
        if (!Known.TryGetValue(text, out template))
        {
            if (Interlocked.Increment(ref _known) > Limit)
            {
                Known.Clear();
                Volatile.Write(ref _known, 1);
            }
            template = Known.GetOrAdd(text, Parse);
        }
        if (template is not null && ReferenceEquals(template.Text, text))
        {
            recent = template;
        }
        return template;
    }

    /// <summary>What the framework's formatter says of these values, with the same limit and the same words for what cannot be formatted.</summary>
    public void Render(object?[] values, StringBuilder into)
    {
        var before = into.Length;
        try
        {
            into.AppendFormat(CultureInfo.InvariantCulture, _format, Shown(values));
        }
        catch (FormatException error) // {Count:Q}
        {
            into.Length = before;
            into.Append(Text).Append(' ').Append(ValueMarks.Error(error));
        }
        if (into.Length - before > ValueLimits.StringChars)
        {
            var whole = into.ToString(before, into.Length - before);
            into.Length = before;
            into.Append(ValueMarks.Cut(whole, ValueLimits.StringChars));
        }
    }

    /// <summary>The same for a short text that is wanted at once.</summary>
    public string Render(object?[] values)
    {
        try
        {
            return string.Format(CultureInfo.InvariantCulture, _format, Shown(values));
        }
        catch (FormatException error)
        {
            return $"{Text} {ValueMarks.Error(error)}";
        }
    }

    static object?[] Shown(object?[] values) => Array.IndexOf(values, null) < 0 ? values : Array.ConvertAll(values, static value => value ?? "(null)");

    static MessageTemplate? Parse(string text)
    {
        var holes = new List<Property>();
        var format = new StringBuilder(text.Length);
        var rest = text.AsSpan();
        while (rest.IndexOfAny('{', '}') is var open && open >= 0)
        {
            var length = rest[(open + 1)..].IndexOfAny('{', '}');
            if (rest[open] == '}' || length < 0 || rest[open + 1 + length] == '{')
            {
                return null;
            }
            var hole = rest.Slice(open + 1, length);
            var end = hole.IndexOfAny(',', ':') is var at && at < 0 ? hole.Length : at;
            var name = hole[..end].ToString();
            format.Append(rest[..open]).Append(CultureInfo.InvariantCulture, $"{{{holes.Count}{hole[end..]}}}");
            holes.Add(new Property(name, null, TemplateHoles.Names(text, name)));
            rest = rest[(open + length + 2)..];
        }
        format.Append(rest);
        try
        {
            return new(text, [.. holes], CompositeFormat.Parse(format.ToString()));
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
