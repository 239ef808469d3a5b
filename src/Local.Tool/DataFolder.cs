namespace Braintrust.Logging.Local.Tool;

static class DataFolder
{
    /// <summary><c>$XDG_DATA_HOME</c> if it is set, else what the platform takes for it.</summary>
    public static string DatabasePath(Func<string, string?> environment)
    {
        var folder = environment("XDG_DATA_HOME") is { Length: > 0 } xdg && Path.IsPathRooted(xdg)
            ? xdg
            : Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return Path.Combine(folder, "braintrust-local", "traces.db");
    }

    /// <exception cref="UsageException">The file is not there.</exception>
    public static string Existing(Arguments arguments)
    {
        var path = arguments.Text("--db") ?? DatabasePath(Environment.GetEnvironmentVariable);
        return File.Exists(path) ? path : throw new UsageException($"There is no database {path}.");
    }
}
