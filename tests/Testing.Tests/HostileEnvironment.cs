using System.Runtime.CompilerServices;

namespace Braintrust.Logging.Testing.Tests;

/// <summary>What a developer's machine may say must not reach a test: all tests here run with all of it set, to what would break them.</summary>
static class HostileEnvironment
{
    [ModuleInitializer]
    internal static void Set()
    {
        foreach (var (name, value) in new[]
        {
            ("API_KEY", "of-somebody"), ("ORG_NAME", "another"), ("APP_URL", "https://app.invalid"), ("API_URL", "https://api.invalid"),
            ("PROJECT", "of the environment"), ("PROJECT_ID", "11111111-1111-4111-8111-111111111111"), ("SYNC_FLUSH", "true"),
        })
        {
            Environment.SetEnvironmentVariable($"BRAINTRUST_{name}", value);
        }
    }
}
