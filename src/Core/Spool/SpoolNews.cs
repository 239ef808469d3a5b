using Braintrust.Logging.Session;

namespace Braintrust.Logging.Spool;

/// <summary>What happened to rows on disk besides being written, read and settled. The ledger and the losses follow from it.</summary>
/// <param name="Kind">What it was.</param>
/// <param name="Project">Whose rows; null where that is not known any more.</param>
/// <param name="Rows">How many.</param>
/// <param name="Bytes">What they took on disk.</param>
/// <param name="Message">What to tell the user, without any content.</param>
readonly record struct SpoolNews(SpoolNewsKind Kind, ProjectKey? Project, long Rows, long Bytes, string? Message);

enum SpoolNewsKind
{
    /// <summary>Rows of a process that has ended are now ours: accepted and resident on disk.</summary>
    Adopted,

    /// <summary>The limit was reached: the oldest were removed, lost as <c>spool_full</c>. Those the loop holds in memory are not among them.</summary>
    Evicted,

    /// <summary>Records cannot be read any more, lost as <c>corrupt</c>; what is left of them is set aside.</summary>
    Corrupt,
}
