using System.Globalization;

namespace Braintrust.Logging.Testing;

/// <summary>What became of all that was logged: accepted = delivered + dropped + waiting.</summary>
public sealed record RowLedger
{
    internal RowLedger()
    {
    }

    /// <summary>Rows that were logged, whatever became of them.</summary>
    public long Accepted { get; init; }

    /// <summary>Rows that Braintrust has acknowledged.</summary>
    public long Delivered { get; init; }

    /// <summary>Rows that will never arrive, by reason: see <see cref="LossReasons"/>.</summary>
    public IReadOnlyDictionary<string, long> Dropped { get; init; } = new Dictionary<string, long>();

    /// <summary>Rows that are still in memory, or on disk with a <see cref="BraintrustOptions.SpoolDirectory"/>.</summary>
    public long Waiting { get; init; }

    /// <summary>Attachments that will never arrive; their rows did. No part of the sum.</summary>
    public long LostAttachments { get; init; }

    /// <summary>The sum of several clients'.</summary>
    internal static RowLedger Of(IReadOnlyList<Pipeline.Ledger> ledgers) => new()
    {
        Accepted = ledgers.Sum(static it => it.Accepted),
        Delivered = ledgers.Sum(static it => it.Delivered),
        Dropped = ledgers.SelectMany(static it => it.Dropped).GroupBy(static it => it.Key, StringComparer.Ordinal).ToDictionary(static it => it.Key, static it => it.Sum(static drop => drop.Value), StringComparer.Ordinal),
        Waiting = ledgers.Sum(static it => it.ResidentRows + it.SpooledRows),
        LostAttachments = ledgers.Sum(static it => it.LostUploads),
    };

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
