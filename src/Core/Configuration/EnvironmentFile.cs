namespace Braintrust.Logging.Configuration;

/// <summary>
/// The nearest <c>.env.braintrust</c>, from the working directory upwards, read when it is first asked. Where a file exists the search
/// ends, readable or not, and whatever goes wrong counts as not found (PROTOCOL section 2.5).
/// </summary>
sealed class EnvironmentFile
{
    public const string FileName = ".env.braintrust";
    const int MostFolders = 65;
    const int LongestFile = 1024 * 1024;

    static readonly Dictionary<string, string> Nothing = [];
    readonly Lazy<Dictionary<string, string>> _values;

    public EnvironmentFile(Func<string?> workingDirectory) => _values = new(() => Read(workingDirectory));

    public string? Find(string variable) =>
        EnvironmentVariables.AllowedInFile.Contains(variable) && _values.Value.TryGetValue(variable, out var value) && !string.IsNullOrWhiteSpace(value)
            ? value
            : null;

    /// <summary>All names that stand in it, of ours or not; none before it was asked for a value.</summary>
    public IEnumerable<string> Names => _values.IsValueCreated ? _values.Value.Keys : [];

    static Dictionary<string, string> Read(Func<string?> workingDirectory)
    {
        try
        {
            return Nearest(workingDirectory()) is { Length: <= LongestFile } file
                ? DotEnv.Parse(File.ReadAllText(file.FullName)) ?? Nothing
                : Nothing;
        }
        catch (Exception)
        {
            return Nothing; // an unknown directory, a lack of permission, a file that vanished: none of it is the application's problem
        }
    }

    static FileInfo? Nearest(string? workingDirectory)
    {
        if (string.IsNullOrEmpty(workingDirectory)) return null;
        var folder = new DirectoryInfo(workingDirectory);
        for (var looked = 0; folder is not null && looked < MostFolders; looked++, folder = folder.Parent)
        {
            var file = new FileInfo(Path.Combine(folder.FullName, FileName));
            if (file.Exists) return file;
        }
        return null;
    }
}
