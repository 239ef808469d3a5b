namespace Braintrust.Logging.Pipeline;

/// <summary>Which projects' rows stay on disk: of those that may not be sent to all but a small share. Once a row stayed, later ones of its project stay too, so that their order holds. The loop's own.</summary>
/// <param name="outbox">Where what is read waits.</param>
/// <param name="share">How many bytes such projects may have in memory together.</param>
sealed class Deferral(Outbox outbox, long share)
{
    int _projects;
    long _parkedBytes;

    /// <summary>Some rows stay.</summary>
    public bool IsOn => _projects > 0;

    /// <summary>Rows of a project that stayed may be read now.</summary>
    public bool MayEnd => IsOn && outbox.Lanes.Any(MayResume);

    /// <summary>What had waited in memory may have left meanwhile.</summary>
    public void Weigh() => _parkedBytes = outbox.ParkedBytes;

    /// <summary>Leaves a project's next row on disk if it has to stay, else counts it. A closed project holds one row at least, so that it is looked up or probed.</summary>
    public bool TryDefer(Lane lane, int bytes)
    {
        if (lane.IsDeferring || lane.IsOpen)
        {
            return lane.IsDeferring;
        }
        if (lane.Rows > 0 && _parkedBytes + bytes > share)
        {
            lane.IsDeferring = true;
            _projects++;
            return true;
        }
        _parkedBytes += bytes + Batch.RoutingBytes;
        return false;
    }

    /// <summary>Projects whose rows stay no longer.</summary>
    public IReadOnlyList<Lane> End()
    {
        List<Lane> resumed = [.. outbox.Lanes.Where(MayResume)];
        foreach (var lane in resumed)
        {
            lane.IsDeferring = false;
            _projects--;
        }
        return resumed;
    }

    /// <summary>It is open, or holds none in memory that could open it.</summary>
    static bool MayResume(Lane lane) => lane.IsDeferring && (lane.IsOpen || lane.Rows == 0);
}
