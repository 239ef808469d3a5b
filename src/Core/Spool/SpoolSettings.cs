namespace Braintrust.Logging.Spool;

/// <summary>Where rows are kept, and for which account.</summary>
/// <param name="Directory">As the user named it.</param>
/// <param name="Sync">What a committed row survives.</param>
/// <param name="LimitBytes">The most that the files of this client take.</param>
/// <param name="AppUrl">The account's control plane: segments of others are left alone.</param>
/// <param name="OrgName">The organisation wanted, or else what tells one key from another; null: there was neither, and whoever comes with a key may send the rows.</param>
sealed record SpoolSettings(string Directory, SpoolSync Sync, long LimitBytes, string AppUrl, string? OrgName);
