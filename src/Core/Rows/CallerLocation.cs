namespace Braintrust.Logging.Rows;

/// <summary>Where in the user's code a span began, as the compiler knew it. The file without folders: a path tells about a build machine.</summary>
readonly record struct CallerLocation(string? Member, string? Path, int Line)
{
    public string? File => Path is null ? null : Path[(Path.LastIndexOfAny(['/', '\\']) + 1)..];

    /// <summary>The name of a child span that was given none.</summary>
    public string SpanName => string.IsNullOrEmpty(Member) ? "subspan" : $"{Member}:{File}:{Line}";
}
