using Braintrust.Logging.Transport;

namespace Braintrust.Logging.Pipeline;

/// <summary>Ready batches on their way: starts requests as the pace allows, and hands their answers to settlement. The loop's own; the sending itself is the pool's.</summary>
sealed class Sends(IRowTransport transport, IInbox inbox, Outbox outbox, Settlement settlement, BodyLimit bodyLimit, Pace pace, Shutdown shutdown, Answers answers, CancellationToken abort)
{
    int _readyBefore;

    /// <summary>Nothing became ready since the last start: what could not leave then cannot now.</summary>
    public bool HaveNothingNew => outbox.Ready == _readyBefore;

    /// <summary>Starts what may leave now.</summary>
    public void Start()
    {
        while (pace.MaySend && outbox.TakeReady() is { } batch)
        {
            batch.WasTriedAtShutdown = shutdown.HasBegun;
            if (batch.BodyBytes > (bodyLimit.Announced ?? long.MaxValue))
            {
                batch.Overflow ??= new OverflowUpload();
            }
            inbox.Sending(batch);
            _ = SendAsync(batch);
        }
        outbox.FitWhatWaits();
        _readyBefore = outbox.Ready;
    }

    async Task SendAsync(Batch batch)
    {
        Answer answer;
        try
        {
            answer = await transport.SendAsync(batch.Body, batch.Count, batch.Overflow, abort).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            answer = Answer.Unexpected(error);
        }
        answers.Add(() => Settle(batch, answer));
    }

    void Settle(Batch batch, in Answer answer)
    {
        if (!outbox.Returned(batch))
        {
            return; // the shutdown did not wait for it
        }
        inbox.Sent(batch);
        bodyLimit.Announce(transport.PayloadLimit);
        if (answer.Kind is AnswerKind.Accepted or AnswerKind.TooLarge)
        {
            _ = LearnLimitAsync(isRefused: answer.Kind == AnswerKind.TooLarge);
        }
        settlement.Settle(batch, answer);
    }

    async Task LearnLimitAsync(bool isRefused)
    {
        if (await transport.LearnLimitAsync(isRefused).ConfigureAwait(false))
        {
            answers.Add(() => bodyLimit.Announce(transport.PayloadLimit));
        }
    }
}
