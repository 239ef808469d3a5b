using Braintrust.Logging.Session;

namespace Braintrust.Logging.Configuration;

/// <summary>
/// Value by value: code, the process environment, the nearest <c>.env.braintrust</c>, the default. What cannot work is an
/// <see cref="ArgumentException"/>.
/// </summary>
sealed class SettingsResolver(BraintrustOptions options, SettingsSources sources, string path)
{
    const string DefaultAppUrl = "https://www.braintrust.dev";
    static readonly ProjectKey DefaultProject = new("Global", null);

    /// <param name="options">What code says; checked as a whole.</param>
    /// <param name="sources">The environment and the file.</param>
    /// <param name="path">What comes before an option's name in an error message.</param>
    public static ResolvedSettings Resolve(BraintrustOptions options, SettingsSources sources, string path = "BraintrustOptions.")
    {
        new OptionsValidation(path).Check(options);
        var settings = new SettingsResolver(options, sources, path).Resolve();
        foreach (var line in sources.Misspelled())
        {
            BraintrustDiagnostics.Warn("environment", line, 1);
        }
        return settings;
    }

    ResolvedSettings Resolve()
    {
        var insecure = options.AllowInsecureTransport;
        var appUrl = Url(Find(options.AppUrl, nameof(options.AppUrl), EnvironmentVariables.AppUrl), insecure) ?? DefaultAppUrl;
        var apiUrl = Url(Find(options.ApiUrl, nameof(options.ApiUrl), EnvironmentVariables.ApiUrl), insecure);
        var publicUrl = Url(Find(null, "", EnvironmentVariables.AppPublicUrl), allowInsecure: true) ?? appUrl; // only ever shown
        var org = Checked(Find(options.OrgName, nameof(options.OrgName), EnvironmentVariables.OrgName), SettingRules.Name);
        var key = Checked(Find(options.ApiKey, nameof(options.ApiKey), EnvironmentVariables.ApiKey).Trimmed(), SettingRules.Key);
        return new(new(appUrl, apiUrl, key, org, insecure), KeySource(key), Project(), publicUrl, SpanOrigin.Detect(sources.Find));
    }

    Func<string?> KeySource(string? found)
    {
        if (!string.IsNullOrWhiteSpace(options.ApiKey)) return () => found;
        var origin = sources; // not the options, which are not kept
        return () => origin.Afresh().Find(EnvironmentVariables.ApiKey)?.Trim() ?? found; // the working directory may have moved since
    }

    // Id and name are one setting in two forms: the nearest source that gives either decides. Otherwise an id somewhere in the
    // environment would send the rows of a project named in code elsewhere.
    ProjectKey Project() =>
        Project(options.Project, path + nameof(options.Project), options.ProjectId, path + nameof(options.ProjectId))
        ?? Project(sources.InEnvironment)
        ?? Project(sources.InFile)
        ?? Project(sources.InEnvironment, EnvironmentVariables.SdkProject, EnvironmentVariables.SdkProjectId)
        ?? DefaultProject;

    static ProjectKey? Project(Func<string, string?> source, string name = EnvironmentVariables.Project, string id = EnvironmentVariables.ProjectId) =>
        Project(source(name), name, source(id), id);

    static ProjectKey? Project(string? name, string nameSource, string? id, string idSource)
    {
        var checkedId = Checked(new Setting(id, idSource).Trimmed(), SettingRules.ProjectId);
        var checkedName = Checked(new Setting(name, nameSource), static _ => null);
        return checkedId is null && checkedName is null ? null : new(checkedName, checkedId);
    }

    Setting Find(string? given, string option, string variable) =>
        string.IsNullOrWhiteSpace(given) ? new(sources.Find(variable), variable) : new(given, path + option);

    static string? Url(Setting setting, bool allowInsecure) =>
        Checked(setting, url => SettingRules.Url(url, allowInsecure)) is { } url ? SettingRules.Normalized(url) : null;

    static string? Checked(Setting setting, Func<string, string?> rule)
    {
        if (string.IsNullOrWhiteSpace(setting.Value)) return null;
        return rule(setting.Value) is { } error ? throw new ArgumentException($"{setting.Source} {error}") : setting.Value;
    }

    /// <summary>A value and the name of the option or variable that gave it, for messages.</summary>
    readonly struct Setting(string? value, string source)
    {
        public string? Value => value;
        public string Source => source;
        public Setting Trimmed() => new(value?.Trim(), source);
    }
}
