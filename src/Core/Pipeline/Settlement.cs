using Braintrust.Logging.Rows;
using Braintrust.Logging.Transport;

namespace Braintrust.Logging.Pipeline;

/// <summary>What becomes of a batch by the answer it got: the table of docs/delivery.md in code. The loop's own.</summary>
sealed class Settlement(Outbox outbox, Uploads uploads, Fates fates, Ledger ledger, BodyLimit bodyLimit, Gate api, TimeProvider clock) : IDisposable
{
    const int RefusalsBeforeItIsNotTheRows = 3;
    const int SmallestRowToShorten = 16 * 1024;

    // Then a row is sent without its largest values rather than not at all: soon if the store is to blame; late if it may be an outage like any other.
    const int OverflowTries = 4;
    const int OutageTries = 32;

    readonly JsonBuffer _json = new();
    bool _hasFreshLogin;

    /// <summary>At the end every batch has one try, without a pause.</summary>
    public bool IsStopping { get; set; }

    public void Settle(Batch batch, in Answer answer)
    {
        batch.LastError = answer.Message;
        batch.IsUnacknowledged = answer.Kind == AnswerKind.Unacknowledged;
        switch (answer.Kind)
        {
            case AnswerKind.Accepted:
                Delivered(batch);
                break;
            case AnswerKind.TooLarge:
                api.Succeed(clock.GetTimestamp());
                Shrink(batch, answer);
                break;
            case AnswerKind.Rejected:
                api.Succeed(clock.GetTimestamp());
                Isolate(batch, answer);
                break;
            case AnswerKind.Denied:
            case AnswerKind.Misconfigured:
                Deny(batch, answer);
                break;
            case AnswerKind.Retry or AnswerKind.Unacknowledged when batch.Overflow is { IsStored: false } way && (batch.OverflowFailures += way.HasAsked ? OutageTries / OverflowTries : 1) >= OutageTries:
                Shrink(batch, answer);
                break;
            default:
                Blame(api, answer);
                Retry(batch);
                break;
        }
    }

    void Delivered(Batch batch)
    {
        api.Succeed(clock.GetTimestamp());
        _hasFreshLogin = false;
        bodyLimit.Passed(batch.BodyBytes);
        Lane[] lanes = [.. batch.Lanes()];
        uploads.Add(batch); // first: their bytes must not leave the bound in between
        fates.Deliver(batch);
        foreach (var lane in lanes)
        {
            lane.LoneRefusals = 0;
            lane.IsProbing = false;
            if (lane.IsPaused)
            {
                lane.IsPaused = false;
                lane.Gate.Succeed();
                outbox.Unpark(lane);
            }
        }
    }

    /// <summary>Closes a gate after a failure.</summary>
    public void Blame(Gate gate, in Answer answer)
    {
        fates.LastError = answer.Message ?? fates.LastError;
        if (ReferenceEquals(gate, api))
        {
            fates.Obstacle = answer.Kind is AnswerKind.Denied or AnswerKind.Misconfigured ? answer.Message : null;
        }
        BraintrustDiagnostics.Warn(answer.Kind.ToString(), answer.Message ?? "Braintrust could not be reached.", 1);
        if (answer.Kind is AnswerKind.Denied or AnswerKind.Misconfigured or AnswerKind.Rejected)
        {
            gate.Pause(clock.GetTimestamp(), clock.TimestampFrequency);
        }
        else if (!IsStopping || answer.RetryAfter is not null) // at the end every batch has its one try, without a pause
        {
            gate.Fail(answer, clock.GetTimestamp(), clock.TimestampFrequency, Random.Shared.NextDouble());
        }
    }

    /// <summary>To be sent again, or given up: after the shutdown began there is one try.</summary>
    void Retry(Batch batch)
    {
        ledger.Retrying(batch.Count);
        if (batch.WasTriedAtShutdown)
        {
            fates.End(batch, ShutdownMessage(batch.LastError));
        }
        else if (batch.Overflow is { IsStored: false })
        {
            outbox.SendLater(batch);
        }
        else
        {
            outbox.SendAgain(batch);
        }
    }

    /// <summary>413: halve, and remember about how much passes. A lone row is shortened; only what cannot be is lost.</summary>
    void Shrink(Batch batch, in Answer answer)
    {
        bodyLimit.Refused(batch.BodyBytes);
        if (batch.Count > 1)
        {
            outbox.Halve(batch);
            return;
        }

        if (bodyLimit.Announced is not null && batch.Overflow is null)
        {
            batch.Overflow = new OverflowUpload();
            outbox.SendAgain(batch);
            return;
        }
        var row = batch.Rows[0];
        _json.Clear();
        if (row.Length > SmallestRowToShorten && RowShortener.TryShorten(batch.Json(row), row.Length / 2, _json))
        {
            var shorter = batch.Empty();
            shorter.Add(row, _json.Written[..^1]);
            batch.Dispose();
            outbox.SendAgain(shorter);
        }
        else
        {
            fates.Lose(batch, LossReasons.TooLarge, answer.Message ?? "The row is larger than Braintrust takes.");
        }
    }

    /// <summary>400 and the like: one row may be to blame. What is refused alone is lost, unless it is plainly not the rows.</summary>
    void Isolate(Batch batch, in Answer answer)
    {
        if (batch.HasSeveralLanes)
        {
            outbox.SplitByLane(batch);
        }
        else if (batch.Count > 1)
        {
            outbox.Halve(batch);
        }
        else if (++batch.Rows[0].Lane.LoneRefusals <= RefusalsBeforeItIsNotTheRows)
        {
            fates.Lose(batch, LossReasons.Rejected, answer.Message ?? "Braintrust refused the row.");
        }
        else
        {
            Pause(batch.Rows[0].Lane, batch, answer);
        }
    }

    void Deny(Batch batch, in Answer answer)
    {
        ledger.Retrying(batch.Count);
        if (answer.Status == 401 && !_hasFreshLogin)
        {
            _hasFreshLogin = true; // the next call logs in anew: the key may have been replaced
            outbox.SendAgain(batch);
        }
        else if (answer.Status != 403)
        {
            Blame(api, answer); // the key or the address: nothing of this client can be sent
            outbox.SendAgain(batch);
        }
        else if (batch.HasSeveralLanes)
        {
            outbox.SplitByLane(batch);
        }
        else
        {
            Pause(batch.Rows[0].Lane, batch, answer);
        }
    }

    void Pause(Lane lane, Batch batch, in Answer answer)
    {
        lane.IsPaused = true;
        lane.IsProbing = false;
        lane.Park(batch);
        Blame(lane.Gate, answer);
    }

    public static string ShutdownMessage(string? why) => $"Lost, since the client was closed before delivery. {why}".TrimEnd();

    public void Dispose() => _json.Dispose();
}
