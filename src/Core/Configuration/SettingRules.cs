namespace Braintrust.Logging.Configuration;

/// <summary>
/// What a text must be like to be used. Each rule answers with the end of a sentence about the setting, null when all is well; the value
/// itself is never repeated.
/// </summary>
static class SettingRules
{
    /// <summary>Header-safe: what is allowed here can neither end the header nor be re-encoded on the way.</summary>
    public static string? Key(string key)
    {
        foreach (var letter in key)
        {
            if (letter is <= ' ' or > '~') return "must consist of ASCII letters, digits and punctuation, without blanks or control characters.";
        }
        return null;
    }

    public static string? Url(string url, bool allowInsecure)
    {
        if (!Uri.TryCreate(url.Trim(), UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http") || uri.Host.Length == 0)
            return "must be an absolute https URL, such as https://www.braintrust.dev.";
        if (uri.UserInfo.Length > 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0)
            return "must be a URL without user name, query and fragment.";
        if (uri.Scheme == "http" && !uri.IsLoopback && !allowInsecure)
            return "must use https: plain http is for loopback addresses, unless AllowInsecureTransport is set.";
        return null;
    }

    /// <summary>One spelling per place, so that equal settings are equal and paths can be appended.</summary>
    public static string Normalized(string url) => new Uri(url.Trim(), UriKind.Absolute).GetLeftPart(UriPartial.Path).TrimEnd('/');

    public static string? ProjectId(string id) => Guid.TryParseExact(id.Trim(), "D", out _) ? null : "must be a UUID, such as 0b000000-0000-4000-8000-00000000000a.";

    public static string? Name(string name)
    {
        foreach (var letter in name)
        {
            if (char.IsControl(letter)) return "must not contain control characters.";
        }
        return null;
    }
}
