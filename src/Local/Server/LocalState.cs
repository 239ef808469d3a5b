using Braintrust.Logging.Local.Storage;

namespace Braintrust.Logging.Local.Server;

/// <summary>What the endpoints share.</summary>
sealed class LocalState(LocalStore store, BraintrustLocalOptions options, Action<string> tell)
{
    public const string WellKnownApiKey = "local";
    public const string OrganizationName = "local";

    // An oversized body is many rows; beyond this it is a mistake.
    public const int UploadLimitBytes = 256 * 1024 * 1024;

    public int PayloadLimitBytes { get; } = options.PayloadLimitBytes;
    public string? Token { get; } = options.Token;
    public LocalStore Store { get; } = store;
    public ChangeFeed Changes { get; } = new();

    /// <summary>Called when the database takes no more; makes room, if that can be done.</summary>
    public Action OnFull { get; set; } = static () => { };

    public Action<string> Tell { get; } = tell;

    string? _told;

    /// <summary>Tells of a failure of the database, once until another one takes its place: a full disk fails every request.</summary>
    public void TellFailure(string reason) => TellOnce(reason, $"{reason} Rows are refused until it works again; the apps that send them keep them and try again.");

    /// <summary>Tells of something once, until something else takes its place.</summary>
    public void TellOnce(string what, string text)
    {
        if (Interlocked.Exchange(ref _told, what) != what)
            Tell(text);
    }

    /// <summary>Known once the socket is bound, which is before the first request.</summary>
    public Uri Url { get; set; } = null!;
}
