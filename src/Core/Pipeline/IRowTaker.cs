using Braintrust.Logging.Attachments;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Pipeline;

/// <summary>Where written rows go: into the loop's batches, or to disk.</summary>
interface IRowTaker
{
    /// <param name="entry">What was written.</param>
    /// <param name="role">What it is to others of its id.</param>
    /// <param name="json">Valid during the call.</param>
    /// <param name="attachments">What it refers to.</param>
    void Take(in Entry entry, RowRole role, ReadOnlySpan<byte> json, AttachmentReference[] attachments);

    /// <summary>An entry that no row could be made of.</summary>
    void Lose(in Entry entry, Exception error);
}
