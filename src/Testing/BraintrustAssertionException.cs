namespace Braintrust.Logging.Testing;

/// <summary>What was logged is not what the test expects. The message says what was expected, what was found, and all that was logged.</summary>
/// <param name="message">The whole of it, for a person.</param>
public sealed class BraintrustAssertionException(string message) : Exception(message);
