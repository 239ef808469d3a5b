using Braintrust.Extensions.Hosting;
using Braintrust.Extensions.Logging;
using Braintrust.Logging;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.Hosting;

/// <summary>Adds <c>builder.AddBraintrust</c>.</summary>
public static class BraintrustHostingExtensions
{
    /// <summary>
    /// All that a host needs, in one line: the logging provider (<c>builder.Logging.AddBraintrust</c>) with its options from <c>Logging:Braintrust</c>, model calls that
    /// libraries report as activities (<see cref="BraintrustActivitySources.GenAI"/>, unless other sources are named), a flush when the host stops, the health check
    /// <c>braintrust</c>, a level that suits traces, and a warning on the host's other loggers when something is wrong. A second call adds options and nothing twice. The check's own options are <see cref="BraintrustHealthCheckOptions"/>.
    /// </summary>
    /// <remarks>
    /// The level, for this provider alone: <c>Microsoft.Hosting.Lifetime</c> from warning on, since each of its lines would be a trace of its own. What <c>Logging:Braintrust:LogLevel</c> says about
    /// it wins.
    ///
    /// An option that is unknown or cannot work is an error when the host is built; the message names its path. A missing API key is not: rows wait within the queue's bounds,
    /// and a warning of the category <c>Braintrust.Logging</c> says so on the host's other loggers, as whatever <see cref="BraintrustDiagnostics"/> tells.
    /// </remarks>
    /// <param name="builder">The builder of an ASP.NET Core app, a worker or any other host.</param>
    /// <param name="project">The project rows go to, by name; made if it does not exist. Null: as configuration and environment say, else <c>Global</c>.</param>
    /// <param name="configure">Sets options; what it sets wins over configuration.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException">The project's name is blank.</exception>
    /// <exception cref="ArgumentNullException">The builder is null.</exception>
    public static TBuilder AddBraintrust<TBuilder>(this TBuilder builder, string? project = null, Action<BraintrustLoggerOptions>? configure = null)
        where TBuilder : IHostApplicationBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        var logging = project is null ? builder.Logging.AddBraintrust() : builder.Logging.AddBraintrust(project);
        if (configure is not null)
        {
            logging.AddBraintrust(configure);
        }
        builder.Services.PostConfigure<BraintrustLoggerOptions>(static options =>
        {
            if (options.ActivitySources.Count == 0)
            {
                options.ActivitySources = BraintrustActivitySources.GenAI;
            }
        });
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<LoggerFilterOptions>, DefaultLevels>());
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, DiagnosticsLogger>());
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, FlushOnStop>());
        if (!builder.Services.Any(static service => service.ServiceType == typeof(BraintrustHealthCheck)))
        {
            builder.Services.AddHealthChecks().AddBraintrust();
        }
        return builder;
    }

    /// <inheritdoc cref="AddBraintrust{TBuilder}(TBuilder, string?, Action{BraintrustLoggerOptions}?)"/>
    /// <exception cref="ArgumentNullException">The builder or what sets the options is null.</exception>
    public static TBuilder AddBraintrust<TBuilder>(this TBuilder builder, Action<BraintrustLoggerOptions> configure)
        where TBuilder : IHostApplicationBuilder
    {
        ArgumentNullException.ThrowIfNull(configure);
        return builder.AddBraintrust(project: null, configure);
    }
}
