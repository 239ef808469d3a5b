using System.Text.Json;
using System.Text.Json.Nodes;

namespace Braintrust.Logging.Local;

/// <summary>A stored row and the rows below it.</summary>
public sealed class TraceNode
{
    readonly List<TraceNode> _children = [];
    readonly List<JsonObject> _comments = [];

    internal TraceNode(JsonObject row) => Row = row;

    /// <summary>The row as it is stored, with all its fields.</summary>
    public JsonObject Row { get; }

    /// <summary>The rows below this one: spans whose parent it is, and the log rows written inside it. By start, then by <c>exec_counter</c>.</summary>
    public IReadOnlyList<TraceNode> Children => _children;

    /// <summary>The comment rows about this row, in the order they arrived.</summary>
    public IReadOnlyList<JsonObject> Comments => _comments;

    /// <summary>The row names a parent that is not stored, so that it stands beside the roots.</summary>
    public bool IsOrphan { get; internal set; }

    /// <summary>A log message rather than a span.</summary>
    public bool IsLog => Type == "log";

    /// <summary>The row's id.</summary>
    public string Id => Text(Row["id"]) ?? "";

    /// <summary>The id of its span; a log row has that of the span it was written in.</summary>
    public string? SpanId => Text(Row["span_id"]);

    /// <summary>The id of its trace.</summary>
    public string? RootSpanId => Text(Row["root_span_id"]);

    /// <summary>The span's name; for a log row its message.</summary>
    public string Name => Text(Attribute("name")) ?? (IsLog ? Message(Row["output"]) : null) ?? "(unnamed)";

    /// <summary><c>llm</c>, <c>task</c>, <c>tool</c>, <c>log</c>, …; null if it has none.</summary>
    public string? Type => Text(Attribute("type"));

    /// <summary><c>info</c>, <c>warn</c>, …; null on rows that no log call made.</summary>
    public string? LogLevel => Text(Attribute("log_level"));

    /// <summary>When the work began.</summary>
    public DateTimeOffset? Start => Time("start");

    /// <summary>When the work ended; null while it runs.</summary>
    public DateTimeOffset? End => Time("end");

    /// <summary>From start to end; null while the work runs.</summary>
    public TimeSpan? Duration => Metric("end") - Metric("start") is { } seconds && Math.Abs(seconds) < MaxSeconds ? TimeSpan.FromSeconds(seconds) : null;

    /// <summary>Tokens that went into the model, if the row says.</summary>
    public long? PromptTokens => Count("prompt_tokens");

    /// <summary>Tokens that the model gave back, if the row says.</summary>
    public long? CompletionTokens => Count("completion_tokens");

    /// <summary>All tokens of this row alone: the total it gives, or else the sum of the two.</summary>
    public long? Tokens => Count("tokens") ?? (PromptTokens is null ? CompletionTokens : PromptTokens + (CompletionTokens ?? 0));

    /// <summary>The model that answered, if the row says.</summary>
    public string? Model => Text((Row["metadata"] as JsonObject)?["model"]);

    /// <summary>The scores by name; a null score is one that was taken back or could not be given.</summary>
    public IReadOnlyDictionary<string, double?> Scores =>
        (Row["scores"] as JsonObject ?? []).ToDictionary(score => score.Key, score => Number(score.Value));

    /// <summary>The error as text; null if there was none.</summary>
    public string? Error => Row["error"] is { } error ? Message(error) : null;

    /// <summary>This row, then all below it, each before its children.</summary>
    /// <returns>The nodes, in the order of the tree.</returns>
    public IEnumerable<TraceNode> SelfAndDescendants()
    {
        var waiting = new Stack<TraceNode>([this]);
        while (waiting.TryPop(out var node))
        {
            yield return node;
            for (var i = node._children.Count - 1; i >= 0; i--)
                waiting.Push(node._children[i]);
        }
    }

    internal double? StartSeconds => Metric("start");
    internal double? ExecCounter => Number(Attribute("exec_counter"));

    internal void Add(TraceNode child) => _children.Add(child);
    internal void Comment(JsonObject comment) => _comments.Add(comment);

    // A hundred years to either side: a metric may hold any number, a time may not.
    const double MaxSeconds = 100L * 365 * 24 * 3600;

    DateTimeOffset? Time(string metric) =>
        Metric(metric) is { } seconds && Math.Abs(seconds) < MaxSeconds ? DateTimeOffset.UnixEpoch.AddSeconds(seconds) : null;

    JsonNode? Attribute(string name) => (Row["span_attributes"] as JsonObject)?[name];
    double? Metric(string name) => Number((Row["metrics"] as JsonObject)?[name]);
    long? Count(string name) => Metric(name) is { } number ? (long)number : null;

    static string? Message(JsonNode? value) => Text(value) ?? value?.ToJsonString();
    static string? Text(JsonNode? value) => value?.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;
    static double? Number(JsonNode? value) => value?.GetValueKind() == JsonValueKind.Number ? value.GetValue<double>() : null;
}
