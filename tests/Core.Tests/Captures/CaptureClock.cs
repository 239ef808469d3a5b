using Microsoft.Extensions.Time.Testing;

namespace Braintrust.Logging.Tests.Captures;

/// <summary>A clock that stands still until it is told, and keeps a list of the waits it is asked for: a test awaits the wait, then lets it pass.</summary>
sealed class CaptureClock() : FakeTimeProvider(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero))
{
    readonly Journal<TimeSpan> _waits = new();

    /// <summary>Completes once somebody waits for at least and at most so long; gives how long exactly.</summary>
    public async Task<TimeSpan> WaitForWaitAsync(TimeSpan least, TimeSpan most) =>
        (await _waits.WaitForAsync(1, wait => wait >= least && wait <= most, $"a wait of {least.TotalSeconds} … {most.TotalSeconds} s"))[0];

    /// <summary>Completes once somebody waits for exactly so long.</summary>
    public Task WaitForWaitAsync(TimeSpan time) => WaitForWaitAsync(time, time);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new WatchedTimer(base.CreateTimer(callback, state, dueTime, period), _waits);
        _waits.Add(dueTime);
        return timer;
    }

    sealed class WatchedTimer(ITimer timer, Journal<TimeSpan> waits) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var isAlive = timer.Change(dueTime, period);
            waits.Add(dueTime);
            return isAlive;
        }

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
