namespace Braintrust.Logging.Pipeline;

/// <summary>Wakes the loop when time alone makes a difference: when something is due, may be tried again, or is waited for no longer. The loop's own.</summary>
sealed class Alarm : IDisposable
{
    readonly DeliveryOptions _options;
    readonly IInbox _inbox;
    readonly Outbox _outbox;
    readonly Flushes _flushes;
    readonly Uploads _uploads;
    readonly Refusals _refusals;
    readonly ReadRule _reading;
    readonly Pace _pace;
    readonly Gate _api;
    readonly Shutdown _shutdown;
    readonly TimeProvider _clock;
    readonly ITimer _timer;

    public Alarm(DeliveryOptions options, IInbox inbox, Outbox outbox, Flushes flushes, Uploads uploads, Refusals refusals, ReadRule reading, Pace pace, Gate api, Shutdown shutdown)
    {
        _options = options;
        _inbox = inbox;
        _outbox = outbox;
        _flushes = flushes;
        _uploads = uploads;
        _refusals = refusals;
        _reading = reading;
        _pace = pace;
        _api = api;
        _shutdown = shutdown;
        _clock = options.Clock;
        _timer = _clock.CreateTimer(static inbox => ((IInbox)inbox!).Ring(), inbox, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <param name="hasUnread">Whether rows wait to be read.</param>
    /// <param name="turnBegan">
    /// When the loop began to look. What was not due then may be by now, if the loop stood still in between, and nobody has looked since: the timer fires at once.
    /// </param>
    public void Set(bool hasUnread, long turnBegan)
    {
        var now = _clock.GetTimestamp();
        var next = Math.Min(NextReading(hasUnread), Math.Min(NextPromise(turnBegan), NextTry(turnBegan)));
        _timer.Change(next == long.MaxValue ? Timeout.InfiniteTimeSpan : _clock.Until(next, now), Timeout.InfiniteTimeSpan);
        if (now < next && _clock.GetTimestamp() >= next)
        {
            _inbox.Ring(); // time has passed while the timer was set (a machine that slept, a clock that is set by hand): it counts from now on
        }
    }

    public void Dispose() => _timer.Dispose();

    /// <summary>When what waits has waited for a period.</summary>
    long NextReading(bool hasUnread)
    {
        var next = long.MaxValue;
        if (hasUnread && _reading.HasRoom && !_reading.IsOnDemand && _inbox.FirstAt is var first && first != long.MaxValue)
        {
            next = _clock.After(first, _options.Period);
        }
        if (_outbox.IsFilling && !_pace.IsBusy)
        {
            next = Math.Min(next, _clock.After(_outbox.FillingSince, _options.Period));
        }
        return next;
    }

    /// <summary>When somebody has to be answered or told.</summary>
    long NextPromise(long turnBegan)
    {
        var next = Math.Min(_shutdown.StopBy, _flushes.NextDeadline);
        if (_shutdown.HasBegun && !_uploads.AreDone && turnBegan < _shutdown.UploadsStopBy)
        {
            next = Math.Min(next, _shutdown.UploadsStopBy);
        }
        return _refusals.HasNews ? Math.Min(next, _refusals.TellAt(_clock.After(0, _options.Period))) : next;
    }

    /// <summary>When what failed may be tried again.</summary>
    long NextTry(long turnBegan)
    {
        var next = _uploads.NextStart;
        if (_reading.IsOnDemand && !_flushes.AreWaiting && !_shutdown.HasBegun && !_reading.IsLong)
        {
            return next; // nobody waits: the next flush tries again
        }
        if (!_api.IsOpen(turnBegan))
        {
            next = Math.Min(next, _api.OpensAt);
        }
        foreach (var lane in _outbox.Lanes)
        {
            if (lane.Lost is { } lost && lost.TellAt > turnBegan) // later than that it waits for the destination, not for time
            {
                next = Math.Min(next, lost.TellAt);
            }
            if (lane.Parked.Count > 0 && !lane.Gate.IsOpen(turnBegan))
            {
                next = Math.Min(next, lane.Gate.OpensAt);
            }
        }
        return next;
    }
}
