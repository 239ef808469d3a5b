using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Configuration;
using Microsoft.Extensions.Options;

namespace Braintrust.Extensions.Logging.Configuration;

/// <summary>
/// Options from the section <c>Logging:Braintrust</c>, bound by hand: the framework's binder ignores names it does not know, reads a
/// period of <c>5</c> as five days, and needs reflection.
/// </summary>
sealed class ConfiguredOptions(ILoggerProviderConfiguration<BraintrustLoggerProvider> provider)
    : IConfigureOptions<BraintrustLoggerOptions>, IPostConfigureOptions<BraintrustLoggerOptions>
{
    public const string DefaultPath = "Logging:Braintrust:";

    // The levels, which Microsoft.Extensions.Logging reads from the same section.
    public const string LevelSection = "LogLevel";

    public void Configure(BraintrustLoggerOptions options)
    {
        var errors = new List<string>();
        foreach (var entry in provider.Configuration.GetChildren())
        {
            if (!entry.Key.Equals(LevelSection, StringComparison.OrdinalIgnoreCase) && Set(entry, options) is { } error)
            {
                errors.Add($"{PathOf(entry.Key)} {error}");
            }
        }
        if (errors.Count > 0)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(BraintrustLoggerOptions), errors);
        }
    }

    /// <summary>Name and id are one setting in two forms: a project that code names must not yield to an id in the configuration.</summary>
    public void PostConfigure(string? name, BraintrustLoggerOptions options)
    {
        var configured = provider.Configuration;
        var id = configured[nameof(options.ProjectId)];
        if (id is not null && options.ProjectId == id && options.Project != configured[nameof(options.Project)])
        {
            options.ProjectId = null;
        }
    }

    static string? Set(IConfigurationSection entry, BraintrustLoggerOptions options)
    {
        if (entry.Key.Equals(nameof(options.ActivitySources), StringComparison.OrdinalIgnoreCase))
        {
            return List(entry, options.ActivitySources);
        }
        if (!OptionSettings.All.TryGetValue(entry.Key, out var set))
        {
            return OptionSettings.Unknown(entry.Key);
        }
        if (entry.GetChildren().Any())
        {
            return "takes one value, not a section.";
        }
        return entry.Value is { } value ? set(options, value) : null;
    }

    static string? List(IConfigurationSection entry, IList<string> into)
    {
        foreach (var element in entry.GetChildren())
        {
            if (string.IsNullOrWhiteSpace(element.Value))
            {
                return "takes a list of names.";
            }
            into.Add(element.Value);
        }
        return entry.Value is { Length: > 0 } ? "takes a list of names, not one value." : null;
    }

    // The provider's configuration is made of sections, by alias and by full name, and has no path of its own.
    string PathOf(string key)
    {
        if (provider.Configuration is IConfigurationRoot root)
        {
            foreach (var source in root.Providers.Reverse())
            {
                if (source is ChainedConfigurationProvider { Configuration: IConfigurationSection section } && section.GetSection(key).Exists())
                {
                    return section.GetSection(key).Path;
                }
            }
        }
        return DefaultPath + key;
    }
}
