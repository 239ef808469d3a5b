namespace Braintrust.Logging.Llm;

/// <summary>What one answer of a model cost, as far as it takes to know it again.</summary>
/// <param name="ResponseId">The provider's id of the answer, if whoever reports it knows it.</param>
/// <param name="Input">Tokens in.</param>
/// <param name="Output">Tokens out.</param>
readonly record struct ModelUsage(string? ResponseId, long Input, long Output);

/// <summary>
/// The model calls of a project that were counted lately. Two layers may report one call without standing inside each other; they say the same id, in the same
/// trace, with the same counts. All three, since some servers give the same few ids again and again.
/// </summary>
sealed class ReportedUsage(TimeProvider clock)
{
    const int Limit = 1_000;
    static readonly TimeSpan Memory = TimeSpan.FromMinutes(2);

    readonly record struct Report(UInt128 Trace, ModelUsage Usage, long At);

    readonly List<Report> _reports = [];

    /// <summary>Whether nobody has counted it before; then it is counted now.</summary>
    public bool IsFirst(UInt128 trace, ModelUsage? said)
    {
        if (said is not { } usage)
        {
            return true;
        }
        lock (_reports)
        {
            Forget();
            if (usage.ResponseId is not null && _reports.Exists(report => report.Trace == trace && report.Usage == usage))
            {
                return false;
            }
            _reports.Add(new(trace, usage, clock.GetTimestamp()));
            return true;
        }
    }

    /// <summary>The same for a report that knows no id: it is the other side of one with these counts, and each has one other side.</summary>
    public bool IsFirstWithoutId(UInt128 trace, ModelUsage usage)
    {
        lock (_reports)
        {
            Forget();
            var other = _reports.FindIndex(report => report.Trace == trace && report.Usage.ResponseId is not null && report.Usage with { ResponseId = null } == usage);
            if (other >= 0)
            {
                _reports.RemoveAt(other);
            }
            return other < 0;
        }
    }

    void Forget()
    {
        var old = 0;
        while (old < _reports.Count && (_reports.Count - old >= Limit || clock.GetElapsedTime(_reports[old].At) > Memory))
        {
            old++;
        }
        _reports.RemoveRange(0, old);
    }
}
