using System.Text.RegularExpressions;

namespace Braintrust.Logging.Tests.Docs;

/// <summary>docs/reliability.md names real tests, names all that claim a row, and leaves no row out.</summary>
public partial class ReliabilityTests
{
    // How many rows each part of the study has.
    static readonly (char Part, int Count)[] Parts = [('N', 23), ('Q', 13), ('D', 21), ('U', 9), ('L', 10), ('F', 5), ('S', 8)];

    static readonly Lazy<IReadOnlyList<Test>> Tests = new(() => [.. TestFiles().SelectMany(ReadTests)]);

    [Fact]
    public void NoRowIsMissingAndNoneWithoutATestUnlessItIsOpen()
    {
        var wanted = Parts.SelectMany(part => Enumerable.Range(1, part.Count).Select(number => $"{part.Part}{number:00}"));
        Assert.Equal(wanted, Rows().Select(row => row.Id));
        Assert.Equal([], from row in Rows() where row.Tests.Count == 0 && !Open().IsMatch(row.Text) select row.Id);
    }

    [Fact]
    public void EveryNamedTestExists()
    {
        var known = Tests.Value.Select(test => test.Name).ToHashSet();
        var named = Repository.Lines("docs/reliability.md").SelectMany(NamesIn).ToList();
        Assert.True(named.Count > 100);
        Assert.Equal([], named.Distinct().Except(known));
    }

    [Fact]
    public void EveryTestThatClaimsARowStandsInIt()
    {
        var rows = Rows().ToDictionary(row => row.Id, row => row.Tests);
        var claims = Tests.Value.SelectMany(test => test.Rows.Select(row => (Row: row, test.Name))).ToList();
        Assert.True(claims.Count > 80);
        Assert.Equal([], from claim in claims where !rows.TryGetValue(claim.Row, out var tests) || !tests.Contains(claim.Name) select claim);
    }

    static IEnumerable<(string Id, string Text, IReadOnlyList<string> Tests)> Rows() =>
        from line in Repository.Lines("docs/reliability.md")
        let row = Row().Match(line)
        where row.Success
        select (row.Groups[1].Value, line, (IReadOnlyList<string>)[.. NamesIn(line)]);

    static IEnumerable<string> NamesIn(string line) => TestName().Matches(line).Select(static match => match.Groups[1].Value);

    static IEnumerable<string> TestFiles() => Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*.cs", SearchOption.AllDirectories)
        .Where(static file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    /// <summary>Methods with a Fact or a Theory, and the rows that stand above them or above their class.</summary>
    static IEnumerable<Test> ReadTests(string file)
    {
        var (name, rows, ofClass, isTest) = ("", new List<string>(), new List<string>(), false);
        foreach (var line in File.ReadLines(file))
        {
            if (line.TrimStart().StartsWith('['))
            {
                isTest |= Attribute().IsMatch(line);
                rows.AddRange(Claim().Matches(line).Select(static match => match.Groups[1].Value));
            }
            else if (Class().Match(line) is { Success: true } type)
            {
                (name, ofClass, rows) = (type.Groups[1].Value, rows, []);
            }
            else if (isTest && Method().Match(line) is { Success: true } method)
            {
                yield return new Test($"{name}.{method.Groups[1].Value}", [.. ofClass, .. rows]);
                (rows, isTest) = ([], false);
            }
        }
    }

    sealed record Test(string Name, IReadOnlyList<string> Rows);

    [GeneratedRegex("""^\| ([A-Z]\d\d) \|""")]
    private static partial Regex Row();

    [GeneratedRegex("""\bspool\b|\bopen:""")]
    private static partial Regex Open();

    [GeneratedRegex("""`(\w+Tests\.\w+)`""")]
    private static partial Regex TestName();

    [GeneratedRegex("""\b(?:Package)?(Fact|Theory)\b""")]
    private static partial Regex Attribute();

    [GeneratedRegex("""Trait\("Row", "(\w+)"\)""")]
    private static partial Regex Claim();

    [GeneratedRegex("""^public (?:sealed |partial )*class (\w+)""")]
    private static partial Regex Class();

    [GeneratedRegex("""^    public (?:async )?(?:Task|void) (\w+)\(""")]
    private static partial Regex Method();
}
