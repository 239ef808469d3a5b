using System.Net;
using Braintrust.Logging.Tests;
using Microsoft.Extensions.Time.Testing;

namespace Braintrust.Logging.Testing.Tests;

/// <summary>What the tests of others can make go wrong, and what they then see.</summary>
public sealed class FaultTests
{
    [Fact]
    public async Task ABusyServiceIsAskedAgain()
    {
        await using var braintrust = new InMemoryBraintrust();
        braintrust.FailNext(HttpStatusCode.ServiceUnavailable, times: 2);
        braintrust.Logger.Log(name: "row");

        await braintrust.ShouldHaveLostNothingAsync();
        Assert.Single(await braintrust.RowsAsync());
    }

    [Fact]
    public async Task ARefusedConnectionIsTriedAgain()
    {
        await using var braintrust = new InMemoryBraintrust();
        braintrust.DisconnectNext(of: BraintrustRequest.Login);
        braintrust.DisconnectNext(of: BraintrustRequest.Project);
        braintrust.DisconnectNext();
        braintrust.Logger.Log(name: "row");

        await braintrust.ShouldHaveLostNothingAsync();
        Assert.Single(await braintrust.RowsAsync());
    }

    [Fact]
    public async Task ARefusedRowIsALossThatIsTold()
    {
        var told = new List<RowLoss>();
        await using var braintrust = new InMemoryBraintrust(options => options.OnLoss = told.Add);
        braintrust.FailNext(HttpStatusCode.UnprocessableEntity);
        braintrust.Logger.Log(name: "row");

        Assert.Empty(await braintrust.TracesAsync());
        Assert.Equal((1, LossReasons.Rejected), (told.Single().Count, told.Single().Reason));
        Assert.Equal(told, braintrust.Losses);
        Assert.Equal((1, 0, 1), (braintrust.Ledger.Accepted, braintrust.Ledger.Delivered, braintrust.Ledger.Dropped[LossReasons.Rejected]));
    }

    [Fact]
    public async Task AWrongKeyFailsTheLogin()
    {
        await using var braintrust = new InMemoryBraintrust();
        braintrust.FailNext(HttpStatusCode.Unauthorized, of: BraintrustRequest.Login);

        var failure = await Assert.ThrowsAsync<BraintrustException>(() => braintrust.Client.LoginAsync());
        Assert.Contains("401", failure.Message, StringComparison.Ordinal);
        await braintrust.Client.LoginAsync();
    }

    [Fact]
    public async Task WhatWaitsAtTheEndIsLostAsShutdownUnlessItRecovers()
    {
        var told = new Journal<RowLoss>();
        var braintrust = new InMemoryBraintrust(options => (options.OnLoss, options.ShutdownTimeout) = (loss => told.Add(loss), TimeSpan.Zero));
        braintrust.FailNext(HttpStatusCode.Unauthorized, times: int.MaxValue);
        braintrust.Logger.Log(name: "row");
        Assert.False((await braintrust.Client.FlushAsync()).Completed);

        await braintrust.Client.DisposeAsync();

        Assert.Equal(LossReasons.Shutdown, Assert.Single(await told.WaitForAsync(1)).Reason); // told on the pool, for which no time was left to wait
        await braintrust.DisposeAsync();
    }

    [Fact]
    public async Task TheEndOfATestEndsItsFaults()
    {
        var braintrust = new InMemoryBraintrust(options => options.TimeProvider = Help.Clock()); // which nobody moves
        braintrust.FailNext(HttpStatusCode.ServiceUnavailable, times: int.MaxValue);
        braintrust.Logger.Log(name: "row");
        _ = braintrust.TracesAsync();

        await braintrust.DisposeAsync();

        Assert.Equal((1, 1), (braintrust.Ledger.Accepted, braintrust.Ledger.Delivered));
        Assert.Single(await braintrust.TracesAsync());
    }

    [Fact]
    public async Task ASlowAnswerComesWhenItsTimeHasCome()
    {
        var clock = Help.Clock();
        await using var braintrust = new InMemoryBraintrust(options => (options.TimeProvider, options.FlushTimeout) = (clock, TimeSpan.FromDays(1)));
        braintrust.DelayNext(TimeSpan.FromSeconds(10));
        braintrust.Logger.Log(name: "row");

        var reading = braintrust.RowsAsync();
        await AdvanceUntil(reading, clock);

        Assert.Single(await reading);
        Assert.True(clock.GetUtcNow() >= Help.Noon.AddSeconds(10));
    }

    [Fact]
    public async Task RecoveryEndsADelay()
    {
        await using var braintrust = new InMemoryBraintrust(options => options.TimeProvider = Help.Clock()); // which nobody moves
        braintrust.DelayNext(TimeSpan.FromSeconds(10), times: int.MaxValue, of: BraintrustRequest.Login);
        var login = braintrust.Client.LoginAsync();

        braintrust.Recover();

        await login;
    }

    [Fact]
    public async Task TheWaitThatAnAnswerAsksForIsKept()
    {
        var clock = Help.Clock();
        await using var braintrust = new InMemoryBraintrust(options => (options.TimeProvider, options.FlushTimeout) = (clock, TimeSpan.FromDays(1)));
        braintrust.FailNext(HttpStatusCode.TooManyRequests, retryAfter: TimeSpan.FromSeconds(7));
        braintrust.Logger.Log(name: "row");

        var reading = braintrust.RowsAsync();
        await AdvanceUntil(reading, clock);

        Assert.Single(await reading);
        Assert.True(clock.GetUtcNow() >= Help.Noon.AddSeconds(7));
    }

    /// <summary>As often as it takes: when a request is made is the pool's affair.</summary>
    static async Task AdvanceUntil(Task done, FakeTimeProvider clock)
    {
        while (!done.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(done, Task.Delay(5)); // real time for the pool; nothing is asserted about it
        }
    }

    [Fact]
    public void NothingIsPlannedForNoRequestOrNoTime()
    {
        using var braintrust = new InMemoryBraintrust();
        Assert.Throws<ArgumentOutOfRangeException>(() => braintrust.FailNext(HttpStatusCode.BadGateway, times: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => braintrust.DisconnectNext(times: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => braintrust.DelayNext(TimeSpan.Zero));
    }
}
