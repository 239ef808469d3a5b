using Braintrust.Extensions.Hosting;
using Braintrust.Extensions.Logging;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the health check <c>braintrust</c>.</summary>
public static class BraintrustHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds the health check <c>braintrust</c> of the logging provider: <see cref="HealthStatus.Degraded"/>, unless told otherwise, when nothing can be delivered before somebody changes the set-up
    /// (no key, a key that is refused, a wrong address), the oldest row has been waiting for too long, or rows were lost lately; the description says what to do. It makes no request. Its data: <c>accepted</c>,
    /// <c>delivered</c>, <c>dropped</c>, <c>waiting</c> (rows), <c>oldest_seconds</c>, and once there is one <c>last_delivery_seconds</c> and <c>last_error</c>.
    /// </summary>
    /// <param name="builder">The health checks builder.</param>
    /// <param name="configure">Sets when it is not healthy.</param>
    /// <param name="failureStatus">What is reported then. Default: degraded, since an app that cannot log can still serve.</param>
    /// <param name="tags">Tags to filter checks by.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A time is negative, or the greatest age is zero.</exception>
    public static IHealthChecksBuilder AddBraintrust(
        this IHealthChecksBuilder builder, Action<BraintrustHealthCheckOptions>? configure = null, HealthStatus failureStatus = HealthStatus.Degraded, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = new BraintrustHealthCheckOptions();
        configure?.Invoke(options);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.MaxAge, TimeSpan.Zero, nameof(options.MaxAge));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.LossMemory, TimeSpan.Zero, nameof(options.LossMemory));
        builder.Services.AddSingleton(services => new BraintrustHealthCheck(services.GetRequiredService<BraintrustLoggerProvider>(), options));
        return builder.Add(new HealthCheckRegistration("braintrust", static services => services.GetRequiredService<BraintrustHealthCheck>(), failureStatus, tags));
    }
}
