namespace Braintrust.Logging.Session;

/// <summary>A project as the user names it. The id wins; with both, the name is taken as given.</summary>
readonly record struct ProjectKey(string? Name, string? Id);
