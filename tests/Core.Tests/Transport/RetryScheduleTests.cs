using Braintrust.Logging.Transport;

namespace Braintrust.Logging.Tests.Transport;

public class RetryScheduleTests
{
    [Theory]
    [InlineData(1, 0.5)]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(7, 32)]
    [InlineData(8, 60)]
    [InlineData(9, 60)]
    [InlineData(int.MaxValue, 60)]
    [InlineData(0, 0.5)]
    [InlineData(int.MinValue, 0.5)]
    public void TheCeilingDoublesUpToAMinute(int attempt, double seconds)
    {
        Assert.Equal(seconds, RetrySchedule.Delay(attempt, 1).TotalSeconds);
        Assert.Equal(seconds / 2, RetrySchedule.Delay(attempt, 0.5).TotalSeconds);
    }

    [Fact]
    public void ItNeverSpins() => Assert.Equal(50, RetrySchedule.Delay(1, 0).TotalMilliseconds);
}
