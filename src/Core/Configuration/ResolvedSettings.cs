using Braintrust.Logging.Session;

namespace Braintrust.Logging.Configuration;

/// <summary>All that options, environment and file come to.</summary>
/// <param name="Connection">Where to and as whom.</param>
/// <param name="KeySource">
/// The key as it is now. A key that code gave stays; one from the environment or the file is looked up again, so that a key which is set or
/// replaced later is found.
/// </param>
/// <param name="Project">The project of rows that name none.</param>
/// <param name="AppPublicUrl">The start of links for people, without a trailing slash.</param>
/// <param name="Environment">Where this process runs, if that is known.</param>
sealed record ResolvedSettings(
    ConnectionSettings Connection, Func<string?> KeySource, ProjectKey Project, string AppPublicUrl, SpanEnvironment? Environment);
