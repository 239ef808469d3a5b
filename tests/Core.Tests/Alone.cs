namespace Braintrust.Logging.Tests;

/// <summary>Tests that measure the whole process: they run one after the other, after all that run side by side.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class Alone;
