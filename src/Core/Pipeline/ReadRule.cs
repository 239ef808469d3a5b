namespace Braintrust.Logging.Pipeline;

/// <summary>When the loop reads: whether a batch is due, whether there is room for its rows, and how many new ones are worth a look before. Decides, and touches nothing.</summary>
sealed class ReadRule(DeliveryOptions options, EntryQueue queue, IInbox inbox, Outbox outbox, Flushes flushes, Pace pace, Shutdown shutdown)
{
    readonly bool _isSpooled = options.SpoolDirectory is not null;

    /// <summary>By time, rows, bytes, a flush or the end.</summary>
    public bool IsDue =>
        IsFlushing || shutdown.HasBegun || outbox.IsFilling
        || (inbox.IsBehind && flushes.AreWaiting)
        || (IsOnDemand ? inbox.Urgency.IsOn || IsLong
            : inbox.FirstAt is var first && first != long.MaxValue
            && (options.Clock.GetTimestamp() >= options.Clock.After(first, options.Period)
                || inbox.WaitingRows >= options.BatchSizeLimit
                || inbox.HasManyBytes
                || (IsEager && inbox.WaitingRows > 0)));

    /// <summary>Rows stay entries, small and cheap to hold, until they can go out.</summary>
    public bool HasRoom => IsFlushing || shutdown.HasBegun || pace.HasRoom || (!_isSpooled && pace.IsBusy && outbox.Ready == 0);

    /// <summary>See <see cref="FlushMode.OnDemand"/>.</summary>
    public bool IsOnDemand => options.FlushMode == FlushMode.OnDemand;

    /// <summary>So many that they leave without being asked, for what comes next to have room.</summary>
    public bool IsLong => inbox.WaitingRows >= ManyRows || inbox.HasManyBytes;

    long ManyRows => Math.Max(1, options.QueueLimit / 4);

    bool IsFlushing => queue.Flushes > flushes.Begun; // a marker may be read before it is counted

    bool IsEager => !outbox.HasSent && options.EagerlyEmitFirstEvent;

    /// <summary>How many unread rows are worth a look before the timer: one when idle, a batch otherwise, none while nothing can be sent.</summary>
    public long WorthWakingFor(bool hasUnread) =>
        IsOnDemand ? IsLong && !HasRoom ? long.MaxValue : ManyRows // a long queue that cannot leave waits for an answer or for the gate, not for more rows
        : !_isSpooled && pace.IsBusy ? HasRoom ? options.BatchSizeLimit : long.MaxValue
        : !hasUnread || (IsEager && HasRoom) ? 1
        : !pace.IsOpen || pace.IsFull ? long.MaxValue
        : options.BatchSizeLimit;
}
