namespace Braintrust.Logging.Tests.Docs;

/// <summary>The first logger of the process becomes its current one: snippets that rely on that run one after the other.</summary>
[CollectionDefinition("current logger", DisableParallelization = true)]
public sealed class CurrentLogger;
