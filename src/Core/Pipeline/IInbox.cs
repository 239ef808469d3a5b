namespace Braintrust.Logging.Pipeline;

/// <summary>Where the loop gets its rows from, in order: the queue itself, or the disk that stands between. The loop's own, save for the bell.</summary>
interface IInbox : IDisposable
{
    /// <summary>Nothing that could be taken now.</summary>
    bool IsEmpty { get; }

    /// <summary>Nothing more will come: what was accepted before the end has been taken, or is on disk.</summary>
    bool IsOver { get; }

    /// <summary>Rows that can be taken.</summary>
    long WaitingRows { get; }

    /// <summary>Large rows fill the memory long before they are many.</summary>
    bool HasManyBytes { get; }

    /// <summary>Rows wait here that a flush may cover whose marker was taken already, and that may be taken.</summary>
    bool IsBehind { get; }

    Urgency Urgency { get; }

    /// <summary>When the first thing that can be taken came, on the monotonic clock; <see cref="long.MaxValue"/>: there is none.</summary>
    long FirstAt { get; }

    /// <summary>When the oldest row was accepted that stands here, taken or not.</summary>
    long OldestAt { get; }

    /// <summary>The last row on disk that came before what is taken next.</summary>
    long LastSpooled { get; }

    /// <summary>Looks for what happened meanwhile. Takes no rows.</summary>
    void Tend();

    /// <summary>Takes the next row or marker.</summary>
    /// <param name="flush">The marker, if it is one.</param>
    bool TryTake(out FlushRequest? flush);

    /// <summary>Spans that are still open are written before rows leave.</summary>
    void WriteOpenSpans();

    /// <summary>What was taken here goes into a request.</summary>
    void Sending(Batch batch);

    /// <summary>Whatever becomes of it, this process is still here.</summary>
    void Sent(Batch batch);

    /// <summary>Gives up what has waited too long, and may not go now.</summary>
    /// <param name="limit">How long rows may wait.</param>
    /// <param name="hasRoom">Whether the loop takes rows.</param>
    /// <param name="mayGo">Whether a project's rows may be sent now.</param>
    /// <param name="message">What to tell.</param>
    void Expire(TimeSpan limit, bool hasRoom, Func<Lane, bool> mayGo, string message);

    void Ring();

    /// <param name="untilRows">How many more rows are worth waking for.</param>
    /// <param name="isIdle">Nothing stands here: whatever comes wakes.</param>
    ValueTask WaitAsync(long untilRows, bool isIdle);

    /// <summary>When what was accepted is where it belongs, or has had its time.</summary>
    Task SettledAsync();

    /// <summary>What still stands here meets its end.</summary>
    void Close(string message);
}
