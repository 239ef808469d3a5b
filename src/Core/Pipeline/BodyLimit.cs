namespace Braintrust.Logging.Pipeline;

/// <summary>
/// How large a request may be: half of what the server announces, since the gateway before it answers 413 near the maximum (PROTOCOL
/// section 11); less after a 413, and slowly more again while requests pass.
/// </summary>
sealed class BodyLimit
{
    const long Default = 6 * 1024 * 1024;
    const long Smallest = 16 * 1024;

    long _half = Default / 2;

    public long Bytes { get; private set; } = Default / 2;

    public void Announce(long? limit)
    {
        _half = Math.Max(Smallest, (limit ?? Default) / 2);
        Bytes = Math.Min(Bytes, _half);
    }

    public void Refused(long bodyBytes) => Bytes = Math.Max(Smallest, Math.Min(Bytes, bodyBytes / 2));

    public void Passed(long bodyBytes)
    {
        if (bodyBytes * 2 > Bytes)
        {
            Bytes = Math.Min(_half, Bytes + Bytes / 8);
        }
    }
}
