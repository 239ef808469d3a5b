using Braintrust.Extensions.Hosting;
using Braintrust.Extensions.Logging;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the health check <c>braintrust</c>.</summary>
public static class BraintrustHealthChecksBuilderExtensions
{
    // Tells the registration that is ours, whatever its name.
    static readonly Func<IServiceProvider, IHealthCheck> Resolve = static services => services.GetRequiredService<BraintrustHealthCheck>();

    /// <summary>
    /// Adds the health check <c>braintrust</c> of the logging provider: <see cref="HealthStatus.Degraded"/>, unless told otherwise, when nothing can be delivered before somebody changes the set-up
    /// (no key, a key that is refused, a wrong address), the oldest row has been waiting for too long, or rows were lost lately; the description says what to do. It makes no request. Its data: <c>accepted</c>,
    /// <c>delivered</c>, <c>dropped</c>, <c>waiting</c> (rows), <c>oldest_seconds</c>, and once there is one <c>last_delivery_seconds</c> and <c>last_error</c>.
    /// </summary>
    /// <remarks>
    /// A provider has one check. A second call, also after <c>builder.AddBraintrust</c>, adds its options to those of before, and its name, status and tags take their place.
    /// A time that cannot work (negative, or a greatest age of zero) is an <see cref="OptionsValidationException"/> when the host starts.
    /// </remarks>
    /// <param name="builder">The health checks builder.</param>
    /// <param name="configure">Sets when it is not healthy. Null: as it is.</param>
    /// <param name="name">What the check is called. Default: <c>braintrust</c>.</param>
    /// <param name="failureStatus">What is reported then. Default: degraded, since an app that cannot log can still serve.</param>
    /// <param name="tags">Tags to filter checks by. Default: none.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException">The name is blank.</exception>
    public static IHealthChecksBuilder AddBraintrust(
        this IHealthChecksBuilder builder, Action<BraintrustHealthCheckOptions>? configure = null, string name = "braintrust", HealthStatus failureStatus = HealthStatus.Degraded,
        IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var services = builder.Services;
        services.AddOptions<BraintrustHealthCheckOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<BraintrustHealthCheckOptions>, HealthCheckTimes>());
        if (configure is not null)
        {
            services.Configure(configure);
        }
        services.TryAddSingleton<BraintrustHealthCheck>();
        string[] labels = [.. tags ?? []];
        services.Configure<HealthCheckServiceOptions>(checks =>
        {
            foreach (var before in checks.Registrations.Where(static it => it.Factory == Resolve).ToList())
            {
                checks.Registrations.Remove(before);
            }
            checks.Registrations.Add(new HealthCheckRegistration(name, Resolve, failureStatus, labels));
        });
        return builder;
    }
}
