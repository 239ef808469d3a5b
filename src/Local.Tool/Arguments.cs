namespace Braintrust.Logging.Local.Tool;

/// <summary>The command line: a command, then options with a value, behind a space or "=", or without.</summary>
sealed class Arguments
{
    static readonly HashSet<string> Flags = ["--memory", "--help", "--version"];
    static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["serve"] = ["--port", "--listen", "--db", "--memory", "--keep-days", "--keep-mb", "--help", "--version"],
        ["export"] = ["--project", "--trace", "--out", "--db", "--help"],
        ["clear"] = ["--project", "--db", "--help"],
        ["replay"] = ["--to", "--project", "--trace", "--from", "--as", "--db", "--help"],
    };

    readonly Dictionary<string, string> _options = [];

    Arguments(string command) => Command = command;

    public string Command { get; }

    /// <exception cref="UsageException">There is no such command or option, or a value is missing.</exception>
    public static Arguments Parse(IReadOnlyList<string> words)
    {
        if (words is ["help", ..])
            words = ["--help"];
        var named = words.Count > 0 && !words[0].StartsWith('-');
        var arguments = new Arguments(named ? words[0] : "serve");
        if (!Allowed.TryGetValue(arguments.Command, out var allowed))
            throw new UsageException($"There is no command \"{arguments.Command}\".");
        for (var i = named ? 1 : 0; i < words.Count; i++)
        {
            var (name, value) = words[i].Split('=', 2) is [var before, var after] ? (before, after) : (words[i] == "-h" ? "--help" : words[i], null);
            if (!allowed.Contains(name))
                throw new UsageException($"{arguments.Command} has no option \"{name}\".");
            if (Flags.Contains(name))
                arguments._options[name] = value is null ? "" : throw new UsageException($"{name} takes no value.");
            else if (value is not null)
                arguments._options[name] = value;
            else if (i + 1 < words.Count && !words[i + 1].StartsWith("--", StringComparison.Ordinal))
                arguments._options[name] = words[++i];
            else
                throw new UsageException($"{name} needs a value.");
        }
        return arguments;
    }

    public bool Has(string name) => _options.ContainsKey(name);

    public string? Text(string name) => _options.GetValueOrDefault(name);

    public string Needed(string name) => Text(name) ?? throw new UsageException($"{Command} needs {name}.");

    public int? Number(string name, int least, int most) => Text(name) is not { } text ? null
        : int.TryParse(text, out var number) && number >= least && number <= most ? number
        : throw new UsageException($"{name} must be a number from {least} to {most}.");
}

sealed class UsageException(string message) : Exception(message);
