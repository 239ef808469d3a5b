namespace Braintrust.Logging.Configuration;

/// <summary>Where to and as whom: what the options, the environment and <c>.env.braintrust</c> come to. One login per equal value.</summary>
/// <param name="AppUrl">The control plane, without a trailing slash.</param>
/// <param name="ApiUrl">The data plane, without a trailing slash; null: as the login answers.</param>
/// <param name="ApiKey">The key, trimmed; null when there is none.</param>
/// <param name="OrgName">The organisation wanted; null: the first.</param>
/// <param name="AllowInsecureTransport">Whether plain http may leave the machine.</param>
sealed record ConnectionSettings(string AppUrl, string? ApiUrl, string? ApiKey, string? OrgName, bool AllowInsecureTransport)
{
    public override string ToString() => $"{AppUrl} ({OrgName ?? "first organisation"})"; // the record's own would print the key
}
