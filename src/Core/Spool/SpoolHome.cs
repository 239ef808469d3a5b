namespace Braintrust.Logging.Spool;

/// <summary>A client's folder, and the lock by which we own it.</summary>
sealed class SpoolHome(string root, string name, IDisposable @lock, bool isOwn)
{
    public string Folder { get; } = Path.Combine(root, name);

    public string LockPath { get; } = LockOf(root, name);

    public IDisposable Lock { get; } = @lock;

    public bool IsOwn { get; } = isOwn;

    /// <summary>Segments that were not looked at yet, oldest first.</summary>
    public Queue<(long File, long Length)> Pending { get; } = [];

    /// <summary>Segments that are in use.</summary>
    public int Open { get; set; }

    /// <summary>How often the first that is pending could not be looked at.</summary>
    public int Failures { get; set; }

    public static string LockOf(string root, string name) => Path.Combine(root, name + ".lock");

    public string RowsPath(long file) => Path.Combine(Folder, $"{file:x16}.rows");

    public string NotesPath(long file) => Path.Combine(Folder, $"{file:x16}.ack");

    public string AttemptsPath(long file) => Path.Combine(Folder, $"{file:x16}.try");

    /// <summary>The number of a segment's file, or -1.</summary>
    public static long FileNumber(string name) =>
        name.Length == 21 && name.EndsWith(".rows", StringComparison.Ordinal) && ulong.TryParse(name.AsSpan(0, 16), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var number)
            && number <= long.MaxValue && name.AsSpan(0, 16).SequenceEqual(number.ToString("x16", null)) ? (long)number : -1;
}
