using Braintrust.Logging.Rows;

namespace Braintrust.Logging;

/// <summary>What is known of an event or a span before it becomes a row: what <see cref="BraintrustOptions.Filter"/> and <see cref="BraintrustOptions.Sampler"/> decide by.</summary>
public sealed class RowPreview
{
    readonly Func<IReadOnlyDictionary<string, object?>> _read;
    IReadOnlyDictionary<string, object?>? _properties;

    internal RowPreview(BraintrustLogger logger, UInt128 trace, string name, string? loggerName, string? level, Func<IReadOnlyDictionary<string, object?>> properties)
    {
        Project = logger.Project;
        TraceId = Ids.Hex(trace);
        Name = name;
        LoggerName = loggerName;
        Level = level;
        _read = properties;
    }

    /// <summary>The project it goes to: its name, or its id when only that was given.</summary>
    public string Project { get; }

    /// <summary>32 lower-case hex digits, a W3C trace id.</summary>
    public string TraceId { get; }

    /// <summary>An event's message template, or its message when it has none; a span's name, for a scope its rendered text.</summary>
    public string Name { get; }

    /// <summary>The category or <c>SourceContext</c>, of a captured activity its source; null where there is none.</summary>
    public string? LoggerName { get; }

    /// <summary><c>trace</c>, <c>debug</c>, <c>info</c>, <c>warn</c>, <c>error</c> or <c>fatal</c>; null for a span.</summary>
    public string? Level { get; }

    /// <summary>Properties by name, whatever the case: an event's and, through ILogger, those of the scopes around it; a span's properties and metadata.</summary>
    public IReadOnlyDictionary<string, object?> Properties => _properties ??= _read();
}
