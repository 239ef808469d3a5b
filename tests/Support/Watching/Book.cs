using Braintrust.Logging.Pipeline;

namespace Braintrust.Logging.Tests.Watching;

/// <summary>The ledger of one client; it keeps the client itself from no collector.</summary>
sealed class Book(BraintrustClient client, string test)
{
    // The sides of an open ledger are counted one after the other: a sum that is off for a moment is a row under way, one that stays off is a row that vanished.
    const int Readings = 1000;

    readonly string _connection = client.Connection.ToString();

    public Ledger Ledger { get; } = client.Ledger;

    /// <summary>accepted = delivered + dropped + resident in memory + resident on disk; and nothing is in the memory of a client that has ended.</summary>
    public string? Fault(bool isOpen)
    {
        for (var i = 0; i < (isOpen ? Readings : 1); i++)
        {
            if (Ledger.Accepted == Ledger.Delivered + Ledger.DroppedRows + Ledger.ResidentRows + Ledger.SpooledRows)
            {
                return isOpen || Ledger is { ResidentRows: 0, ResidentBytes: 0, UploadBytes: 0 } ? null : Describe("has ended, and holds rows or bytes");
            }
            Thread.Yield();
        }
        return Describe("does not add up");
    }

    string Describe(string fault)
    {
        var dropped = string.Join(", ", Ledger.Dropped.Select(static drop => $"{drop.Value} {drop.Key}"));
        return $"The client of {_connection}, made in {test}, {fault}: {Ledger.Accepted} accepted, {Ledger.Delivered} delivered, {Ledger.DroppedRows} dropped ({dropped}), "
            + $"{Ledger.ResidentRows} in memory ({Ledger.ResidentBytes} bytes, {Ledger.UploadBytes} of attachments), {Ledger.SpooledRows} on disk.";
    }
}
