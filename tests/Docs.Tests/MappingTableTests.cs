using System.Text.RegularExpressions;

namespace Braintrust.Logging.Tests.Docs;

/// <summary>docs/mapping.md names exactly what the mapper knows.</summary>
public partial class MappingTableTests
{
    [Fact]
    public void TheTableOfPropertiesNamesWhatTheMapperKnows() =>
        Assert.Equal(InCode("src/Core/Rows/FieldNames.cs", KnownName()), InTable("## Properties", PlainName()));

    [Fact]
    public void TheTableOfGenAiNamesNamesWhatTheMapperKnows() =>
        Assert.Equal(InCode("src/Core/Rows/GenAi.cs", GenAiArm()), InTable("## OpenTelemetry", GenAiName()));

    static SortedSet<string> InCode(string file, Regex name) =>
        [.. Repository.Lines(file).SelectMany(line => name.Matches(line)).SelectMany(static match => match.Groups[1].Captures).Select(static capture => capture.Value)];

    /// <summary>The names in the first column of the table below a heading.</summary>
    static SortedSet<string> InTable(string heading, Regex name) =>
        [.. Repository.Lines("docs/mapping.md")
            .SkipWhile(line => !line.StartsWith(heading, StringComparison.Ordinal)).Skip(1)
            .TakeWhile(static line => !line.StartsWith("## ", StringComparison.Ordinal))
            .Where(static line => line.StartsWith("| ", StringComparison.Ordinal))
            .SelectMany(line => name.Matches(line.Split('|')[1]))
            .Select(static match => match.Groups[1].Value)];

    [GeneratedRegex("""^\s+\["(\w+)"\] = Field\.""")]
    private static partial Regex KnownName();

    [GeneratedRegex("""^\s+(?:(?: or )?"([a-z_.]+)")+ => (?!SpanTypes)""")]
    private static partial Regex GenAiArm();

    [GeneratedRegex("""`([A-Za-z]+)`""")]
    private static partial Regex PlainName();

    [GeneratedRegex("""`gen_ai\.([a-z_.]+)`""")]
    private static partial Regex GenAiName();
}
