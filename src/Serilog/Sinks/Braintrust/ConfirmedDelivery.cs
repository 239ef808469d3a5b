using Braintrust.Logging;
using Braintrust.Logging.Rows;

namespace Serilog.Sinks.Braintrust;

/// <summary>One event on its way, for somebody who waits. Offered again it keeps its ids, so that no attempt makes a second row.</summary>
sealed class ConfirmedDelivery
{
    Entry _entry;
    Confirmation _confirmation = new();

    public ConfirmedDelivery(in Entry entry) => _entry = entry with { Confirmation = _confirmation };

    public Entry Entry => _entry;

    /// <summary>Whether it is known what became of it.</summary>
    public bool IsSettled => _confirmation.Fate.IsCompleted;

    public bool WasLost => IsSettled && _confirmation.Fate.Result is not null;

    /// <summary>Why it has not arrived; null once it has.</summary>
    /// <param name="flush">What the wait for it came to, if there was one.</param>
    public RowLoss? Failure(FlushResult? flush) => IsSettled
        ? _confirmation.Fate.Result
        : new(1, "pending", $"It has not been delivered yet, and may still be. {flush?.LastError}", null);

    /// <summary>Forgets that it was lost.</summary>
    public void Renew()
    {
        _confirmation = new Confirmation();
        _entry.Confirmation = _confirmation;
    }
}
