using System.Text.Json;
using Braintrust.Logging.Testing.Traces;

namespace Braintrust.Logging.Testing;

/// <summary>
/// The spans of a trace that are like what the test has said so far; there is at least one. Each further word keeps those that fit, and fails if none does: with
/// what was expected, what was found instead, and the whole trace. Values are compared as they are stored: an object of the test's is
/// first written as a logger writes it, the order of members and the spelling of numbers do not matter.
/// </summary>
public sealed class SpanMatch
{
    readonly LoggedTrace _trace;
    readonly string _description;

    internal SpanMatch(LoggedTrace trace, string description, IReadOnlyList<LoggedSpan> spans) => (_trace, _description, Spans) = (trace, description, spans);

    /// <summary>All that fit so far.</summary>
    public IReadOnlyList<LoggedSpan> Spans { get; }

    /// <summary>The only one that fits.</summary>
    /// <returns>The span.</returns>
    /// <exception cref="BraintrustAssertionException">More than one does.</exception>
    public LoggedSpan Single() => Times(1).Spans[0];

    /// <summary>Exactly so many fit.</summary>
    /// <param name="count">At least 1.</param>
    /// <returns>The same spans, to go on from.</returns>
    /// <exception cref="BraintrustAssertionException">More or fewer fit.</exception>
    public SpanMatch Times(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return Spans.Count == count ? this : throw Failures.Of($"{_description} {(count == 1 ? "once" : $"{count} times")}", $"{Spans.Count}", _trace);
    }

    /// <summary>It has this type: see <see cref="SpanTypes"/>.</summary>
    /// <param name="type">In the spelling of <see cref="SpanTypes"/>.</param>
    /// <returns>Those that fit, to go on from.</returns>
    public SpanMatch WithType(string type) => Keep($"of type {type}", span => span.Type == type, static span => span.Type is { } it ? $"type {it}" : "no type");

    /// <summary>It has this level: <c>info</c>, <c>warn</c>, ….</summary>
    /// <param name="level"><c>trace</c>, <c>debug</c>, <c>info</c>, <c>warn</c>, <c>error</c> or <c>fatal</c>.</param>
    /// <returns>Those that fit, to go on from.</returns>
    public SpanMatch WithLevel(string level) => Keep($"of level {level}", span => span.Level == level, static span => span.Level is { } it ? $"level {it}" : "no level");

    /// <summary>It has this input.</summary>
    /// <param name="input">Any value that can be logged.</param>
    /// <returns>Those that fit, to go on from.</returns>
    public SpanMatch WithInput(object? input) => Value("input", static span => span.Field("input"), input);

    /// <summary>It has this output.</summary>
    /// <param name="output">Any value that can be logged.</param>
    /// <returns>Those that fit, to go on from.</returns>
    public SpanMatch WithOutput(object? output) => Value("output", static span => span.Field("output"), output);

    /// <summary>It has this expected output.</summary>
    /// <param name="expected">Any value that can be logged.</param>
    /// <returns>Those that fit, to go on from.</returns>
    public SpanMatch WithExpected(object? expected) => Value("expected", static span => span.Field("expected"), expected);

    /// <summary>It has an error, with this text in it.</summary>
    /// <param name="text">A type or a message, say; empty: any error.</param>
    /// <returns>Those that fit, to go on from.</returns>
    public SpanMatch WithError(string text = "") =>
        Keep(text.Length == 0 ? "with an error" : $"with an error that contains {Json.Write(text)}", span => span.Error?.Contains(text, StringComparison.Ordinal) == true, Error);

    /// <summary>It has no error.</summary>
    /// <returns>Those that fit, to go on from.</returns>
    public SpanMatch WithoutError() => Keep("without an error", static span => span.Error is null, Error);

    /// <summary>It has this score.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="score">From 0 to 1.</param>
    /// <returns>Those that fit, to go on from.</returns>
    public SpanMatch WithScore(string name, double score) => Value($"score {name}", span => Json.Member(span.Field("scores"), name), score);

    /// <summary>It has this metric: <c>prompt_tokens</c>, say.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="metric">Its value.</param>
    /// <returns>Those that fit, to go on from.</returns>
    public SpanMatch WithMetric(string name, double metric) => Value($"metric {name}", span => Json.Member(span.Field("metrics"), name), metric);

    /// <summary>It has this value in its metadata: <c>model</c>, a property of the log event, ….</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">Any value that can be logged.</param>
    /// <returns>Those that fit, to go on from.</returns>
    public SpanMatch WithMetadata(string name, object? value) => Value($"metadata {name}", span => Json.Member(span.Field("metadata"), name), value);

    /// <summary>It has these tags, and perhaps others.</summary>
    /// <param name="tags">The tags, in any order.</param>
    /// <returns>Those that fit, to go on from.</returns>
    public SpanMatch WithTags(params string[] tags) => Keep(
        $"with tags {string.Join(", ", tags)}",
        span => tags.All(span.Tags.Contains),
        static span => span.Tags.Count == 0 ? "no tags" : $"tags {string.Join(", ", span.Tags)}");

    /// <summary>It is in a span of that name, directly or further down.</summary>
    /// <param name="name">The name, or the message template that it was made from.</param>
    /// <returns>Those that fit, to go on from.</returns>
    public SpanMatch Below(string name) =>
        Keep($"below {Json.Write(name)}", span => span.Ancestors().Any(new NamePattern(name).Fits), Where);

    /// <summary>It is in no other span.</summary>
    /// <returns>Those that fit, to go on from.</returns>
    public SpanMatch AtTheTop() => Keep("at the top", static span => span.Parent is null, Where);

    /// <summary>Whatever else there is to say.</summary>
    /// <param name="description">What stands in the message: <c>Expected a span "answer" that ended in time</c>.</param>
    /// <param name="fits">Whether a span is like that.</param>
    /// <returns>Those that fit, to go on from.</returns>
    public SpanMatch That(string description, Func<LoggedSpan, bool> fits) => Keep($"that {description}", fits, static span => $"{Json.Write(span.Name)}, which does not");

    internal SpanMatch Named(string name)
    {
        var names = _trace.Spans.Select(static span => Json.Write(span.Name)).Distinct();
        return Spans.Where(new NamePattern(name).Fits).ToList() is { Count: > 0 } found
            ? new(_trace, $"{_description} {Json.Write(name)}", found)
            : throw Failures.Of($"{_description} {Json.Write(name)}", $"only {string.Join(", ", names)}", _trace);
    }

    SpanMatch Value(string what, Func<LoggedSpan, JsonElement?> read, object? expected)
    {
        var wanted = Json.Of(expected);
        return Keep(
            $"with {what} {Json.Write(wanted)}",
            span => read(span) is { } found ? Json.Same(found, wanted) : wanted.ValueKind == JsonValueKind.Null,
            span => read(span) is { } found ? $"{what} {Json.Write(found)}" : $"no {what}");
    }

    SpanMatch Keep(string words, Func<LoggedSpan, bool> fits, Func<LoggedSpan, string> instead)
    {
        var description = $"{_description} {words}";
        return Spans.Where(fits).ToList() is { Count: > 0 } found
            ? new(_trace, description, found)
            : throw Failures.Of(description, string.Join("; ", Spans.Select(instead).Distinct()), _trace);
    }

    static string Error(LoggedSpan span) => span.Error is { } error ? $"error {Json.Write(error.Split('\n', 2)[0].TrimEnd())}" : "no error";

    static string Where(LoggedSpan span) =>
        span.Parent is null ? "it at the top" : $"it below {string.Join(" in ", span.Ancestors().Select(static above => Json.Write(above.Name)))}";
}
