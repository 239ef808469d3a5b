using Braintrust.Logging.Transport;

namespace Braintrust.Logging.Pipeline;

/// <summary>Whether a destination may be tried now. Closed a little longer after each failure; open again after a success.</summary>
sealed class Gate
{
    /// <summary>When it opens, on the monotonic clock.</summary>
    public long OpensAt { get; private set; }

    /// <summary>Failures in a row. While there are any, one request at a time probes.</summary>
    public int Failures { get; private set; }

    /// <summary>The server set the time, or repeating would not help: a flush does not open it.</summary>
    public bool IsHard { get; private set; }

    /// <summary>The server set the time.</summary>
    public bool IsTimed { get; private set; }

    public bool IsOpen(long now) => now >= OpensAt;

    public void Succeed(long now = long.MaxValue)
    {
        Failures = 0;
        if (IsTimed && now < OpensAt)
        {
            return; // the server set the time; a sibling that was under way does not shorten it
        }
        IsTimed = false;
        OpensAt = 0;
        IsHard = false;
    }

    /// <summary>Closes after a failure that time may mend.</summary>
    public void Fail(in Answer answer, long now, long ticksPerSecond, double random)
    {
        if (now < OpensAt && answer.RetryAfter is null)
        {
            return;
        }
        var isTogether = now < OpensAt; // one of several that were under way together: one failure
        Failures += isTogether ? 0 : 1;
        IsTimed = answer.RetryAfter is not null || (IsTimed && isTogether);
        Close(now, answer.RetryAfter ?? RetrySchedule.Delay(Failures, random), ticksPerSecond, answer.RetryAfter is not null);
    }

    /// <summary>Closes after a refusal that somebody has to mend: probe gently.</summary>
    public void Pause(long now, long ticksPerSecond)
    {
        Failures++;
        Close(now, RetrySchedule.ProbeInterval, ticksPerSecond, true);
    }

    /// <summary>Lets one more try through, unless the server set the time.</summary>
    public void OpenForOneMore()
    {
        if (!IsHard)
        {
            OpensAt = 0;
        }
    }

    void Close(long now, TimeSpan delay, long ticksPerSecond, bool isHard)
    {
        var opensAt = now + (long)(delay.TotalSeconds * ticksPerSecond);
        var isStillHard = IsHard && now < OpensAt;
        OpensAt = isStillHard ? Math.Max(OpensAt, opensAt) : opensAt;
        IsHard = isHard || isStillHard;
    }
}
