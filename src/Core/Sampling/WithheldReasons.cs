namespace Braintrust.Logging.Sampling;

/// <summary>Why a row was not offered at all: the user said so.</summary>
static class WithheldReasons
{
    public const string Filtered = "filtered";
    public const string Disabled = "disabled";
    public const string Sampled = "sampled";
}
