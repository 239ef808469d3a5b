namespace Braintrust.Logging.Propagation;

/// <summary>What came in with a trace, is not ours to read, and goes out again with every inject below.</summary>
sealed record TraceHeaders(byte Flags, string? State);
