using Braintrust.Logging.Attachments;

namespace Braintrust.Logging.Rows;

/// <summary>A row that is finished before it is queued.</summary>
/// <param name="Json">Its text.</param>
/// <param name="Attachments">What it refers to.</param>
sealed record WrittenRow(byte[] Json, AttachmentReference[] Attachments)
{
    /// <summary>What it holds in memory.</summary>
    public long Weight => RowWeight.Row + Json.Length + AttachmentReference.Weight(Attachments);
}
