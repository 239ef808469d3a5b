using Braintrust.Logging.Testing.Traces;

namespace Braintrust.Logging.Testing;

/// <summary>A tree of spans with one root, as Braintrust shows it. It does not change any more: read again to see what was logged since.</summary>
public sealed class LoggedTrace
{
    internal LoggedTrace(string project, string id, IReadOnlyList<LoggedSpan> roots)
    {
        (Project, Id, Roots) = (project, id, roots);
        Spans = [.. roots.SelectMany(static root => root.SelfAndDescendants())];
    }

    /// <summary>The name of the project.</summary>
    public string Project { get; }

    /// <summary>The id that all spans of it share.</summary>
    public string Id { get; }

    /// <summary>The root. Where its parent was logged elsewhere, or not at all, the first of the spans that stand at the top.</summary>
    public LoggedSpan Root => Roots[0];

    /// <summary>All that stands at the top: the root, and spans whose parent was logged elsewhere or not at all.</summary>
    public IReadOnlyList<LoggedSpan> Roots { get; }

    /// <summary>All spans and log rows, each before what is below it.</summary>
    public IReadOnlyList<LoggedSpan> Spans { get; }

    /// <summary>The only span of that name.</summary>
    /// <param name="name">Its name; or the message template that it was made from, as it stands in the code: <c>Answering {Question}</c>.</param>
    /// <returns>The span.</returns>
    /// <exception cref="BraintrustAssertionException">There is none, or more than one.</exception>
    public LoggedSpan Single(string name) => ShouldHaveSpan(name).Single();

    /// <summary>Asserts that there is a span of that name; go on with <c>With…</c> and <c>Below</c> to say what it must be like.</summary>
    /// <inheritdoc cref="Single"/>
    /// <returns>All spans of that name, to go on from.</returns>
    /// <exception cref="BraintrustAssertionException">There is none.</exception>
    public SpanMatch ShouldHaveSpan(string name) =>
        new SpanMatch(this, "a span", Spans).Named(name);

    /// <summary>Asserts that there is no span of that name.</summary>
    /// <inheritdoc cref="Single"/>
    /// <exception cref="BraintrustAssertionException">There is one.</exception>
    public void ShouldNotHaveSpan(string name)
    {
        if (Spans.Count(new NamePattern(name).Fits) is > 0 and var count)
        {
            throw Failures.Of($"no span {Json.Write(name)}", $"{count}", this);
        }
    }

    /// <summary>
    /// The trace as text that is the same in every run: ids are numbered, times, call sites and stacks left out. One line for each value, so that differences read well.
    /// </summary>
    /// <param name="options">Default: what <see cref="SnapshotOptions"/> says of each.</param>
    /// <returns>The text, lines ending in <c>\n</c>, without one at the end.</returns>
    public string ToSnapshot(SnapshotOptions? options = null) => SnapshotText.Of(this, options ?? SnapshotOptions.Default);

    /// <summary>The same as <see cref="ToSnapshot"/>.</summary>
    public override string ToString() => ToSnapshot();
}
