using System.Globalization;
using System.Text;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Attachments;

/// <summary>Names of files as people may be shown them, wherever they come from.</summary>
static class FileNames
{
    public const string Nameless = "attachment";

    const int Longest = 255;

    /// <summary>Without directories, which tell about a machine, and without characters that nobody can see.</summary>
    public static string Plain(string name)
    {
        var last = name[(name.LastIndexOfAny(['/', '\\']) + 1)..];
        var plain = new StringBuilder(Math.Min(last.Length, Longest));
        foreach (var rune in last.EnumerateRunes()) // a lone surrogate becomes U+FFFD, as it would in JSON
        {
            var isSeen = Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
            plain.Append(isSeen ? rune.ToString() : "_");
            if (plain.Length > 2 * Longest)
            {
                break;
            }
        }
        var text = plain.ToString().Trim();
        return text is "" or "." or ".." ? Nameless : Cut(text);
    }

    /// <summary>A long name keeps its extension.</summary>
    static string Cut(string name)
    {
        if (name.Length <= Longest)
        {
            return name;
        }
        var extension = Path.GetExtension(name);
        var keep = Longest - (extension.Length <= 16 ? extension.Length : 0);
        return string.Concat(name.AsSpan(0, ValueMarks.Keep(name, keep)), keep < Longest ? extension : "");
    }
}
