using Braintrust.Logging.Configuration;

namespace Braintrust.Logging.Tests.Configuration;

public class DotEnvTests
{
    [Theory]
    [InlineData("A=b", "b")]
    [InlineData("export A=b", "b")]
    [InlineData("  export\tA = b  ", "b")]
    [InlineData("A=", "")]
    [InlineData("A=b # a comment", "b")]
    [InlineData("A=b#no-comment", "b#no-comment")]
    [InlineData("A=#comment", "")]
    [InlineData("A='b # c' # comment", "b # c")]
    [InlineData("A=\"b\\n\\\"c\\\"\"", "b\n\"c\"")]
    [InlineData("A='b\\n'", "b\\n")]
    [InlineData("A=' b '", " b ")]
    [InlineData("A=$HOME`id`", "$HOME`id`")]
    [InlineData("# first\r\n\r\nB=1\r\nA=b\r\n", "b")]
    [InlineData("A=first\nA=second", "second")]
    [InlineData("B='two\nlines'\nA=b", "b")]
    [InlineData("\uFEFFA=b", "b")]
    public void AValueIsReadAsItIsWritten(string text, string value) => Assert.Equal(value, DotEnv.Parse(text)?["A"]);

    [Theory]
    [InlineData("A")]
    [InlineData("A=b\nnonsense here")]
    [InlineData("A='b")]
    [InlineData("A=\"b")]
    [InlineData("A='b'c")]
    [InlineData("=b")]
    [InlineData("1A=b")]
    [InlineData("{\"A\":\"b\"}")]
    public void ATextThatIsNoDotenvHasNoValuesAtAll(string text) => Assert.Null(DotEnv.Parse(text));
}
