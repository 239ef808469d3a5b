using Braintrust.Logging.Local.Benchmarks;

// Ratios on one machine: what it costs to store rows rather than only receive them, and what a trace of 10,000 spans costs to look at.
await IngestBenchmark.RunAsync();
if (!args.Contains("--ingest"))
    await PaintBenchmark.RunAsync();
