namespace Braintrust.Logging.Configuration;

/// <summary>Where values come from that code does not give: the process environment, then <c>.env.braintrust</c>. Blank counts as absent.</summary>
sealed class SettingsSources(Func<string, string?> environment, Func<string?> workingDirectory, Func<IEnumerable<string>>? names = null)
{
    readonly EnvironmentFile _file = new(workingDirectory);

    public static SettingsSources OfProcess() => new(
        Environment.GetEnvironmentVariable, () => Environment.CurrentDirectory, static () => Environment.GetEnvironmentVariables().Keys.OfType<string>());

    public string? Find(string variable) => InEnvironment(variable) ?? InFile(variable);

    public string? InEnvironment(string variable) => environment(variable) is { } value && !string.IsNullOrWhiteSpace(value) ? value : null;

    public string? InFile(string variable) => _file.Find(variable);

    /// <summary>What looks like a variable of ours and is none, unless the one that it was meant for is set: in words for a person.</summary>
    public IEnumerable<string> Misspelled()
    {
        foreach (var name in names?.Invoke() ?? [])
        {
            if (EnvironmentVariables.Meant(name) is { } meant && InEnvironment(meant) is null)
                yield return $"The environment variable {name} is not read. Did you mean {meant}?";
        }
        foreach (var name in _file.Names)
        {
            if (EnvironmentVariables.Meant(name) is { } meant && EnvironmentVariables.AllowedInFile.Contains(meant) && Find(meant) is null)
                yield return $"{name} in {EnvironmentFile.FileName} is not read. Did you mean {meant}?";
        }
    }

    /// <summary>The same sources, with the file not yet read.</summary>
    public SettingsSources Afresh() => new(environment, workingDirectory, names);
}
