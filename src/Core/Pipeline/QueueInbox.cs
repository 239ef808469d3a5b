using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Pipeline;

/// <summary>The queue itself, read and written as rows by the loop.</summary>
sealed class QueueInbox(EntryQueue queue, EntryWriter writer, Intake intake, Flushes flushes, Fates fates, TimeProvider clock) : IInbox
{
    public bool IsEmpty => !queue.TryPeek(out _);

    public bool IsOver => IsEmpty;

    public long WaitingRows => queue.WaitingRows;

    public bool HasManyBytes => queue.HasManyBytes;

    public bool IsBehind => false; // a marker is taken after all that came before it

    public Urgency Urgency => queue.Urgency;

    public long FirstAt => queue.TryPeek(out var first) ? first.AcceptedAt : long.MaxValue;

    public long OldestAt => FirstAt;

    public long LastSpooled => 0;

    public void Tend() { }

    public bool TryTake(out FlushRequest? flush)
    {
        flush = null;
        if (!queue.TryRead(out var entry))
        {
            return false;
        }
        switch (entry.Kind)
        {
            case EntryKind.Flush:
                writer.WriteOpenSpans();
                flush = (FlushRequest)entry.Payload;
                break;
            case EntryKind.SpanBegin:
                writer.Begin((BraintrustSpan)entry.Payload);
                break;
            default:
                writer.Write(entry);
                break;
        }
        return true;
    }

    public void WriteOpenSpans() => writer.WriteOpenSpans();

    public void Sending(Batch batch) { }

    public void Sent(Batch batch) { }

    public void Expire(TimeSpan limit, bool hasRoom, Func<Lane, bool> mayGo, string message)
    {
        var tooOld = clock.Before(clock.GetTimestamp(), limit);
        while (!hasRoom && queue.TryPeek(out var first) && first.AcceptedAt <= tooOld && first.Kind is not (EntryKind.Flush or EntryKind.SpanBegin) && queue.TryRead(out first))
        {
            fates.Lose(intake.Row(first), LossReasons.Expired, message, null);
        }
    }

    public void Ring() => queue.Ring();

    public ValueTask WaitAsync(long untilRows, bool isIdle) => queue.WaitAsync(untilRows, isIdle);

    public Task SettledAsync() => Task.CompletedTask;

    public void Close(string message)
    {
        while (queue.TryRead(out var entry))
        {
            if (entry.Kind == EntryKind.Flush)
            {
                flushes.Begin((FlushRequest)entry.Payload, 0);
            }
            else if (entry.Kind != EntryKind.SpanBegin)
            {
                fates.Lose(intake.Row(entry), LossReasons.Shutdown, message, null);
            }
        }
    }

    public void Dispose() => writer.Dispose();
}
