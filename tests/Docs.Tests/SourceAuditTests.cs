namespace Braintrust.Logging.Tests.Docs;

/// <summary>What the sources must not hold: nothing makes code or types of a configuration's text, nothing turns the check of certificates off.</summary>
public class SourceAuditTests
{
    [Theory, Trait("Row", "S08"), Trait("Row", "N20")]
    [InlineData("BinaryFormatter")]
    [InlineData("TypeNameHandling")]
    [InlineData("Type.GetType(")]
    [InlineData("Assembly.Load")]
    [InlineData("Activator.")]
    [InlineData("DynamicMethod")]
    [InlineData("CertificateValidationCallback")]
    [InlineData("DangerousAcceptAnyServerCertificateValidator")]
    [InlineData("GetTempPath")]
    public void TheSourcesDoWithout(string word)
    {
        var files = Directory.EnumerateFiles(Path.Combine(Repository.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(static file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)).ToList();
        Assert.True(files.Count > 100);
        Assert.DoesNotContain(files, file => File.ReadAllText(file).Contains(word, StringComparison.Ordinal));
    }
}
