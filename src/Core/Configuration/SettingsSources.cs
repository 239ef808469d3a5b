namespace Braintrust.Logging.Configuration;

/// <summary>Where values come from that code does not give: the process environment, then <c>.env.braintrust</c>. Blank counts as absent.</summary>
sealed class SettingsSources(Func<string, string?> environment, Func<string?> workingDirectory)
{
    readonly EnvironmentFile _file = new(workingDirectory);

    public static SettingsSources OfProcess() => new(Environment.GetEnvironmentVariable, () => Environment.CurrentDirectory);

    public string? Find(string variable) => InEnvironment(variable) ?? InFile(variable);

    public string? InEnvironment(string variable) => environment(variable) is { } value && !string.IsNullOrWhiteSpace(value) ? value : null;

    public string? InFile(string variable) => _file.Find(variable);

    /// <summary>The same sources, with the file not yet read.</summary>
    public SettingsSources Afresh() => new(environment, workingDirectory);
}
