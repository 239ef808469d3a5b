using Braintrust.Extensions.Logging;
using Braintrust.Extensions.Logging.Configuration;
using Microsoft.Extensions.Compliance.Redaction;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Configuration;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.Logging;

/// <summary>Adds <c>AddBraintrust</c>.</summary>
public static class BraintrustLoggerExtensions
{
    /// <summary>
    /// Sends log calls and scopes to Braintrust: a scope becomes a timed span, an event a row below it. Options come from the section
    /// <c>Logging:Braintrust</c>, then the environment, then <c>.env.braintrust</c>, then the default. A second call adds no second provider.
    /// The container has the project's <see cref="Braintrust.Logging.BraintrustLogger"/> from then on, for feedback and spans by code.
    /// </summary>
    /// <remarks>
    /// An option that is unknown or cannot work is an <see cref="OptionsValidationException"/> when the host is built; the message names its path.
    /// A missing API key is not: rows wait within the queue's bounds, and <see cref="Braintrust.Logging.BraintrustDiagnostics"/> says why.
    /// A change of the configuration takes effect at once for <c>Enabled</c>, <c>SamplingRatio</c> and the levels; one that cannot work leaves all as it is, with a line of diagnostics.
    /// </remarks>
    /// <param name="builder">The logging builder.</param>
    /// <returns>The builder.</returns>
    public static ILoggingBuilder AddBraintrust(this ILoggingBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddConfiguration();
        var services = builder.Services;
        services.AddOptions();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<BraintrustLoggerOptions>, ConfiguredOptions>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<BraintrustLoggerOptions>, ConfiguredOptions>());

        services.TryAddSingleton<OptionsReload>();

        // By factory and not as an instance: what a container makes, it disposes. The provider's own type can be asked for, to reach its client.
        services.TryAddSingleton(static all => new BraintrustLoggerProvider(
            all.GetRequiredService<IOptions<BraintrustLoggerOptions>>().Value, all.GetService<IRedactorProvider>, all.GetRequiredService<OptionsReload>()));
        // For feedback and spans by code. Not its client, which a container would dispose under others who share it: that is logger.Client.
        services.TryAddSingleton(static all => all.GetRequiredService<BraintrustLoggerProvider>().Logger);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ILoggerProvider, BraintrustLoggerProvider>(
            static all => all.GetRequiredService<BraintrustLoggerProvider>()));
        return builder;
    }

    /// <inheritdoc cref="AddBraintrust(ILoggingBuilder)"/>
    /// <param name="builder">The logging builder.</param>
    /// <param name="project">The project rows go to, by name; made if it does not exist. Wins over configuration and environment.</param>
    /// <exception cref="ArgumentException">The name is blank.</exception>
    public static ILoggingBuilder AddBraintrust(this ILoggingBuilder builder, string project)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(project);
        return builder.AddBraintrust(options => (options.Project, options.ProjectId) = (project, null));
    }

    /// <inheritdoc cref="AddBraintrust(ILoggingBuilder)"/>
    /// <param name="builder">The logging builder.</param>
    /// <param name="configure">Sets options; what it sets wins over configuration. Several calls add up, the last one wins.</param>
    public static ILoggingBuilder AddBraintrust(this ILoggingBuilder builder, Action<BraintrustLoggerOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        builder.AddBraintrust();
        builder.Services.Configure(configure);
        return builder;
    }
}
