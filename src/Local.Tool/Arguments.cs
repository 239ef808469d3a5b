namespace Braintrust.Logging.Local.Tool;

/// <summary>The command line: a command, then options with a value or without.</summary>
sealed class Arguments
{
    static readonly HashSet<string> Flags = ["--memory", "--help"];
    static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["serve"] = ["--port", "--listen", "--db", "--memory", "--keep-days", "--keep-mb", "--help"],
        ["export"] = ["--project", "--trace", "--out", "--db", "--help"],
        ["replay"] = ["--to", "--project", "--trace", "--from", "--as", "--db", "--help"],
    };

    readonly Dictionary<string, string> _options = [];

    Arguments(string command) => Command = command;

    public string Command { get; }

    /// <exception cref="UsageException">There is no such command or option, or a value is missing.</exception>
    public static Arguments Parse(IReadOnlyList<string> words)
    {
        var named = words.Count > 0 && !words[0].StartsWith('-');
        var arguments = new Arguments(named ? words[0] : "serve");
        if (!Allowed.TryGetValue(arguments.Command, out var allowed))
            throw new UsageException($"There is no command \"{arguments.Command}\".");
        for (var i = named ? 1 : 0; i < words.Count; i++)
        {
            var name = words[i] == "-h" ? "--help" : words[i];
            if (!allowed.Contains(name))
                throw new UsageException($"{arguments.Command} has no option \"{name}\".");
            if (Flags.Contains(name))
                arguments._options[name] = "";
            else if (i + 1 < words.Count)
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
