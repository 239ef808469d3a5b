using Braintrust.Logging.Pipeline;

namespace Braintrust.Logging.Tests.Watching;

/// <summary>The ledger of one client; it keeps the client itself from no collector.</summary>
sealed class Book(BraintrustClient client, string test)
{
    readonly string _connection = client.Connection.ToString();

    public Ledger Ledger { get; } = client.Ledger;

    /// <summary>accepted = delivered + dropped + resident in memory + resident on disk; and nothing is in the memory of a client that has ended.</summary>
    /// <param name="isOpen">Whether rows may still be under way.</param>
    /// <param name="patience">How long what is off may be off: the sides of a ledger are counted one after the other, so a row under way is for a moment on none, one that vanished is for ever.</param>
    public string? Fault(bool isOpen, TimeSpan patience)
    {
        SpinWait.SpinUntil(() => AddsUp && (isOpen || IsEmpty), patience);
        return !AddsUp ? Describe("does not add up") : isOpen || IsEmpty ? null : Describe("has ended, and holds rows or bytes");
    }

    bool AddsUp => Ledger.Accepted == Ledger.Delivered + Ledger.DroppedRows + Ledger.ResidentRows + Ledger.SpooledRows;

    bool IsEmpty => Ledger is { ResidentRows: 0, ResidentBytes: 0, UploadBytes: 0 };

    string Describe(string fault)
    {
        var dropped = string.Join(", ", Ledger.Dropped.Select(static drop => $"{drop.Value} {drop.Key}"));
        return $"The client of {_connection}, made in {test}, {fault}: {Ledger.Accepted} accepted, {Ledger.Delivered} delivered, {Ledger.DroppedRows} dropped ({dropped}), "
            + $"{Ledger.ResidentRows} in memory ({Ledger.ResidentBytes} bytes, {Ledger.UploadBytes} of attachments), {Ledger.SpooledRows} on disk.";
    }
}
