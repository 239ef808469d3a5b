using Microsoft.Extensions.Options;

namespace Braintrust.Extensions.Hosting;

/// <summary>
/// When the health check is not healthy. A set-up with which nothing can be delivered always counts. Options like any others:
/// <c>services.Configure&lt;BraintrustHealthCheckOptions&gt;(…)</c> sets them too, by code or from a section.
/// </summary>
public sealed class BraintrustHealthCheckOptions
{
    /// <summary>How long the oldest row may have been waiting. Longer than zero. Default: 5 minutes.</summary>
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>For how long after rows were lost it is said. Default: 10 minutes; zero: losses do not count.</summary>
    public TimeSpan LossMemory { get; set; } = TimeSpan.FromMinutes(10);
}

/// <summary>Looks at the times when the host starts.</summary>
sealed class HealthCheckTimes : IValidateOptions<BraintrustHealthCheckOptions>
{
    public ValidateOptionsResult Validate(string? name, BraintrustHealthCheckOptions options) =>
        options.MaxAge <= TimeSpan.Zero ? ValidateOptionsResult.Fail($"{nameof(BraintrustHealthCheckOptions)}.{nameof(options.MaxAge)} must be longer than zero.")
        : options.LossMemory < TimeSpan.Zero ? ValidateOptionsResult.Fail($"{nameof(BraintrustHealthCheckOptions)}.{nameof(options.LossMemory)} must be zero or longer.")
        : ValidateOptionsResult.Success;
}
