using System.Text;

namespace Braintrust.Logging.Propagation;

/// <summary>
/// The header <c>baggage</c> (PROTOCOL section 20): other vendors' members pass through as they are, ours says which project a trace belongs to.
/// At most 64 members and 8,192 bytes go in or out, and no part of a member.
/// </summary>
static class Baggage
{
    public const string Header = "baggage";

    /// <summary>What .NET wrote before the standard, and reads where there is no <see cref="Header"/>.</summary>
    public const string OldHeader = "Correlation-Context";

    public const string Key = "braintrust.parent";
    const int MemberLimit = 64;
    const int ByteLimit = 8192;

    static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The members of a header with our own in place of any older one; null if there are none.</summary>
    /// <param name="existing">What the carrier holds already.</param>
    /// <param name="parent">Our value, not encoded. Null: unknown.</param>
    /// <param name="isFirst">Ours stands before the others. Else after them, as the JavaScript SDK has it.</param>
    public static string? Merge(string? existing, string? parent, bool isFirst = false)
    {
        var own = parent is null ? null : $"{Key}={Encode(parent)}";
        if (own?.Length > ByteLimit)
        {
            own = null;
        }
        var members = MemberLimit;
        var bytes = ByteLimit;
        if (own is not null)
        {
            members--;
            bytes -= own.Length + 1; // all of it is ASCII; one comma
        }

        var kept = new List<string>();
        foreach (var member in (existing ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (KeyOf(member) is not { } key || key == Key)
            {
                continue;
            }
            var cost = Encoding.UTF8.GetByteCount(member) + (kept.Count > 0 ? 1 : 0);
            if (kept.Count == members || cost > bytes)
            {
                break;
            }
            kept.Add(member);
            bytes -= cost;
        }
        if (own is not null)
        {
            kept.Insert(isFirst ? 0 : kept.Count, own);
        }
        return kept.Count > 0 ? string.Join(',', kept) : null;
    }

    /// <summary>Our value, decoded; null if there is none, or none that can be read. Of several the last counts.</summary>
    public static string? Parent(string? header)
    {
        var text = header.AsSpan();
        var (members, bytes) = (MemberLimit, ByteLimit);
        string? parent = null;
        while (!text.IsEmpty && members-- > 0)
        {
            var comma = text.IndexOf(',');
            var member = comma < 0 ? text : text[..comma];
            text = comma < 0 ? default : text[(comma + 1)..];
            bytes -= member.Length <= ByteLimit ? Encoding.UTF8.GetByteCount(member) : ByteLimit + 1;
            if (bytes < 0)
            {
                break;
            }
            bytes--; // the comma
            if (KeyOf(member.ToString()) == Key)
            {
                var value = member[(member.IndexOf('=') + 1)..];
                var properties = value.IndexOf(';');
                parent = Decode((properties < 0 ? value : value[..properties]).Trim());
            }
        }
        return parent;
    }

    /// <summary>UTF-8, with percent signs for all that may not stand in a baggage value, and for all but letters, digits and four marks.</summary>
    public static string Encode(string value)
    {
        var text = new StringBuilder(value.Length + 8);
        foreach (var octet in Encoding.UTF8.GetBytes(value)) // a lone surrogate becomes U+FFFD, as everywhere in a row
        {
            if (char.IsAsciiLetterOrDigit((char)octet) || octet is (byte)'-' or (byte)'_' or (byte)'.' or (byte)'~')
            {
                text.Append((char)octet);
            }
            else
            {
                text.Append('%').Append("0123456789ABCDEF"[octet >> 4]).Append("0123456789ABCDEF"[octet & 15]);
            }
        }
        return text.ToString();
    }

    /// <summary>Null: a percent sign without its digits, or no UTF-8. A plus is a plus.</summary>
    public static string? Decode(ReadOnlySpan<char> value)
    {
        var bytes = new List<byte>(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            if (value[i] == '%')
            {
                if (i + 2 >= value.Length || !char.IsAsciiHexDigit(value[i + 1]) || !char.IsAsciiHexDigit(value[i + 2]))
                {
                    return null;
                }
                bytes.Add((byte)((Convert.FromHexString(value.Slice(i + 1, 2)))[0]));
                i += 2;
            }
            else if (char.IsAscii(value[i]))
            {
                bytes.Add((byte)value[i]);
            }
            else
            {
                return null; // nobody may send it unencoded
            }
        }
        try
        {
            return Strict.GetString([.. bytes]);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    static string? KeyOf(string member)
    {
        var equals = member.IndexOf('=');
        var semicolon = member.IndexOf(';');
        return equals <= 0 || (semicolon >= 0 && semicolon < equals) ? null : Decode(member.AsSpan(0, equals).Trim());
    }
}
