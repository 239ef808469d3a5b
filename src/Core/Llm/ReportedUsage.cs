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

    // Spans that were told of before the ones around them, by somebody else's tracer; bounded.
    readonly HashSet<ulong> _above = [];
    readonly Queue<ulong> _aboveInOrder = new();

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

    /// <summary>Whether the tokens of a span, if it has any, are to be counted, when spans are told of from the inside out.</summary>
    /// <param name="span">Its id.</param>
    /// <param name="parent">The id of the one around it; 0: none.</param>
    /// <param name="trace">Their trace.</param>
    /// <param name="said">What it counts.</param>
    public bool IsInnermost(ulong span, ulong parent, UInt128 trace, ModelUsage? said)
    {
        bool hasBelow;
        lock (_reports)
        {
            hasBelow = _above.Contains(span);
            if (parent != 0 && (hasBelow || said is not null) && _above.Add(parent))
            {
                _aboveInOrder.Enqueue(parent);
                if (_aboveInOrder.Count > Limit)
                {
                    _above.Remove(_aboveInOrder.Dequeue());
                }
            }
        }
        return !hasBelow && IsFirst(trace, said);
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
