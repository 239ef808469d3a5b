using Braintrust.Logging.Configuration;

namespace Braintrust.Logging.Tests.Configuration;

public sealed class EnvironmentFileTests : IDisposable
{
    readonly TemporaryFolder tree = new();

    [Fact]
    public void AFileInAParentIsFound()
    {
        tree.Write("", "BRAINTRUST_API_KEY=above");
        Assert.Equal("above", From(tree.Folder("a/b/c")).Find("BRAINTRUST_API_KEY"));
    }

    [Theory]
    [InlineData("BRAINTRUST_ORG_NAME=other")]
    [InlineData("BRAINTRUST_API_KEY='  '")]
    [InlineData("this is no dotenv file")]
    [InlineData("")]
    public void TheNearestFileEndsTheSearchEvenWithoutTheValue(string nearest)
    {
        tree.Write("", "BRAINTRUST_API_KEY=above");
        tree.Folder("near");
        tree.Write("near", nearest);
        Assert.Null(From(tree.Folder("near/deeper")).Find("BRAINTRUST_API_KEY"));
    }

    [Fact]
    public void OnlyTheEightNamesExist()
    {
        tree.Write("", "BRAINTRUST_API_KEY=k\nPATH=evil\nBRAINTRUST_APP_PUBLIC_URL=https://evil.example");
        var file = From(tree.Path);
        Assert.Equal("k", file.Find("BRAINTRUST_API_KEY"));
        Assert.Null(file.Find("PATH"));
        Assert.Null(file.Find("BRAINTRUST_APP_PUBLIC_URL"));
        Assert.Equal(8, EnvironmentVariables.AllowedInFile.Count);
    }

    [Theory]
    [InlineData(64, "top")]
    [InlineData(65, null)]
    public void TheSearchLooksAt65Folders(int depth, string? found)
    {
        tree.Write("", "BRAINTRUST_API_KEY=top");
        var deep = tree.Folder(string.Join('/', Enumerable.Repeat("d", depth)));
        Assert.Equal(found, From(deep).Find("BRAINTRUST_API_KEY"));
    }

    [Fact]
    public void AFolderOfThatNameIsNoFile()
    {
        tree.Write("", "BRAINTRUST_API_KEY=above");
        tree.Folder("a/.env.braintrust");
        Assert.Equal("above", From(tree.Folder("a")).Find("BRAINTRUST_API_KEY"));
    }

    [Fact]
    public void ADirectoryThatCannotBeToldIsNotFound() =>
        Assert.Null(new EnvironmentFile(() => throw new UnauthorizedAccessException()).Find("BRAINTRUST_API_KEY"));

    [Fact]
    public void AFileTooLargeToBeOneIsNotRead()
    {
        tree.Write("", "BRAINTRUST_API_KEY=k\n#" + new string('x', 1024 * 1024));
        Assert.Null(From(tree.Path).Find("BRAINTRUST_API_KEY"));
    }

    static EnvironmentFile From(string folder) => new(() => folder);

    public void Dispose() => tree.Dispose();
}
