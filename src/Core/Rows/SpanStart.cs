namespace Braintrust.Logging.Rows;

/// <summary>What a span began with: it does not change any more, so it may be written while the span is open.</summary>
sealed class SpanStart
{
    long _weight;

    public required BraintrustLogger Logger { get; init; }
    public required FrontEnd FrontEnd { get; init; }
    public required string Name { get; init; }

    /// <summary>What the name was rendered from, to stand for it where content is kept back; null: it shows no properties.</summary>
    public string? Template { get; init; }

    public string? Type { get; init; }
    public object? Input { get; init; }
    public List<KeyValuePair<string, object?>>? Metadata { get; init; }

    /// <summary>The properties of a scope, mapped by the table.</summary>
    public Property[] Properties { get; init; } = [];

    public DateTimeOffset? Time { get; init; }
    public CallerLocation Caller { get; init; }

    /// <summary>The category of the logger that opened a scope.</summary>
    public string? LoggerName { get; init; }

    /// <summary>Who made the span, if not the front end itself: the source of a captured activity.</summary>
    public string? Instrumentation { get; init; }

    public SpanStart WithoutContent() => new()
    {
        Logger = Logger,
        FrontEnd = FrontEnd,
        Name = "",
        Caller = Caller,
        LoggerName = LoggerName,
        Instrumentation = Instrumentation,
    };

    /// <summary>Asked for when it begins and when it ends, and walked once.</summary>
    public long Weight => _weight != 0 ? _weight : _weight = 4 * RowWeight.Small + RowWeight.Of(Name) + RowWeight.Of(Input) + RowWeight.Of(Properties) + RowWeight.Of(Metadata);
}
