namespace Braintrust.Logging;

/// <summary>What became of the rows that were accepted before a flush began.</summary>
/// <param name="Completed">Nothing of it is pending any more, attachments included; the counts are of rows alone. Rows on disk are not pending.</param>
/// <param name="Delivered">Rows acknowledged since the last flush.</param>
/// <param name="Spooled">Rows that are safe on disk and not yet acknowledged. Always 0 without a <see cref="BraintrustOptions.SpoolDirectory"/>.</param>
/// <param name="Dropped">Rows lost since the last flush; each was reported with its reason.</param>
/// <param name="Pending">Rows still waiting in memory, and nowhere else.</param>
/// <param name="LastError">Why rows wait or were lost, in words for a person; null when all went well.</param>
public sealed record FlushResult(bool Completed, long Delivered, long Spooled, long Dropped, long Pending, string? LastError);
