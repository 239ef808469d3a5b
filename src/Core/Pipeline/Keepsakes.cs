using System.Collections.Concurrent;
using Braintrust.Logging.Attachments;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Pipeline;

/// <summary>
/// What a record on disk cannot hold, by the record's number: who waits for the row's fate, and the bytes of its attachments, which weigh in the queue's
/// bound until they are uploaded. Few rows have any.
/// </summary>
sealed class Keepsakes
{
    readonly ConcurrentDictionary<long, Keepsake> _kept = new();

    public void Add(long sequence, Keepsake keepsake) => _kept[sequence] = keepsake;

    public Keepsake? Take(long sequence) => !_kept.IsEmpty && _kept.TryRemove(sequence, out var keepsake) ? keepsake : null;

    /// <summary>Those of rows with such numbers.</summary>
    public IReadOnlyList<Keepsake> TakeWhere(Func<long, bool> isWanted)
    {
        var taken = new List<Keepsake>();
        foreach (var number in _kept.Keys)
        {
            if (isWanted(number) && Take(number) is { } keepsake)
            {
                taken.Add(keepsake);
            }
        }
        return taken;
    }
}

/// <param name="Confirmation">Someone who waits for the row's fate.</param>
/// <param name="Attachments">What it refers to.</param>
/// <param name="Size">What that weighs.</param>
sealed record Keepsake(Confirmation? Confirmation, AttachmentReference[] Attachments, long Size)
{
    public static Keepsake? Of(Confirmation? confirmation, AttachmentReference[] attachments) =>
        confirmation is null && attachments.Length == 0 ? null : new(confirmation, attachments, AttachmentReference.Weight(attachments));
}
