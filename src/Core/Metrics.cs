using System.Diagnostics.Metrics;

namespace Braintrust.Logging;

/// <summary>The meter <c>Braintrust.Logging</c>: the ledgers of all clients, read only when somebody listens.</summary>
static class Metrics
{
    static readonly Meter Meter = new("Braintrust.Logging");
    static readonly HashSet<BraintrustClient> Clients = [];
    static readonly Dictionary<string, long> RetiredDrops = new(StringComparer.Ordinal);
    static readonly Dictionary<string, long> RetiredWithheld = new(StringComparer.Ordinal);
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
        Meter.CreateObservableCounter("braintrust.rows.dropped", () => ByReason(RetiredDrops, static ledger => ledger.Dropped), "{row}", "Writes lost, by reason.");
        Meter.CreateObservableCounter("braintrust.rows.withheld", () => ByReason(RetiredWithheld, static ledger => ledger.Withheld), "{row}", "Rows that the filter or the sampler kept back.");
        Meter.CreateObservableUpDownCounter("braintrust.rows.queued", () => Sum(client => client.Ledger.ResidentRows, static () => 0), "{row}", "Writes in memory.");
        Meter.CreateObservableUpDownCounter("braintrust.bytes.queued", () => Sum(client => client.Ledger.ResidentBytes, static () => 0), "By", "The memory they hold, and what is kept beside them.");
        Meter.CreateObservableUpDownCounter("braintrust.rows.spooled", () => Sum(client => client.Ledger.SpooledRows, static () => 0), "{row}", "Writes on disk that Braintrust has not acknowledged.");
        Meter.CreateObservableUpDownCounter("braintrust.bytes.spooled", () => Sum(client => client.SpoolBytes, static () => 0), "By", "What their files take.");
        Meter.CreateObservableCounter("braintrust.attachments.uploaded", () => Sum(client => client.Ledger.Uploaded, static () => _retiredUploaded), "{attachment}", "Attachments that were uploaded.");
        Meter.CreateObservableCounter("braintrust.attachments.failed", () => Sum(client => client.Ledger.LostUploads, static () => _retiredLostUploads), "{attachment}", "Attachments of delivered rows that were given up.");
        Meter.CreateObservableUpDownCounter("braintrust.attachments.bytes", () => Sum(client => client.Ledger.UploadBytes, static () => 0), "By", "Attachments of delivered rows that wait to be uploaded.");
        Meter.CreateObservableGauge("braintrust.last_delivery.age", SinceDelivery, "s", "Time since Braintrust last acknowledged rows.");
        Meter.CreateObservableGauge("braintrust.heartbeat.age", () => All().Select(client => client.AskHeartbeat().TotalSeconds).DefaultIfEmpty(0).Max(), "s", "For how long a delivery loop has not answered.");
        Meter.CreateObservableGauge("braintrust.oldest.age", () => All().Select(client => client.OldestAge.TotalSeconds).DefaultIfEmpty(0).Max(), "s", "Age of the oldest write in memory or on disk.");
    }

    /// <summary>Tells of each client as it begins; <see cref="All"/> has it until its end.</summary>
    public static event Action<BraintrustClient>? Began;

    public static void Watch(BraintrustClient client)
    {
        lock (Clients)
        {
            Clients.Add(client);
        }
        Began?.Invoke(client);
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
            Add(client.Ledger.Dropped, RetiredDrops);
            Add(client.Ledger.Withheld, RetiredWithheld);
        }
    }

    /// <summary>Of several clients the latest; nothing as long as there was none.</summary>
    static IEnumerable<Measurement<double>> SinceDelivery() =>
        All().Select(client => client.SinceDelivery).Min() is { } least ? [new(least.TotalSeconds)] : [];

    public static BraintrustClient[] All()
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

    static IEnumerable<Measurement<long>> ByReason(Dictionary<string, long> retired, Func<Pipeline.Ledger, IReadOnlyDictionary<string, long>> of)
    {
        Dictionary<string, long> sums;
        lock (Clients)
        {
            sums = new(retired, StringComparer.Ordinal);
            foreach (var client in Clients)
            {
                Add(of(client.Ledger), sums);
            }
        }
        return sums.Select(sum => new Measurement<long>(sum.Value, new KeyValuePair<string, object?>("reason", sum.Key)));
    }

    static void Add(IReadOnlyDictionary<string, long> counts, Dictionary<string, long> into)
    {
        foreach (var (reason, count) in counts)
        {
            into[reason] = into.GetValueOrDefault(reason) + count;
        }
    }
}
