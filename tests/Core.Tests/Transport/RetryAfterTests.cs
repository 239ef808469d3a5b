using Braintrust.Logging.Transport;

namespace Braintrust.Logging.Tests.Transport;

public class RetryAfterTests
{
    static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("7", 7.0)]
    [InlineData(" 7 ", 7.0)]
    [InlineData("1.5", 1.5)]
    [InlineData("0", 0.1)]
    [InlineData("-1", 0.1)]
    [InlineData("900", 900.0)]
    [InlineData("901", 900.0)]
    [InlineData("1000000000000", 900.0)]
    [InlineData("Thu, 01 Jan 2026 12:00:30 GMT", 30.0)]
    [InlineData("Thu, 01 Jan 2026 11:00:00 GMT", 0.1)]
    [InlineData("Fri, 31 Dec 9999 23:59:59 GMT", 900.0)]
    [InlineData("", null)]
    [InlineData("soon", null)]
    [InlineData("NaN", null)]
    [InlineData("Infinity", null)]
    [InlineData("1e9", null)]
    [InlineData("1,5", null)]
    [InlineData("0x10", null)]
    [InlineData("1/2", null)]
    public void ItIsUnderstoodInAllItsFormsAndClamped(string header, double? seconds) =>
        Assert.Equal(seconds, RetryAfter.Parse([header], Now)?.TotalSeconds);

    [Fact]
    public void AMegabyteOfDigitsIsALongTime() => Assert.Equal(RetryAfter.Longest, RetryAfter.Parse([new string('9', 1024 * 1024)], Now));

    [Fact]
    public void OfTwoTheLongerCounts() => Assert.Equal(5, RetryAfter.Parse(["2", "garbage", "5"], Now)?.TotalSeconds);

    [Fact]
    public void WithoutTheHeaderThereIsNone() => Assert.Null(RetryAfter.Parse([], Now));
}
