using System.Globalization;
using Braintrust.Logging.Configuration;

namespace Braintrust.Logging.Pipeline;

/// <summary>
/// How large a request may be: half of what the server announces, since the gateway before it answers 413 near the maximum (PROTOCOL
/// section 11); less after a 413, and slowly more again while requests pass.
/// </summary>
/// <param name="most">What each of four requests under way may take (eight at the end), where the queue's bound does not count them.</param>
sealed class BodyLimit(long most = long.MaxValue)
{
    const long Default = 6 * 1024 * 1024;
    const long Smallest = 16 * 1024;

    // BRAINTRUST_MAX_REQUEST_SIZE, if it is set.
    readonly long _own = long.TryParse(Environment.GetEnvironmentVariable(EnvironmentVariables.MaxRequestSize), NumberStyles.None, CultureInfo.InvariantCulture, out var own) && own > 0 ? own : long.MaxValue;

    long _half = Half(Default, most);

    /// <summary>What the server takes, if it has said so; then larger bodies go by way of an object store.</summary>
    public long? Announced { get; private set; }

    public long Bytes { get; private set; } = Half(Default, most);

    public void Announce(long? limit)
    {
        if (limit == Announced && limit is not null)
        {
            return; // what 413s have taught stays
        }
        Announced = limit;
        _half = Half(Math.Min(_own, limit ?? Default), most);
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

    static long Half(long limit, long most) => Math.Max(Smallest, Math.Min(most, limit / 2));
}
