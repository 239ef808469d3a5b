using System.Text;

namespace Braintrust.Logging.Configuration;

/// <summary>The syntax of a dotenv file: comments, <c>export</c>, unquoted and quoted values. Nothing is expanded, nothing is run.</summary>
ref struct DotEnv
{
    readonly ReadOnlySpan<char> text;
    int at;

    DotEnv(ReadOnlySpan<char> text) => this.text = text;

    /// <summary>The values by name, the last of equal names winning; null when the text is no dotenv file.</summary>
    public static Dictionary<string, string>? Parse(ReadOnlySpan<char> text)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var file = new DotEnv(text);
        while (file.SkipToEntry())
        {
            if (file.Name() is not { } name || file.Value() is not { } value) return null;
            values[name] = value;
        }
        return values;
    }

    readonly char Next => at < text.Length ? text[at] : '\0';

    bool SkipToEntry()
    {
        while (at < text.Length)
        {
            if (Next == '#') SkipLine();
            else if (char.IsWhiteSpace(Next) || Next == '\uFEFF') at++;
            else return true;
        }
        return false;
    }

    string? Name()
    {
        if (text[at..].StartsWith("export", StringComparison.Ordinal) && text[at..].Length > 6 && text[at + 6] is ' ' or '\t')
        {
            at += 6;
            SkipBlanks();
        }
        var start = at;
        while (char.IsAsciiLetterOrDigit(Next) || Next is '_' or '.' or '-') at++;
        var name = text[start..at];
        SkipBlanks();
        if (name.IsEmpty || char.IsAsciiDigit(name[0]) || Next != '=') return null;
        at++;
        SkipBlanks();
        return name.ToString();
    }

    string? Value() => Next switch
    {
        '\'' => Quoted('\''),
        '"' => Quoted('"'),
        _ => Unquoted(),
    };

    string Unquoted()
    {
        var start = at;
        SkipLine();
        var line = text[start..at];
        for (var i = 0; i < line.Length; i++)
        {
            // Only after a blank: a '#' inside a value (a URL, a password) belongs to it.
            if (line[i] == '#' && (i == 0 || char.IsWhiteSpace(line[i - 1]))) return line[..i].TrimEnd().ToString();
        }
        return line.TrimEnd().ToString();
    }

    string? Quoted(char quote)
    {
        var value = new StringBuilder();
        for (at++; at < text.Length; at++)
        {
            if (Next == quote)
            {
                at++;
                return EndsLine() ? value.ToString() : null;
            }
            if (quote == '"' && Next == '\\' && at + 1 < text.Length) value.Append(Unescape(text[++at]));
            else value.Append(Next);
        }
        return null;
    }

    static string Unescape(char letter) => letter switch
    {
        'n' => "\n",
        'r' => "\r",
        't' => "\t",
        '"' or '\\' or '$' => letter.ToString(),
        _ => "\\" + letter,
    };

    bool EndsLine()
    {
        SkipBlanks();
        if (Next == '#') SkipLine();
        return at == text.Length || Next is '\r' or '\n';
    }

    void SkipBlanks()
    {
        while (Next is ' ' or '\t') at++;
    }

    void SkipLine()
    {
        while (at < text.Length && Next is not ('\r' or '\n')) at++;
    }
}
