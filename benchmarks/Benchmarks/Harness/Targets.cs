using Braintrust.Logging.Benchmarks.Scenarios;

namespace Braintrust.Logging.Benchmarks.Harness;

/// <summary>What the library promises of its speed: ratios of medians within one run, and bytes.</summary>
static class Targets
{
    static readonly string[] SerilogPeers = ["serilog-seq", "serilog-otlp", "serilog-http", "serilog-http-durable"];
    static readonly string[] Peers = [.. SerilogPeers, "ilogger-otlp", "ilogger-seq", "braintrust-sdk"];

    const string Caller = "the clock, ids, sizes and the queue; [decision 66](decisions/0066-one-lock-for-a-log-call.md)";
    const string Promoted = "events that wait are promoted by the collector";
    const string Row = "the pipe with rows by hand does not reach it either, see its line below; a row is JSON with ids and names of its own, where the peer copies attributes";
    const string Scope = "a scope is a span with a beginning and an end of its own, two entries; for the peer it is an attribute";
    const string Lock = "one lock for all callers; [decision 66](decisions/0066-one-lock-for-a-log-call.md)";
    const string Cold = "code that is compiled at the first call; see cold start above";
    const string Held = "events wait as they were logged; see the weight of a burst above";
    const string Distance = "four requests at a time; seven to eight times the rows of any peer at that distance";
    const string Closure = "spans, masks, attachments, models' events, a spool: what grew is what it does";

    public static readonly IReadOnlyList<Target> All =
    [
        new("Serilog, one thread: time of the caller, to a sink that does nothing", 1.2, Ratio("caller-serilog", "1 thread", "ns", "serilog-braintrust", "serilog-none"), Why: Caller),
        new("the same on two threads", 1.2, Ratio("caller-serilog", "2 threads", "ns", "serilog-braintrust", "serilog-none"), Why: Caller),
        new("the same in whole bytes beyond Serilog's own", 0, Beyond("caller-serilog", "1 thread", "bytes", "serilog-braintrust", "serilog-none")),
        new("ILogger, an event: time of the caller, to OpenTelemetry", 0.35, Ratio("caller-ilogger", "1 thread", "ns", "ilogger-braintrust", "ilogger-otlp"), Why: Caller),
        new("ILogger, an event: bytes", 300, Value("caller-ilogger", "1 thread", "bytes", "ilogger-braintrust")),
        new("ILogger, scope and event: to OpenTelemetry", 0.4, Ratio("caller-ilogger", "scope", "ns", "ilogger-braintrust", "ilogger-otlp"), Why: Scope),
        new("ILogger, scope and event: to the official SDK's two spans", 0.1, Ratio("caller-ilogger", "scope", "ns", "ilogger-braintrust", "braintrust-sdk"), Needs: "the peer's package"),
        new("ILogger, a disabled level: to a provider that does nothing", 1.1, Ratio("caller-ilogger", "disabled", "processor ns", "ilogger-braintrust", "ilogger-none")),
        new("ILogger, rows/s: to the fastest peer", 2, ToBest("end-to-end", "0 ms", "rows/s", "ilogger-braintrust", Peers, highest: true), IsFloor: true, Why: Row),
        new("ILogger, processor time per event: to the least of the peers", 0.5, ToBest("end-to-end", "0 ms", "CPU s per 100k", "ilogger-braintrust", Peers), Why: Row),
        new("Serilog, rows/s: to the fastest Serilog peer", 2, ToBest("end-to-end", "0 ms", "rows/s", "serilog-braintrust", SerilogPeers, highest: true), IsFloor: true, Why: Promoted),
        new("Serilog, processor time per event: to the best Serilog peer", 0.35, ToBest("end-to-end", "0 ms", "CPU s per 100k", "serilog-braintrust", SerilogPeers), Why: Promoted),
        new("pipeline alone, rows/s: to the pipe with rows by hand", 0.9, Ratio("end-to-end", "0 ms", "rows/s", "core-braintrust", "pipe-by-hand"), IsFloor: true),
        new("pipeline alone: bytes allocated per delivered event", 150, Value("end-to-end", "0 ms", "bytes allocated", "core-braintrust")),
        new("wire bytes per row: to the row by hand", 1, Ratio("end-to-end", "0 ms", "wire bytes", "serilog-braintrust", "pipe-by-hand")),
        new("50 ms away, ILogger, rows/s: to the same beside the receiver", 0.8, AcrossVariants("end-to-end", "50 ms", "0 ms", "rows/s", "ilogger-braintrust"), IsFloor: true, Why: Distance),
        new("50 ms away, Serilog, rows/s: to the same beside the receiver", 0.8, AcrossVariants("end-to-end", "50 ms", "0 ms", "rows/s", "serilog-braintrust"), IsFloor: true, Why: Distance),
        new("50 ms away, pipeline alone, rows/s: to the same beside the receiver", 0.8, AcrossVariants("end-to-end", "50 ms", "0 ms", "rows/s", "core-braintrust"), IsFloor: true, Why: Distance),
        new("emit and close, 10,000 queued, 50 ms away: to the fastest peer", 0.3, ToBest("close", "", "seconds", "ilogger-braintrust", Peers)),
        new("the same through Serilog", 0.3, ToBest("close", "", "seconds", "serilog-braintrust", Peers)),
        new("burst of 200,000, Serilog, with room for all: lost %", 0, Value("burst", BurstScenario.WithRoom, "lost %", "serilog-braintrust")),
        new("the same by default limits: lost without a count, %", 0, Value("burst", BurstScenario.ByDefault, "not counted %", "serilog-braintrust")),
        new("outage: bytes held per event, to the leanest peer", 0.6, ToBest("outage", "3 s", "bytes held per event", "serilog-braintrust", SerilogPeers), Why: Held),
        new("outage: p99.9 of a call, to the best peer", 1, ToBest("outage", "3 s", "p99.9 µs failing", "serilog-braintrust", SerilogPeers)),
        new("outage: p99.9 of a call, to our own when healthy", 1.5, AcrossMetrics("outage", "3 s", "p99.9 µs failing", "p99.9 µs healthy", "serilog-braintrust")),
        new("outage: recovery, to the fastest peer", 0.4, ToBest("outage", "3 s", "recovery s", "serilog-braintrust", SerilogPeers)),
        new("rows/s of 1,000,000 events: to those of 100,000", 0.8, AcrossVariants("growth-events", "1000000", "100000", "rows/s", "core-braintrust"), IsFloor: true),
        new("rows/s of 10,000,000 events: to those of 1,000,000", 0.8, AcrossVariants("growth-fed", "10000000", "1000000", "rows/s", "serilog-braintrust"), IsFloor: true),
        new("processor time per event of 10,000,000: to that of 1,000,000", 1.2, AcrossVariants("growth-fed", "10000000", "1000000", "CPU s per 100k", "serilog-braintrust")),
        new("30 minutes, Serilog: working set of the last five to that of the first", 1.1, AcrossMetrics("working-set", "30 min", "MB at last", "MB at first", "serilog-braintrust")),
        new("30 minutes, ILogger: working set of the last five to that of the first", 1.1, AcrossMetrics("working-set", "30 min", "MB at last", "MB at first", "ilogger-braintrust")),
        new("an event of 64 threads: to the bare channel's", 1, Ratio("growth-producers", "64", "ns", "core-braintrust", "pipe-by-hand"), Why: Lock),
        new("rows/s over 1,000 projects: to one", 0.8, AcrossVariants("growth-projects", "1000", "1", "rows/s", "serilog-braintrust"), IsFloor: true),
        new("an event inside 1,000 scopes: to one inside one", 1.2, AcrossVariants("growth-depth", "1000", "1", "ns", "ilogger-braintrust")),
        new("cold start, Serilog: to a sink that does nothing", 1.15, Ratio("cold-serilog", "", "ms", "serilog-braintrust", "serilog-none"), Why: Cold),
        new("cold start, ILogger: to a provider that does nothing", 1.15, Ratio("cold-ilogger", "", "ms", "ilogger-braintrust", "ilogger-none"), Why: Cold),
        new("core and Serilog's front end: KiB of assemblies", 300, _ => Kilobytes("Braintrust.Logging.dll", "Serilog.Sinks.Braintrust.dll"), Why: Closure),
        new("core and ILogger's front end: KiB of assemblies", 300, _ => Kilobytes("Braintrust.Logging.dll", "Braintrust.Extensions.Logging.dll"), Why: Closure),
    ];

    static Func<Results, double?> Value(string scenario, string variant, string metric, string contender) =>
        results => results.Find(scenario, variant)?.Median(contender, metric);

    static Func<Results, double?> Beyond(string scenario, string variant, string metric, string contender, string baseline) =>
        results => results.Find(scenario, variant) is { } table && table.Median(contender, metric) - table.Median(baseline, metric) is { } beyond ? Math.Round(beyond) : null;

    static Func<Results, double?> Ratio(string scenario, string variant, string metric, string contender, string baseline) =>
        results => results.Find(scenario, variant)?.Ratio(contender, baseline, metric);

    static Func<Results, double?> ToBest(string scenario, string variant, string metric, string contender, string[] peers, bool highest = false) => results =>
    {
        var ratios = peers.Select(peer => results.Find(scenario, variant)?.Ratio(contender, peer, metric)).OfType<double>().ToArray();
        return ratios.Length == 0 ? null : highest ? ratios.Min() : ratios.Max(); // to the best is the worst for us
    };

    static Func<Results, double?> AcrossVariants(string scenario, string variant, string baseline, string metric, string contender) =>
        results => results.Find(scenario, variant)?.Median(contender, metric) / results.Find(scenario, baseline)?.Median(contender, metric);

    static Func<Results, double?> AcrossMetrics(string scenario, string variant, string metric, string baseline, string contender) =>
        results => results.Find(scenario, variant) is { } table ? table.Median(contender, metric) / table.Median(contender, baseline) : null;

    static double? Kilobytes(params string[] assemblies) => assemblies.Sum(name => new FileInfo(Path.Combine(AppContext.BaseDirectory, name)).Length) / 1024.0;
}
