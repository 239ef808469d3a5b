using System.Diagnostics.Metrics;

namespace Braintrust.Logging;

/// <summary>The meter <c>Braintrust.Logging</c>: the ledgers of all clients, read only when somebody listens.</summary>
static class Metrics
{
    static readonly Meter Meter = new("Braintrust.Logging");
    static readonly HashSet<BraintrustClient> Clients = [];
    static readonly Dictionary<string, long> RetiredDrops = new(StringComparer.Ordinal);
    static long _retiredAccepted;
    static long _retiredDelivered;
    static long _retiredRetried;
    static long _retiredUploaded;
    static long _retiredLostUploads;

    static Metrics()
    {
        Meter.CreateObservableCounter("braintrust.rows.accepted", () => Sum(client => client.Ledger.Accepted, static () => _retiredAccepted), "{row}", "Writes offered to a client.");
        Meter.CreateObservableCounter("braintrust.rows.delivered", () => Sum(client => client.Ledger.Delivered, static () => _retiredDelivered), "{row}", "Writes that Braintrust acknowledged.");
        Meter.CreateObservableCounter("braintrust.rows.retried", () => Sum(client => client.Ledger.Retried, static () => _retiredRetried), "{row}", "Writes sent again.");
        Meter.CreateObservableCounter("braintrust.rows.dropped", Dropped, "{row}", "Writes lost, by reason.");
        Meter.CreateObservableUpDownCounter("braintrust.rows.queued", () => Sum(client => client.Ledger.ResidentRows, static () => 0), "{row}", "Writes in memory.");
        Meter.CreateObservableUpDownCounter("braintrust.bytes.queued", () => Sum(client => client.Ledger.ResidentBytes, static () => 0), "By", "Their estimated size.");
        Meter.CreateObservableCounter("braintrust.attachments.uploaded", () => Sum(client => client.Ledger.Uploaded, static () => _retiredUploaded), "{attachment}", "Attachments that were uploaded.");
        Meter.CreateObservableCounter("braintrust.attachments.failed", () => Sum(client => client.Ledger.LostUploads, static () => _retiredLostUploads), "{attachment}", "Attachments of delivered rows that were given up.");
        Meter.CreateObservableUpDownCounter("braintrust.attachments.bytes", () => Sum(client => client.Ledger.UploadBytes, static () => 0), "By", "Attachments of delivered rows that wait to be uploaded.");
        Meter.CreateObservableGauge("braintrust.oldest.age", () => All().Select(client => client.OldestAge.TotalSeconds).DefaultIfEmpty(0).Max(), "s", "Age of the oldest write in memory.");
    }

    public static void Watch(BraintrustClient client)
    {
        lock (Clients)
        {
            Clients.Add(client);
        }
    }

    /// <summary>A closed client leaves its totals behind: a counter never goes back.</summary>
    public static void Forget(BraintrustClient client)
    {
        lock (Clients)
        {
            if (!Clients.Remove(client))
            {
                return;
            }
            _retiredAccepted += client.Ledger.Accepted;
            _retiredDelivered += client.Ledger.Delivered;
            _retiredRetried += client.Ledger.Retried;
            _retiredUploaded += client.Ledger.Uploaded;
            _retiredLostUploads += client.Ledger.LostUploads;
            foreach (var (reason, count) in client.Ledger.Dropped)
            {
                RetiredDrops[reason] = RetiredDrops.GetValueOrDefault(reason) + count;
            }
        }
    }

    static BraintrustClient[] All()
    {
        lock (Clients)
        {
            return [.. Clients];
        }
    }

    static long Sum(Func<BraintrustClient, long> of, Func<long> retired)
    {
        lock (Clients)
        {
            return retired() + Clients.Sum(of);
        }
    }

    static IEnumerable<Measurement<long>> Dropped()
    {
        Dictionary<string, long> drops;
        lock (Clients)
        {
            drops = new(RetiredDrops, StringComparer.Ordinal);
            foreach (var (reason, count) in Clients.SelectMany(client => client.Ledger.Dropped))
            {
                drops[reason] = drops.GetValueOrDefault(reason) + count;
            }
        }
        return drops.Select(drop => new Measurement<long>(drop.Value, new KeyValuePair<string, object?>("reason", drop.Key)));
    }
}
