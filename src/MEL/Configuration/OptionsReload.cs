using Braintrust.Logging;
using Braintrust.Logging.Configuration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Configuration;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Braintrust.Extensions.Logging.Configuration;

/// <summary>
/// Makes the options anew when the configuration changes. Not by the framework's options monitor: what is thrown there because of a typing error is thrown at whoever reloads the
/// configuration, which is a file watcher as a rule. Here the old options hold, and a line says why.
/// </summary>
sealed class OptionsReload(ILoggerProviderConfiguration<BraintrustLoggerProvider> provider, IOptionsFactory<BraintrustLoggerOptions> options)
{
    readonly object _gate = new();
    Dictionary<string, string?> _atStart = [];

    /// <param name="change">Takes options over that can work. One call at a time.</param>
    public IDisposable Start(Action<BraintrustLoggerOptions> change)
    {
        _atStart = Values();
        return ChangeToken.OnChange(provider.Configuration.GetReloadToken, () => Reload(change));
    }

    void Reload(Action<BraintrustLoggerOptions> change)
    {
        lock (_gate)
        {
            try
            {
                var changed = options.Create(Options.DefaultName);
                new OptionsValidation(ConfiguredOptions.DefaultPath).Check(changed);
                change(changed);
                TellWhatWaits();
            }
            catch (Exception error) // ours name the option; what the application's own code throws may hold anything
            {
                var why = error.Message.StartsWith(ConfiguredOptions.DefaultPath, StringComparison.Ordinal) ? error.Message : $"{error.GetType()}.";
                BraintrustDiagnostics.Warn("reload", $"The changed configuration cannot work, so the old one holds. {why}", 1);
            }
        }
    }

    /// <summary>Whoever changes more than can change now should not believe that it did.</summary>
    void TellWhatWaits()
    {
        var now = Values();
        var names = now.Keys.Union(_atStart.Keys)
            .Where(key => now.GetValueOrDefault(key) != _atStart.GetValueOrDefault(key))
            .Select(key => ConfiguredOptions.DefaultPath + key.Split(ConfigurationPath.KeyDelimiter)[0])
            .Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.OrdinalIgnoreCase);
        if (string.Join(", ", names) is { Length: > 0 } waiting)
        {
            BraintrustDiagnostics.Warn("reload", $"{waiting}: changed, but read at the start only. {string.Join(", ", OptionSettings.Reloaded)} and LogLevel change at once.", 1);
        }
    }

    /// <summary>What stands in the section, without what changes at once.</summary>
    Dictionary<string, string?> Values() => provider.Configuration.GetChildren()
        .Where(static entry => !OptionSettings.Reloaded.Append(ConfiguredOptions.LevelSection).Contains(entry.Key, StringComparer.OrdinalIgnoreCase))
        .SelectMany(static entry => entry.AsEnumerable())
        .ToDictionary(static it => it.Key, static it => it.Value, StringComparer.OrdinalIgnoreCase);
}
