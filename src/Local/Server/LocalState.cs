using Braintrust.Logging.Local.Storage;

namespace Braintrust.Logging.Local.Server;

/// <summary>What the endpoints share.</summary>
sealed class LocalState(int payloadLimitBytes, TimeProvider clock)
{
    public const string WellKnownApiKey = "local";
    public const string OrganizationName = "local";
    public const string OrganizationId = "10ca1000-0000-4000-8000-000000000001";

    public int PayloadLimitBytes { get; } = payloadLimitBytes;
    public ProjectStore Projects { get; } = new(OrganizationId, clock);
    public RowStore Rows { get; } = new();

    /// <summary>Known once the socket is bound, which is before the first request.</summary>
    public Uri Url { get; set; } = null!;
}
