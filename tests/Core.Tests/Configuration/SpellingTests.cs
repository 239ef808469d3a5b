using Braintrust.Logging.Configuration;

namespace Braintrust.Logging.Tests.Configuration;

public sealed class SpellingTests
{
    [Theory]
    [InlineData("", "", 0)]
    [InlineData("", "Period", 6)]
    [InlineData("Period", "", 6)]
    [InlineData("Period", "Period", 0)]
    [InlineData("PERIOD", "period", 0)]
    [InlineData("Perid", "Period", 1)]
    [InlineData("Perriod", "Period", 1)]
    [InlineData("Perxod", "Period", 1)]
    [InlineData("Peroid", "Period", 2)]
    [InlineData("apikee", "ApiKey", 1)]
    [InlineData("kitten", "sitting", 3)]
    public void TheDistanceCountsLettersPutInTakenOutOrChanged(string from, string to, int distance)
    {
        Assert.Equal(distance, Spelling.Distance(from, to));
        Assert.Equal(distance, Spelling.Distance(to, from));
    }

    [Theory]
    [InlineData("orgNane", "orgName")]
    [InlineData("ORGNAM", "orgName")]
    [InlineData("projectid", "projectId")]
    [InlineData("projct", "project")]
    public void TheNearestNameTakesTheFewestChanges(string name, string nearest) =>
        Assert.Equal(nearest, Spelling.Nearest(name, ["project", "projectId", "orgName", "apiKey"]));

    [Fact]
    public void OfNamesEquallyNearTheFirstIsTaken() => Assert.Equal("appUrl", Spelling.Nearest("axxUrl", ["appUrl", "apiUrl"]));
}
