using System.Text;
using System.Text.RegularExpressions;

namespace Braintrust.Logging.Tests.Docs;

/// <summary>Every link within the repository leads somewhere: to a file or folder that is there, and to a heading that it has.</summary>
public partial class LinkTests
{
    [Fact]
    public void EveryRelativeLinkResolvesAndSoDoesItsAnchor()
    {
        var dead = new List<string>();
        var links = 0;
        foreach (var page in Pages())
        {
            foreach (Match link in Link().Matches(WithoutCode(File.ReadAllText(page))))
            {
                var target = link.Groups[1].Value;
                if (target.Contains("://", StringComparison.Ordinal) || target.StartsWith("mailto:", StringComparison.Ordinal))
                {
                    continue;
                }
                links++;
                var parts = target.Split('#', 2);
                var file = parts[0].Length == 0 ? page : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page)!, Uri.UnescapeDataString(parts[0])));
                if (!File.Exists(file) && !Directory.Exists(file))
                {
                    dead.Add($"{Repository.Name(page)}: {target}");
                }
                else if (parts.Length == 2 && !Anchors(file).Contains(parts[1]))
                {
                    dead.Add($"{Repository.Name(page)}: {target} (no such heading)");
                }
            }
        }
        Assert.True(links > 50);
        Assert.Equal([], dead);
    }

    static IEnumerable<string> Pages() => Directory.EnumerateFiles(Repository.Root, "*.md").Concat(Repository.Pages)
        .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "benchmarks"), "*.md")).Distinct();

    /// <summary>As GitHub makes them of headings: lower case, without punctuation, blanks as hyphens.</summary>
    static HashSet<string> Anchors(string file) => [.. WithoutCode(File.ReadAllText(file)).Split('\n').Where(static line => line.StartsWith('#')).Select(static line =>
    {
        var anchor = new StringBuilder();
        foreach (var c in Target().Replace(line.TrimStart('#').Trim(), "$1").ToLowerInvariant())
        {
            anchor.Append(char.IsLetterOrDigit(c) || c is '-' or '_' ? c : c == ' ' ? '-' : null);
        }
        return anchor.ToString();
    })];

    static string WithoutCode(string text) => Fence().Replace(text, "");

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"\[([^\]]*)\]\([^)]*\)")]
    private static partial Regex Target();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fence();
}
