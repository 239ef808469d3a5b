namespace Braintrust.Logging.Tests.Docs;

/// <summary>What a page shows is what a sample compiles: <c>// snippet: name</c> … <c>// end</c> in samples, <c>&lt;!-- snippet: name --&gt;</c> in pages.</summary>
public class SnippetTests
{
    const string Mark = "<!-- snippet: ";

    [Fact]
    public void EverySnippetOfThePagesIsCutFromASample()
    {
        var snippets = Snippets();
        foreach (var page in Repository.Pages)
        {
            foreach (var (name, code) in Shown(page))
            {
                Assert.True(snippets.TryGetValue(name, out var original), $"{Repository.Name(page)} shows '{name}', which no sample has.");
                Assert.Equal(original, code);
            }
        }
    }

    [Fact]
    public void EveryPieceOfCSharpInThePagesIsASnippet()
    {
        foreach (var page in Repository.Pages)
        {
            var lines = File.ReadAllLines(page);
            for (var i = 0; i < lines.Length; i++)
            {
                Assert.False(lines[i] == "```csharp" && !(i > 0 && lines[i - 1].StartsWith(Mark, StringComparison.Ordinal)), $"{Repository.Name(page)}, line {i + 1}");
            }
        }
    }

    static Dictionary<string, string> Snippets()
    {
        var snippets = new Dictionary<string, string>();
        foreach (var file in Repository.SampleFiles)
        {
            List<string>? body = null;
            var name = "";
            foreach (var line in File.ReadLines(file))
            {
                var text = line.Trim();
                if (text.StartsWith("// snippet: ", StringComparison.Ordinal))
                {
                    (name, body) = (text["// snippet: ".Length..], []);
                }
                else if (text == "// end" && body is not null)
                {
                    snippets.Add(name, Outdented(body));
                    body = null;
                }
                else
                {
                    body?.Add(line);
                }
            }
            Assert.True(body is null, $"{Repository.Name(file)}: the snippet '{name}' has no end.");
        }
        return snippets;
    }

    static IEnumerable<(string Name, string Code)> Shown(string page)
    {
        var lines = File.ReadAllLines(page);
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].StartsWith(Mark, StringComparison.Ordinal))
            {
                Assert.Equal("```csharp", lines[i + 1]);
                var code = lines.Skip(i + 2).TakeWhile(static line => line != "```");
                yield return (lines[i][Mark.Length..].Replace(" -->", "", StringComparison.Ordinal), string.Join('\n', code));
            }
        }
    }

    static string Outdented(List<string> lines)
    {
        var indent = lines.Where(static line => line.Length > 0).Min(static line => line.Length - line.TrimStart().Length);
        return string.Join('\n', lines.Select(line => line.Length == 0 ? line : line[indent..]));
    }
}
