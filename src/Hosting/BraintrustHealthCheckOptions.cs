namespace Braintrust.Extensions.Hosting;

/// <summary>When <c>braintrust</c> is not healthy. A set-up with which nothing can be delivered always counts.</summary>
public sealed class BraintrustHealthCheckOptions
{
    /// <summary>How long the oldest row may have been waiting. Longer than zero. Default: 5 minutes.</summary>
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>For how long after rows were lost it is said. Default: 10 minutes; zero: losses do not count.</summary>
    public TimeSpan LossMemory { get; set; } = TimeSpan.FromMinutes(10);
}
