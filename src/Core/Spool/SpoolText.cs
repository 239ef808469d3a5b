namespace Braintrust.Logging.Spool;

/// <summary>What users are told, each in one place.</summary>
static class SpoolText
{
    public const string Adopted = "Rows that an ended process left on disk are taken over.";
    public const string Evicted = "The spool is full: the oldest rows on disk were removed. Raise SpoolLimitBytes, or see why nothing is delivered.";
    public const string Damaged = "Rows on disk cannot be read any more. What is left of them is in the folder 'corrupt'.";
    public const string Vanished = "Rows on disk were removed by somebody else.";
    public const string Unreadable = "Rows on disk cannot be read any more.";
}
