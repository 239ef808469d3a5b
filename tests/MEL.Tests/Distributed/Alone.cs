namespace Braintrust.Logging.Tests.Mel.Distributed;

/// <summary>What listens to HttpClient, and how headers are written, is the process's, and so is what listens to every activity: these tests run while no others do.</summary>
[CollectionDefinition("distributed", DisableParallelization = true)]
public sealed class Alone;
