using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using Braintrust.Logging.Testing.Traces;

namespace Braintrust.Logging.Testing;

/// <summary>
/// A span, or the row of a log event, as Braintrust stores it. It does not change any more; JSON nodes are copies of the reader's own.
/// </summary>
public sealed class LoggedSpan
{
    // A hundred years to either side: a metric may hold any number, a time may not.
    const double MaxSeconds = 100L * 365 * 24 * 3600;

    static readonly JsonSerializerOptions Lenient = new(JsonSerializerDefaults.Web);

    readonly List<LoggedSpan> _children = [];
    readonly List<string> _comments = [];
    readonly JsonElement _row;

    internal LoggedSpan(string project, JsonElement row)
    {
        Project = project;
        _row = row;
    }

    /// <summary>The name of the project it went to.</summary>
    public string Project { get; }

    /// <summary>The row's id: what a link and feedback name.</summary>
    public string Id => Json.Text(Field("id")) ?? "";

    /// <summary>The id of the span; a log row (<see cref="IsLog"/>) has that of the span it was written in.</summary>
    public string SpanId => Json.Text(Field("span_id")) ?? "";

    /// <summary>The id of the trace, the same for all its spans.</summary>
    public string TraceId => Json.Text(Field("root_span_id")) ?? Id;

    /// <summary>The name; of a log row, which has none, its message.</summary>
    public string Name => Json.Text(Attribute("name")) ?? (Field("output") is { } message ? Json.Plain(message) : "");

    /// <summary><c>llm</c>, <c>task</c>, <c>tool</c>, …: see <see cref="SpanTypes"/>. Null if it has none.</summary>
    public string? Type => Json.Text(Attribute("type"));

    /// <summary>Whether this is a native log row (<see cref="EventsAs.ApplicationLogs"/>) and no span.</summary>
    public bool IsLog => Type == "log";

    /// <summary><c>trace</c>, <c>debug</c>, <c>info</c>, <c>warn</c>, <c>error</c> or <c>fatal</c>; null if no log call made the row.</summary>
    public string? Level => Json.Text(Attribute("log_level"));

    /// <summary>What went in; null if nothing was said.</summary>
    public JsonNode? Input => Json.Node(Field("input"));

    /// <summary>What came out; of a log event without an output its message.</summary>
    public JsonNode? Output => Json.Node(Field("output"));

    /// <summary>What should have come out.</summary>
    public JsonNode? Expected => Json.Node(Field("expected"));

    /// <summary>The error as text, an exception with its stack; null if there was none.</summary>
    public string? Error => Field("error") is { } error ? Json.Plain(error) : null;

    /// <summary>The metadata; empty if there is none.</summary>
    public JsonObject Metadata => Json.Node(Field("metadata")) as JsonObject ?? [];

    /// <summary>The metrics by name, <c>start</c> and <c>end</c> (seconds since 1970) among them.</summary>
    public IReadOnlyDictionary<string, double> Metrics => Json.Members(Field("metrics"))
        .Where(static metric => metric.Value.ValueKind == JsonValueKind.Number).ToDictionary(static metric => metric.Name, static metric => metric.Value.GetDouble());

    /// <summary>The scores by name, from 0 to 1; null is a score that was taken back.</summary>
    public IReadOnlyDictionary<string, double?> Scores =>
        Json.Members(Field("scores")).ToDictionary(static score => score.Name, static score => Json.Number(score.Value));

    /// <summary>The tags; empty if there are none.</summary>
    public IReadOnlyList<string> Tags => Field("tags") is { ValueKind: JsonValueKind.Array } tags ? [.. tags.EnumerateArray().Select(Json.Plain)] : [];

    /// <summary>The comments of feedback, in the order of their arrival.</summary>
    public IReadOnlyList<string> Comments => _comments;

    /// <summary>When it began, to the microsecond or so: the wire has seconds as a double.</summary>
    public DateTimeOffset? Start => Time("start");

    /// <summary>When it ended; null while it is open.</summary>
    public DateTimeOffset? End => Time("end");

    /// <summary>From start to end, zero for an event; null while it is open.</summary>
    public TimeSpan? Duration => Metric("end") - Metric("start") is { } seconds && Math.Abs(seconds) < MaxSeconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>The span it is in; null for a root, and where the parent was not logged here (in another service, say).</summary>
    public LoggedSpan? Parent { get; private set; }

    /// <summary>What is directly below, by start and then in the order it was written.</summary>
    public IReadOnlyList<LoggedSpan> Children => _children;

    /// <summary>How many spans it is in: 0 for a root.</summary>
    public int Depth { get; private set; }

    /// <summary>The row with all its fields, as it is stored.</summary>
    public JsonObject Row => (JsonObject)Json.Node(_row)!;

    /// <summary>The input as a type of the test's.</summary>
    /// <param name="options">Default: those for the web, which do not mind the case of names.</param>
    /// <returns>The value; the default of the type where nothing was logged.</returns>
    /// <exception cref="JsonException">It is none.</exception>
    [RequiresUnreferencedCode("Reads by reflection.")]
    [RequiresDynamicCode("Reads by reflection.")]
    public T? InputAs<T>(JsonSerializerOptions? options = null) => As<T>("input", options);

    /// <summary>The output as a type of the test's.</summary>
    /// <inheritdoc cref="InputAs{T}"/>
    /// <returns>The value; the default of the type where nothing was logged.</returns>
    [RequiresUnreferencedCode("Reads by reflection.")]
    [RequiresDynamicCode("Reads by reflection.")]
    public T? OutputAs<T>(JsonSerializerOptions? options = null) => As<T>("output", options);

    /// <summary>Itself, then all that is below, each before its children.</summary>
    /// <returns>The spans, in the order of the tree.</returns>
    public IEnumerable<LoggedSpan> SelfAndDescendants()
    {
        // A stack of our own: a trace may be deeper than the thread's.
        var waiting = new Stack<LoggedSpan>([this]);
        while (waiting.TryPop(out var span))
        {
            yield return span;
            for (var i = span._children.Count - 1; i >= 0; i--)
            {
                waiting.Push(span._children[i]);
            }
        }
    }

    /// <summary>Its parent, that one's parent, and so on up to the root.</summary>
    /// <returns>The spans, the innermost first; none for a root.</returns>
    public IEnumerable<LoggedSpan> Ancestors()
    {
        for (var span = Parent; span is not null; span = span.Parent)
        {
            yield return span;
        }
    }

    /// <summary>The name and what is directly said of it, as in a snapshot.</summary>
    public override string ToString() => SnapshotText.Of(this);

    internal JsonElement? Field(string name) => Json.Member(_row, name);

    internal double? StartSeconds => Metric("start");

    internal double? Place => Json.Number(Attribute("exec_counter"));

    /// <summary>A log row names no parent: it has the ids of the span it was written in.</summary>
    internal string? ParentSpanId => IsLog ? Json.Text(Field("span_id"))
        : Field("span_parents") is { ValueKind: JsonValueKind.Array } parents && parents.GetArrayLength() > 0 ? Json.Text(parents[0]) : null;


    internal void Adopt(LoggedSpan child)
    {
        _children.Add(child);
        child.Parent = this;
    }

    internal void StandAt(int depth) => Depth = depth;

    internal void Comment(string text) => _comments.Add(text);

    JsonElement? Attribute(string name) => Json.Member(Field("span_attributes"), name);

    double? Metric(string name) => Json.Number(Json.Member(Field("metrics"), name));

    DateTimeOffset? Time(string metric) =>
        Metric(metric) is { } seconds && Math.Abs(seconds) < MaxSeconds ? DateTimeOffset.UnixEpoch.AddSeconds(seconds) : null;

    [RequiresUnreferencedCode("Reads by reflection.")]
    [RequiresDynamicCode("Reads by reflection.")]
    T? As<T>(string name, JsonSerializerOptions? options) => Field(name) is { } value ? value.Deserialize<T>(options ?? Lenient) : default;
}
