using Braintrust.Logging.Rows;
using Braintrust.Logging.Session;

namespace Braintrust.Logging.Spool;

/// <summary>A written row as it goes to disk.</summary>
readonly struct SpoolRecord
{
    /// <summary>Where it goes; the client's account is in the segment's head.</summary>
    public required ProjectKey Project { get; init; }

    public required RowId Id { get; init; }

    /// <summary>Whether it changes a row that was written before: it has to be sent after every earlier record of the same project and id.</summary>
    public bool Follows { get; init; }

    /// <summary>When it was accepted, UTC ticks: rows on disk outlive the clock of their process.</summary>
    public required long AcceptedTicks { get; init; }

    /// <summary>Whose row it is, as a number that means something to this process alone.</summary>
    public ushort Source { get; init; }

    /// <summary>The row's JSON, without the project's id.</summary>
    public required ReadOnlyMemory<byte> Json { get; init; }
}
