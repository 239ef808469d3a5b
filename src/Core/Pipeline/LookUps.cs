using Braintrust.Logging.Transport;

namespace Braintrust.Logging.Pipeline;

/// <summary>
/// Opens the way for parked rows: looks up projects that are not known, and tries those that were refused with a single batch. The loop's own; the looking up itself is the pool's.
/// </summary>
sealed class LookUps(IRowTransport transport, Outbox outbox, Settlement settlement, BodyLimit bodyLimit, Gate api, Shutdown shutdown, Answers answers, TimeProvider clock, CancellationToken abort)
{
    const int AtOnce = 16;

    int _running;

    public bool AreRunning => _running > 0;

    /// <summary>Starts what may be tried now.</summary>
    public void Start()
    {
        var now = clock.GetTimestamp();
        foreach (var lane in outbox.Lanes)
        {
            if (lane.Parked.Count == 0 || lane.IsLookingUp || lane.IsProbing || lane.WasTriedAtShutdown || !api.IsOpen(now) || !lane.Gate.IsOpen(now))
            {
                continue;
            }
            if (lane.IsKnown)
            {
                outbox.Probe(lane);
            }
            else if (_running < AtOnce)
            {
                lane.IsLookingUp = true;
                _running++;
                _ = LookUpAsync(lane);
            }
        }
    }

    async Task LookUpAsync(Lane lane)
    {
        var isReady = false;
        Answer answer;
        string? projectId = null;
        long? announced = null;
        try
        {
            (answer, announced) = await transport.ReadyAsync(abort).ConfigureAwait(false);
            isReady = answer.IsAccepted;
            if (isReady)
            {
                (answer, projectId) = await transport.ProjectAsync(lane.Key, abort).ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            answer = Answer.Unexpected(error);
        }
        answers.Add(() => Settle(lane, isReady, answer, projectId, announced));
    }

    void Settle(Lane lane, bool isReady, in Answer answer, string? projectId, long? announced)
    {
        _running--;
        lane.IsLookingUp = false;
        if (isReady)
        {
            bodyLimit.Announce(announced);
        }
        if (answer.IsAccepted && projectId is not null)
        {
            lane.Know(projectId);
            lane.Gate.Succeed();
            outbox.Unpark(lane);
            return;
        }

        // A login that fails concerns everybody; a project that cannot be looked up only itself.
        settlement.Blame(isReady ? lane.Gate : api, answer);
        lane.WasTriedAtShutdown |= shutdown.HasBegun;
    }
}
