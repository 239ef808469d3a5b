using System.Text;

namespace Braintrust.Logging.Configuration;

/// <summary>The syntax of a dotenv file: comments, <c>export</c>, unquoted and quoted values. Nothing is expanded, nothing is run.</summary>
ref struct DotEnv
{
    readonly ReadOnlySpan<char> _text;
    int _at;

    DotEnv(ReadOnlySpan<char> text) => _text = text;

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

    readonly char Next => _at < _text.Length ? _text[_at] : '\0';

    bool SkipToEntry()
    {
        while (_at < _text.Length)
        {
            if (Next == '#') SkipLine();
            else if (char.IsWhiteSpace(Next) || Next == '\uFEFF') _at++;
            else return true;
        }
        return false;
    }

    string? Name()
    {
        if (_text[_at..].StartsWith("export", StringComparison.Ordinal) && _text[_at..].Length > 6 && _text[_at + 6] is ' ' or '\t')
        {
            _at += 6;
            SkipBlanks();
        }
        var start = _at;
        while (char.IsAsciiLetterOrDigit(Next) || Next is '_' or '.' or '-') _at++;
        var name = _text[start.._at];
        SkipBlanks();
        if (name.IsEmpty || char.IsAsciiDigit(name[0]) || Next != '=') return null;
        _at++;
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
        var start = _at;
        SkipLine();
        var line = _text[start.._at];
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
        for (_at++; _at < _text.Length; _at++)
        {
            if (Next == quote)
            {
                _at++;
                return EndsLine() ? value.ToString() : null;
            }
            if (quote == '"' && Next == '\\' && _at + 1 < _text.Length) value.Append(Unescape(_text[++_at]));
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
        return _at == _text.Length || Next is '\r' or '\n';
    }

    void SkipBlanks()
    {
        while (Next is ' ' or '\t') _at++;
    }

    void SkipLine()
    {
        while (_at < _text.Length && Next is not ('\r' or '\n')) _at++;
    }
}
