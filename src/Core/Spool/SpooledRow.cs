namespace Braintrust.Logging.Spool;

/// <summary>A record that came back from disk.</summary>
readonly struct SpooledRow
{
    /// <summary>Its place in the order of this client: later records have higher numbers. What is settled is named by it.</summary>
    public required long Sequence { get; init; }

    /// <summary>Its <see cref="SpoolRecord.Json"/> is valid until the next read.</summary>
    public required SpoolRecord Record { get; init; }

    /// <summary>Another process wrote it: <see cref="SpoolRecord.Source"/> means nothing here.</summary>
    public bool IsAdopted { get; init; }

    /// <summary>How many processes ended while it was in a request.</summary>
    public int Attempts { get; init; }
}
