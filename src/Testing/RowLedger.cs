using System.Globalization;

namespace Braintrust.Logging.Testing;

/// <summary>What became of all that was logged: accepted = delivered + dropped + waiting.</summary>
/// <param name="Accepted">Rows that were logged, whatever became of them.</param>
/// <param name="Delivered">Rows that Braintrust has acknowledged.</param>
/// <param name="Dropped">Rows that will never arrive, by reason: see <see cref="LossReasons"/>.</param>
/// <param name="Waiting">Rows that are still in memory, or on disk with a <see cref="BraintrustOptions.SpoolDirectory"/>.</param>
/// <param name="LostAttachments">Attachments that will never arrive; their rows did. No part of the sum.</param>
public sealed record RowLedger(long Accepted, long Delivered, IReadOnlyDictionary<string, long> Dropped, long Waiting, long LostAttachments)
{
    /// <summary>The sum of several clients'.</summary>
    internal static RowLedger Of(IReadOnlyList<Pipeline.Ledger> ledgers) => new(
        ledgers.Sum(static it => it.Accepted),
        ledgers.Sum(static it => it.Delivered),
        ledgers.SelectMany(static it => it.Dropped).GroupBy(static it => it.Key, StringComparer.Ordinal).ToDictionary(static it => it.Key, static it => it.Sum(static drop => drop.Value), StringComparer.Ordinal),
        ledgers.Sum(static it => it.ResidentRows + it.SpooledRows),
        ledgers.Sum(static it => it.LostUploads));

    internal bool IsBalanced => Accepted == Delivered + Dropped.Values.Sum() + Waiting;

    internal bool IsWhole => Dropped.Count == 0 && Waiting == 0 && LostAttachments == 0;

    /// <summary><c>accepted 5 = delivered 3 + dropped 1 (rejected 1) + waiting 1</c></summary>
    public override string ToString()
    {
        var reasons = string.Join(", ", Dropped.OrderBy(static it => it.Key, StringComparer.Ordinal).Select(static it => string.Create(CultureInfo.InvariantCulture, $"{it.Key} {it.Value}")));
        var dropped = string.Create(CultureInfo.InvariantCulture, $"{Dropped.Values.Sum()}{(reasons.Length > 0 ? $" ({reasons})" : "")}");
        var lost = LostAttachments > 0 ? string.Create(CultureInfo.InvariantCulture, $"; lost attachments {LostAttachments}") : "";
        return string.Create(CultureInfo.InvariantCulture, $"accepted {Accepted} {(IsBalanced ? "=" : "≠")} delivered {Delivered} + dropped {dropped} + waiting {Waiting}{lost}");
    }
}
