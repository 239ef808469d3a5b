namespace Braintrust.Logging.Rows;

/// <summary>Who made a row (<c>context.span_origin</c>): written once for each front end, and for each source of captured activities. For one thread at a time.</summary>
/// <param name="environmentType">For <c>environment</c>.</param>
/// <param name="environmentName">For <c>environment</c>.</param>
sealed class SpanOrigins(string? environmentType, string? environmentName)
{
    const int Most = 100;

    readonly Dictionary<string, byte[]> _ofSources = new(StringComparer.Ordinal);

    public byte[] Of(FrontEnd frontEnd) => frontEnd.SpanOrigin ??= Write(frontEnd.Name);

    /// <summary>Captured activities are their source's, and sources are few.</summary>
    /// <param name="span">What began.</param>
    public byte[] Of(BraintrustSpan span)
    {
        if (span.Begun.Instrumentation is not { } source)
        {
            return Of(span.FrontEnd);
        }
        if (!_ofSources.TryGetValue(source, out var origin))
        {
            origin = Write(source);
            if (_ofSources.Count < Most)
            {
                _ofSources.Add(source, origin);
            }
        }
        return origin;
    }

    byte[] Write(string instrumentation) => RowContext.SpanOrigin(instrumentation, environmentType, environmentName);
}
