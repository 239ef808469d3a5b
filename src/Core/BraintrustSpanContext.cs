using System.Diagnostics.CodeAnalysis;
using System.Text;
using Braintrust.Logging.Propagation;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging;

/// <summary>
/// What <see cref="BraintrustLogger.StartSpan"/> takes as a parent: a span of this process, which converts to it by itself, or one of another
/// process, which <see cref="BraintrustPropagation"/> reads from the headers of a request.
/// </summary>
public sealed class BraintrustSpanContext
{
    // "project_id:…" and "project_name:…" are the values that name a project (PROTOCOL section 20).
    const string ById = "project_id:";
    const string ByName = "project_name:";

    internal BraintrustSpanContext(TraceParent parent, string? traceState, string? belongsTo)
    {
        Parent = parent;
        TraceState = traceState;
        if (belongsTo is null)
        {
            return;
        }
        if (belongsTo.StartsWith(ByName, StringComparison.Ordinal) && !string.IsNullOrWhiteSpace(belongsTo[ByName.Length..]))
        {
            Project = belongsTo[ByName.Length..];
        }
        else if (belongsTo.StartsWith(ById, StringComparison.Ordinal) && Guid.TryParseExact(belongsTo[ById.Length..], "D", out _))
        {
            ProjectId = belongsTo[ById.Length..];
        }
    }

    BraintrustSpanContext(BraintrustSpan span)
    {
        Local = span;
        Parent = new(span.Trace, span.Span, span.Headers?.Flags ?? TraceParent.Sampled);
        TraceState = span.Headers?.State;
        Project = span.Logger.Key.Name;
        ProjectId = span.Logger.Key.Id;
    }

    /// <summary>32 lower-case hex digits: the trace that a span below joins.</summary>
    public string TraceId => Ids.Hex(Parent.TraceId);

    /// <summary>16 lower-case hex digits: the parent of a span below.</summary>
    public string SpanId => Ids.Hex(Parent.SpanId);

    /// <summary>The name of the project the trace belongs to; null if it was not said, or by id.</summary>
    public string? Project { get; }

    /// <summary>The id of the project the trace belongs to; null if it was not said, or by name.</summary>
    public string? ProjectId { get; }

    /// <summary>The header <c>tracestate</c>, which other tracers own: sent on with every inject in the trace.</summary>
    public string? TraceState { get; }

    /// <summary>The span itself, if it is one of this process.</summary>
    internal BraintrustSpan? Local { get; }

    internal TraceParent Parent { get; }

    /// <summary>A span as a parent.</summary>
    /// <param name="span">The span, or null.</param>
    /// <returns>The span as a parent; null for null.</returns>
    [return: NotNullIfNotNull(nameof(span))]
    public static implicit operator BraintrustSpanContext?(BraintrustSpan? span) => FromSpan(span);

    /// <summary>What the conversion does, for languages without it.</summary>
    /// <param name="span">The span, or null.</param>
    /// <returns>The span as a parent; null for null.</returns>
    [return: NotNullIfNotNull(nameof(span))]
    public static BraintrustSpanContext? FromSpan(BraintrustSpan? span) => span is null ? null : new(span);

    /// <summary>How a logger's project is named to others: as the logger was made, also once its id is known.</summary>
    internal static string Naming(BraintrustLogger logger) => logger.Key.Id is { } id ? ById + id : ByName + logger.Key.Name;

    /// <summary>Whether others mean a logger's project, as a framework's propagator has read it: the older one of .NET takes blanks off its ends.</summary>
    internal static bool Names(string said, BraintrustLogger logger) =>
        logger.Key.Name is { } name && said.Trim() == Travelled(ByName + name)
        || logger.KnownProjectId is { } id && string.Equals(said.Trim(), ById + id, StringComparison.OrdinalIgnoreCase);

    /// <summary>A text as it comes out of a header: a lone surrogate does not survive the way.</summary>
    static string Travelled(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Trim();
}
