using System.Runtime.CompilerServices;
using Braintrust.Logging.Attachments;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Pipeline;

/// <summary>A written row inside a batch, until its fate is known.</summary>
struct PendingRow
{
    /// <summary>What it holds beside its text: itself, its routing, and what is kept of it elsewhere while others depend on it.</summary>
    public static readonly int Weight = Unsafe.SizeOf<PendingRow>() + Batch.RoutingBytes + 64;

    /// <summary>Where its bytes stand in the batch.</summary>
    public int Offset;
    public int Length;

    public Lane Lane;
    public RowId Id;

    /// <summary>Order of reading: a row that depends on another has the higher number.</summary>
    public long Sequence;
    public long AcceptedAt;

    /// <summary>What it weighs in the queue's bound.</summary>
    public long Size;

    /// <summary>It is on disk, and leaves it when its fate is known.</summary>
    public bool IsSpooled;
    public long SpoolSequence;

    /// <summary>Processes have ended while it was sent: it goes alone.</summary>
    public bool IsSuspect;
    public Epoch Epoch;
    public FrontEnd FrontEnd;

    /// <summary>What it refers to, to be uploaded once it was delivered.</summary>
    public AttachmentReference[]? Attachments;

    /// <summary>Kept only for front ends that watch losses.</summary>
    public object? Payload;
    public Confirmation? Confirmation;

    /// <summary>It tells of other losses: its own would be too much to tell.</summary>
    public bool IsSummary;

    /// <summary>Set when another row waits for this one.</summary>
    public RowFate? Fate;

    /// <summary>The row of the same id that must be settled before this one is sent.</summary>
    public RowFate? After;
}
