using System.Diagnostics.Metrics;

namespace Quickstart;

/// <summary>Reads the library's meter: what was accepted, and what became of it.</summary>
sealed class LedgerReader : IDisposable
{
    readonly MeterListener _listener = new();
    readonly Dictionary<string, long> _totals = [];

    public LedgerReader()
    {
        _listener.InstrumentPublished = static (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Braintrust.Logging")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, _, _) =>
            _totals[instrument.Name] = _totals.GetValueOrDefault(instrument.Name) + value);
        _listener.Start();
    }

    public (long Accepted, long Delivered, long Dropped, long Queued) Read()
    {
        _totals.Clear();
        _listener.RecordObservableInstruments();
        return (Of("accepted"), Of("delivered"), Of("dropped"), Of("queued"));
    }

    public void Dispose() => _listener.Dispose();

    long Of(string name) => _totals.GetValueOrDefault($"braintrust.rows.{name}");
}
