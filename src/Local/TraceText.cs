using System.Globalization;
using System.Text;

namespace Braintrust.Logging.Local;

/// <summary>Traces as plain text for a console.</summary>
public static class TraceText
{
    const int LongestText = 100;

    /// <summary>
    /// One line per row under its parent: name, type, duration, tokens, model and scores, and below it the first line of its error.
    /// Control characters in logged values never reach the terminal.
    /// </summary>
    /// <param name="trees">The roots, such as <see cref="BraintrustLocal.Traces"/> gives.</param>
    /// <returns>The text, each line ending in <c>\n</c>.</returns>
    public static string Render(IEnumerable<TraceNode> trees)
    {
        ArgumentNullException.ThrowIfNull(trees);
        var text = new StringBuilder();
        foreach (var tree in trees)
            Append(text, tree);
        return text.ToString();
    }

    static void Append(StringBuilder text, TraceNode tree)
    {
        // A stack of our own: a trace may be deeper than the thread's.
        var waiting = new Stack<(TraceNode Node, string Lead, string Below)>([(tree, "", "")]);
        while (waiting.TryPop(out var line))
        {
            var (node, lead, below) = line;
            text.Append(lead).Append(Line(node)).Append('\n');
            if (node.Error is { } error)
                text.Append(below).Append(node.Children.Count > 0 ? "│  " : "   ").Append("✗ ").Append(OneLine(error)).Append('\n');

            for (var i = node.Children.Count - 1; i >= 0; i--)
            {
                var isLast = i == node.Children.Count - 1;
                waiting.Push((node.Children[i], below + (isLast ? "└─ " : "├─ "), below + (isLast ? "   " : "│  ")));
            }
        }
    }

    static string Line(TraceNode node)
    {
        var parts = new List<string> { OneLine(node.Name) };
        if (Label(node) is { Length: > 0 } label)
            parts.Add($"[{OneLine(label)}]");
        if (Duration(node) is { } duration)
            parts.Add(duration);
        if (Tokens(node) is { } tokens)
            parts.Add(tokens);
        if (node.Model is { } model)
            parts.Add(OneLine(model));
        foreach (var (name, score) in node.Scores)
            parts.Add(string.Create(CultureInfo.InvariantCulture, $"{OneLine(name)}={(score is { } it ? it.ToString("0.###", CultureInfo.InvariantCulture) : "–")}"));
        if (node.IsOrphan)
            parts.Add("(its parent is not stored)");
        return string.Join("  ", parts);
    }

    static string Label(TraceNode node) => string.Join(' ', new[] { node.Type, node.LogLevel }.Where(it => it is not null));

    /// <summary>Nothing for what took no time: an event is a moment.</summary>
    static string? Duration(TraceNode node)
    {
        if (node.Start is null || node.Duration == TimeSpan.Zero)
            return null;
        if (node.Duration is not { } duration)
            return "running";
        return duration.TotalSeconds < 10
            ? string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds:0.#} ms")
            : string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.#} s");
    }

    static string? Tokens(TraceNode node) =>
        node is { PromptTokens: { } prompt, CompletionTokens: { } completion } ? string.Create(CultureInfo.InvariantCulture, $"{prompt}→{completion} tok")
        : node.Tokens is { } tokens ? string.Create(CultureInfo.InvariantCulture, $"{tokens} tok")
        : null;

    static string OneLine(string text)
    {
        var end = text.AsSpan().IndexOfAny('\r', '\n');
        var line = end < 0 ? text : text[..end];
        if (line.Length > LongestText)
            line = line[..LongestText] + "…";
        return string.Concat(line.Select(c => char.IsControl(c) ? '·' : c));
    }
}
