using System.Text;
using System.Text.Json;
using Braintrust.Logging.Masking;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Privacy;

/// <summary>
/// Takes secrets out of a value that is JSON already. It looks at every text once and copies only when there is something to hide; the value must be valid JSON.
/// </summary>
static class SecretScrubber
{
    /// <summary>Scrubs what was written after the buffer had this length.</summary>
    public static void Scrub(JsonBuffer json, int from)
    {
        if (!TryFind(json.Written[from..], 0, out _))
        {
            return;
        }
        var written = json.Written[from..].ToArray();
        json.Truncate(from);
        Write(written, json);
    }

    /// <summary>Writes a value without its secrets.</summary>
    public static void Write(ReadOnlySpan<byte> value, JsonBuffer json)
    {
        if (!TryFind(value, 0, out var found))
        {
            json.Raw(value);
            return;
        }
        using var scrubbed = new JsonBuffer(value.Length);
        var at = 0;
        do
        {
            scrubbed.Verbatim(value[at..found.Start.Value]);
            scrubbed.Verbatim("\"***\""u8);
            at = found.End.Value;
        }
        while (TryFind(value, at, out found));
        scrubbed.Verbatim(value[at..]);
        json.Raw(scrubbed.Written);
    }

    /// <summary>JSON as the text that stands inside of other JSON, as the arguments of tools do: there nobody looks into it any more.</summary>
    public static string Text(JsonText value, bool scrubs)
    {
        if (!scrubs || !TryFind(value.Utf8, 0, out _))
        {
            return value.ToString();
        }
        using var json = new JsonBuffer(value.Utf8.Length);
        Write(value.Utf8, json);
        return Encoding.UTF8.GetString(json.Written);
    }

    /// <summary>Adds what would be taken out, as it reads in a text: as it is, and as JSON and renderers escape it.</summary>
    /// <param name="value">JSON.</param>
    /// <param name="isSecret">All of it is.</param>
    /// <param name="into">Is added to.</param>
    public static void Find(ReadOnlySpan<byte> value, bool isSecret, List<string> into)
    {
        if (isSecret)
        {
            AddLeaves(value, into);
            return;
        }
        for (var at = 0; TryFind(value, at, out var found); at = found.End.Value)
        {
            AddLeaves(value[found], into);
        }
    }

    static void AddLeaves(ReadOnlySpan<byte> json, List<string> into)
    {
        var reader = new Utf8JsonReader(json, PlainValues.Reading);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.String)
            {
                var text = reader.GetString()!;
                into.Add(text);
                if (text.Contains('"'))
                {
                    into.Add(text.Replace("\"", "\\\"", StringComparison.Ordinal));
                }
                if (reader.ValueIsEscaped)
                {
                    into.Add(Encoding.UTF8.GetString(reader.ValueSpan));
                }
            }
            else if (reader.TokenType == JsonTokenType.Number)
            {
                into.Add(Encoding.UTF8.GetString(reader.ValueSpan));
            }
        }
    }

    /// <summary>Where the next secret value stands.</summary>
    static bool TryFind(ReadOnlySpan<byte> json, int from, out Range found)
    {
        while (from < json.Length && json[from..].IndexOf((byte)'"') is var offset and >= 0)
        {
            var open = from + offset;
            var close = CloseOf(json, open);
            if (close < 0)
            {
                break;
            }
            var text = json[(open + 1)..close];
            from = close + 1;
            var next = SkipBlanks(json, from);
            if (next < json.Length && json[next] == ':')
            {
                var value = SkipBlanks(json, next + 1);
                if (Secrets.IsName(text) && EndOf(json, value) is var end && HidesSomething(json, value, end, text))
                {
                    found = value..end;
                    return true;
                }
                from = value;
            }
            else if (Secrets.IsCredential(text))
            {
                found = open..(close + 1);
                return true;
            }
        }
        found = default;
        return false;
    }

    // true, false, null say nothing; "tokens: 3" under a plural is a count. What was hidden before stays.
    static bool HidesSomething(ReadOnlySpan<byte> json, int value, int end, ReadOnlySpan<byte> name) => json[value] switch
    {
        (byte)'t' or (byte)'f' or (byte)'n' => false,
        (byte)'"' => !json[value..end].SequenceEqual("\"***\""u8),
        (byte)'{' or (byte)'[' => true,
        _ => name[^1] is not ((byte)'s' or (byte)'S'),
    };

    static int SkipBlanks(ReadOnlySpan<byte> json, int at)
    {
        while (at < json.Length && json[at] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            at++;
        }
        return at;
    }

    /// <summary>The quote that ends the text which begins there; -1: none.</summary>
    static int CloseOf(ReadOnlySpan<byte> json, int open)
    {
        for (var at = open + 1; at < json.Length;)
        {
            var offset = json[at..].IndexOfAny((byte)'"', (byte)'\\');
            if (offset < 0)
            {
                break;
            }
            at += offset;
            if (json[at] == '"')
            {
                return at;
            }
            at += 2;
        }
        return -1;
    }

    /// <summary>Behind the value that begins there.</summary>
    static int EndOf(ReadOnlySpan<byte> json, int start)
    {
        var depth = 0;
        for (var at = start; at < json.Length; at++)
        {
            switch (json[at])
            {
                case (byte)'"':
                    at = CloseOf(json, at);
                    if (at < 0)
                    {
                        return json.Length;
                    }
                    if (depth == 0)
                    {
                        return at + 1;
                    }
                    break;
                case (byte)'{' or (byte)'[':
                    depth++;
                    break;
                case (byte)'}' or (byte)']':
                    if (--depth <= 0)
                    {
                        return depth < 0 ? at : at + 1;
                    }
                    break;
                case (byte)',' when depth == 0:
                    return at;
            }
        }
        return json.Length;
    }
}
