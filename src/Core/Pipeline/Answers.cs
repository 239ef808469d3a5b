using System.Collections.Concurrent;

namespace Braintrust.Logging.Pipeline;

/// <summary>What sends, look-ups and uploads came to. Written by the pool when they end, settled by the loop when it comes to it.</summary>
/// <param name="ring">Tells the loop.</param>
sealed class Answers(Action ring)
{
    readonly ConcurrentQueue<Action> _waiting = new();

    public bool IsEmpty => _waiting.IsEmpty;

    /// <param name="settle">Runs on the loop, and may touch what is the loop's own.</param>
    public void Add(Action settle)
    {
        _waiting.Enqueue(settle);
        ring();
    }

    public void Settle()
    {
        while (_waiting.TryDequeue(out var settle))
        {
            settle();
        }
    }
}
