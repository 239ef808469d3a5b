using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Privacy;

/// <summary>
/// Which values are secrets by their name or their first word: authorization headers, keys, passwords. A name counts by how it ends, whatever its case and
/// separators: <c>Authorization</c>, <c>x-api-key</c>, <c>OpenAI.ApiKey</c>, <c>db_password</c>.
/// </summary>
static class Secrets
{
    public const string Mark = "***";

    // Names are few; those of dictionaries in values may be many, and are not remembered beyond this.
    const int RememberedNames = 4096;

    const int LongestName = 128;

    static readonly ConcurrentDictionary<string, bool> Names = new(StringComparer.Ordinal);

    // Names of no secrets, by reference and before anything has to be hashed: most are literals, the same object in every row.
    static readonly string?[] RecentlyHarmless = new string?[256];

    public static bool IsSecret(string name, object? value) => value switch
    {
        null or bool => false, // IsSecret, HasPassword
        string text when IsCredential(text) => true,
        _ => IsName(name) && !(IsPlural(name) && Values.TryNumber(value, out _)), // Cookies: 3
    };

    /// <summary>What HTTP's Authorization header holds, wherever it stands.</summary>
    public static bool IsCredential(string text) =>
        text.Length > 0 && text[0] is 'B' or 'b'
        && (text.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) || IsBasic(text));

    public static bool IsCredential(ReadOnlySpan<byte> utf8) =>
        utf8.Length > 6 && utf8[0] is (byte)'B' or (byte)'b' && IsCredential(Encoding.UTF8.GetString(utf8[..Math.Min(utf8.Length, 512)]));

    // "Basic plan" is no credential; Base64 of "name:password" is.
    static bool IsBasic(string text)
    {
        const string scheme = "Basic ";
        if (!text.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) || text.Length is < 10 or > 512)
        {
            return false;
        }
        Span<byte> decoded = stackalloc byte[512];
        return Convert.TryFromBase64Chars(text.AsSpan(scheme.Length).Trim(), decoded, out var length) && decoded[..length].Contains((byte)':');
    }

    public static bool IsName(string name)
    {
        ref var recent = ref RecentlyHarmless[RuntimeHelpers.GetHashCode(name) & (RecentlyHarmless.Length - 1)];
        if (ReferenceEquals(recent, name))
        {
            return false;
        }
        if (Names.TryGetValue(name, out var known))
        {
            if (!known)
            {
                recent = name;
            }
            return known;
        }
        Span<byte> utf8 = stackalloc byte[LongestName];
        var end = name.AsSpan(Math.Max(0, name.Length - LongestName / 3));
        Utf8.FromUtf16(end, utf8, out _, out var length);
        var isSecret = IsName(utf8[..length]);
        if (Names.Count < RememberedNames)
        {
            Names.TryAdd(name, isSecret);
        }
        return isSecret;
    }

    public static bool IsName(ReadOnlySpan<byte> utf8)
    {
        Span<byte> letters = stackalloc byte[LongestName];
        var from = letters.Length;
        for (var i = utf8.Length - 1; i >= 0 && from > 0; i--)
        {
            if (utf8[i] is not ((byte)'-' or (byte)'_' or (byte)'.' or (byte)' '))
            {
                letters[--from] = (byte)(utf8[i] is >= (byte)'A' and <= (byte)'Z' ? utf8[i] | 0x20 : utf8[i]);
            }
        }
        var plain = letters[from..];
        if (plain.EndsWith("s"u8))
        {
            plain = plain[..^1];
        }
        return plain.Length >= 3 && IsEnding(plain);
    }

    static bool IsEnding(ReadOnlySpan<byte> name) => name[^1] switch
    {
        (byte)'n' => name.EndsWith("authorization"u8) || name.EndsWith("accesstoken"u8) || name.EndsWith("refreshtoken"u8) || name.EndsWith("authtoken"u8)
            || name.EndsWith("bearertoken"u8) || name.EndsWith("sessiontoken"u8) || name.EndsWith("securitytoken"u8) || name.EndsWith("apitoken"u8)
            || name.SequenceEqual("idtoken"u8),
        (byte)'y' => name.EndsWith("apikey"u8) || name.EndsWith("secretkey"u8) || name.EndsWith("privatekey"u8) || name.EndsWith("accesskey"u8)
            || name.EndsWith("accountkey"u8) || name.EndsWith("subscriptionkey"u8),
        (byte)'d' => name.EndsWith("password"u8) || name.EndsWith("passwd"u8) || name.EndsWith("pwd"u8),
        (byte)'e' => name.EndsWith("passphrase"u8) || name.EndsWith("cookie"u8),
        (byte)'t' => name.EndsWith("secret"u8),
        (byte)'g' => name.EndsWith("connectionstring"u8),
        _ => false,
    };

    static bool IsPlural(string name) => name.EndsWith('s');
}
