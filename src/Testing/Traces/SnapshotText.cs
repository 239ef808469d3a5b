using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Braintrust.Logging.Testing.Traces;

/// <summary>
/// Spans as text: a line for the name, a line for each value, children indented by two. Without lines that join a parent to its children,
/// which would change with every span that comes or goes.
/// </summary>
sealed partial class SnapshotText
{
    // What is shorter is an id of the user's own, and a word that may stand anywhere.
    const int ShortestId = 16;

    static readonly string[] Times = ["start", "end", "duration", "time_to_first_token"];

    readonly StringBuilder _text = new();
    readonly SnapshotOptions _options;
    readonly List<(string Id, string Name)> _ids = [];

    SnapshotText(SnapshotOptions options) => _options = options;

    public static string Of(LoggedSpan span)
    {
        var snapshot = new SnapshotText(SnapshotOptions.Default);
        snapshot.Append(span, 0);
        return snapshot._text.ToString().TrimEnd();
    }

    public static string Of(LoggedTrace trace, SnapshotOptions options)
    {
        var snapshot = new SnapshotText(options);
        var spans = snapshot.Ordered(trace);
        snapshot.NumberIds(trace, spans);
        foreach (var span in spans)
        {
            snapshot.Append(span, span.Depth);
        }
        return snapshot._text.ToString().TrimEnd();
    }

    IReadOnlyList<LoggedSpan> Ordered(LoggedTrace trace)
    {
        if (!_options.Sorted)
        {
            return trace.Spans;
        }
        var ordered = new List<LoggedSpan>();
        var waiting = new Stack<LoggedSpan>(ByContent(trace.Roots));
        while (waiting.TryPop(out var span))
        {
            ordered.Add(span);
            foreach (var child in ByContent(span.Children))
            {
                waiting.Push(child);
            }
        }
        return ordered;
    }

    /// <summary>The last first, as a stack wants them.</summary>
    static IEnumerable<LoggedSpan> ByContent(IEnumerable<LoggedSpan> spans) =>
        spans.OrderByDescending(static span => span.Name, StringComparer.Ordinal).ThenByDescending(static span => Of(span), StringComparer.Ordinal);

    void NumberIds(LoggedTrace trace, IReadOnlyList<LoggedSpan> spans)
    {
        _ids.Add((trace.Id, "<trace>"));
        for (var i = 0; i < spans.Count; i++)
        {
            _ids.Add((spans[i].SpanId, $"<span {i + 1}>"));
            _ids.Add((spans[i].Id, $"<span {i + 1}>"));
        }
        _ids.RemoveAll(static it => it.Id.Length < ShortestId);
    }

    void Append(LoggedSpan span, int depth)
    {
        var indent = new string(' ', 2 * depth);
        var label = string.Join(' ', new[] { span.Type, span.Level }.Where(static it => it is not null));
        _text.Append(indent).Append(OneLine(span.Name));
        if (label.Length > 0)
        {
            _text.Append(" [").Append(label).Append(']');
        }
        _text.Append(span is { Start: not null, End: null } ? " (open)\n" : "\n");
        foreach (var (name, value) in Lines(span).Where(line => !_options.Omit.Contains(line.Name)))
        {
            _text.Append(indent).Append("    ").Append(name).Append(": ").Append(value).Append('\n');
        }
    }

    IEnumerable<(string Name, string Value)> Lines(LoggedSpan span)
    {
        foreach (var field in new[] { "input", "output", "expected", "error" })
        {
            if (span.Field(field) is { } value && !(span.IsLog && field == "output" && value.ValueKind == JsonValueKind.String && value.GetString() == span.Name))
            {
                yield return (field, Write(value));
            }
        }
        if (span.Tags.Count > 0)
        {
            yield return ("tags", string.Join(", ", span.Tags.Select(OneLine)));
        }
        if (_options.Durations && span.Duration is { } duration && duration > TimeSpan.Zero)
        {
            yield return ("duration", string.Create(CultureInfo.InvariantCulture, $"{Math.Round(duration.TotalSeconds, 3)} s")); // the wire's doubles have no more
        }
        foreach (var (kind, field) in new[] { ("score", "scores"), ("metric", "metrics"), ("metadata", "metadata") })
        {
            foreach (var member in Json.Members(span.Field(field)).Where(member => Shows(kind, member.Name)))
            {
                yield return ($"{kind} {OneLine(member.Name)}", Write(member.Value));
            }
        }
        foreach (var comment in span.Comments)
        {
            yield return ("comment", Json.Write(Stable(comment)));
        }
    }

    bool Shows(string kind, string name) => kind != "metric" || !Times.Contains(name) || (_options.Durations && name is not ("start" or "end"));

    string Write(JsonElement value) => Json.Write(value, Stable);

    string Stable(string text)
    {
        foreach (var (id, name) in _ids)
        {
            text = text.Replace(id, name, StringComparison.Ordinal);
        }
        return Stack().Replace(text, "");
    }

    string OneLine(string text)
    {
        var quoted = Json.Write(Stable(text));
        return quoted[1..^1];
    }

    /// <summary>The lines of a stack: they name folders and line numbers.</summary>
    [GeneratedRegex("""\r?\n[ ]+at [^\n]*|\r?\n[ ]*--- End of [^\n]*""")]
    private static partial Regex Stack();
}
