using Braintrust.Logging.Pipeline;
using Microsoft.Extensions.Time.Testing;

namespace Braintrust.Logging.Tests.Pipeline;

public sealed class TimestampsTests
{
    static readonly FakeTimeProvider Clock = new();

    [Fact]
    public void LaterIsCountedInTheClocksOwnTicks() =>
        Assert.Equal((5 + Clock.TimestampFrequency, 6), (Clock.After(5, TimeSpan.FromSeconds(1)), Clock.After(5, TimeSpan.FromTicks(1))));

    [Fact]
    public void HoweverLateIsNotNever() => Assert.Equal(long.MaxValue - 1, Clock.After(long.MaxValue / 2, TimeSpan.MaxValue));

    [Fact]
    public void ATimerIsSetToWholeMillisecondsThatAreNotTooEarly()
    {
        var second = Clock.TimestampFrequency;

        Assert.Equal(TimeSpan.FromSeconds(1), Clock.Until(then: 7 + second, now: 7));
        Assert.Equal(TimeSpan.FromMilliseconds(1001), Clock.Until(then: 8 + second, now: 7));
    }

    [Fact]
    public void WhatIsPastIsDueNowAndWhatIsFarIsNoMoreThanATimerTakes()
    {
        Assert.Equal(TimeSpan.Zero, Clock.Until(then: 6, now: 7));
        Assert.Equal(TimeSpan.FromMilliseconds(int.MaxValue), Clock.Until(then: long.MaxValue - 1, now: 0));
    }
}
