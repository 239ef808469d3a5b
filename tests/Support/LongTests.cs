namespace Braintrust.Logging.Tests;

/// <summary>
/// The heavy variants, on request: <c>BRAINTRUST_LONG_TESTS=1</c>, with the command of docs/reliability.md. What takes long only by its numbers has
/// one test for both, which asks here for the number.
/// </summary>
public static class LongTests
{
    public static bool AreOn { get; } = Environment.GetEnvironmentVariable("BRAINTRUST_LONG_TESTS") == "1";

    public static int Count(int usual, int @long) => AreOn ? @long : usual;
}
