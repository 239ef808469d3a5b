namespace Braintrust.Logging.Session;

/// <summary>What a login came to.</summary>
/// <param name="Key">The key that was accepted.</param>
/// <param name="OrgId">The organisation's id.</param>
/// <param name="OrgName">The organisation's name.</param>
/// <param name="ApiUrl">The data plane, without a trailing slash: the setting if there is one, else the organisation's own.</param>
sealed record Login(string Key, string OrgId, string OrgName, string ApiUrl)
{
    /// <summary>The organisation's own data plane where the setting names another: rightly for a gateway, wrongly for another region.</summary>
    public string? OtherApiUrl { get; init; }

    public override string ToString() => $"{OrgName} at {ApiUrl}"; // the record's own would print the key
}
