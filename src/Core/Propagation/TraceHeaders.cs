namespace Braintrust.Logging.Propagation;

/// <summary>What came in with a trace, is not ours to read, and goes out again with every inject below.</summary>
sealed record TraceHeaders(byte Flags, string? State)
{
    const int LongestState = 8192;

    /// <summary>A state as it may be sent on; null if it is none. What came by a queue need never have been a header, and could begin another one.</summary>
    public static string? StateOf(string? received) =>
        string.IsNullOrWhiteSpace(received) || received.Length > LongestState || received.AsSpan().ContainsAnyExceptInRange(' ', '~') ? null : received;
}
