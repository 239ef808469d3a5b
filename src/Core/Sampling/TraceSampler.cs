using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Sampling;

/// <summary>
/// Whole traces, or nothing of them: decided at a trace's first row here, and the same below. The ratio is a function of the trace id alone, so
/// that services with the same ratio keep the same traces; what the callback says is remembered for the traces that are under way.
/// </summary>
sealed class TraceSampler(double ratio, Func<RowPreview, bool>? callback)
{
    // W3C Trace Context, level 2: the last 56 bits of a trace id are random.
    const ulong RandomBits = (1UL << 56) - 1;

    // Set while the callback runs on this thread.
    [ThreadStatic]
    static bool _isAsking;

    readonly ulong _below = (ulong)(ratio * (RandomBits + 1.0));
    readonly DecisionMemory _decisions = new();

    public static TraceSampler Of(BraintrustOptions options) => new(options.SamplingRatio, options.Sampler);

    /// <summary>Off for most: then nobody asks.</summary>
    public bool IsOn { get; } = ratio < 1 || callback is not null;

    /// <param name="trace">The trace.</param>
    /// <param name="preview">What is known of its first row; made only if the callback is asked.</param>
    public bool Keeps(UInt128 trace, Func<RowPreview> preview)
    {
        if (ratio < 1 && ((ulong)trace & RandomBits) >= _below)
        {
            return false;
        }
        return callback is null || _isAsking || _decisions.Get(trace, () => Ask(preview));
    }

    /// <summary>What the callback logs itself is kept: asked for that, it would never end.</summary>
    bool Ask(Func<RowPreview> preview)
    {
        _isAsking = true;
        try
        {
            return callback!(preview());
        }
        catch (Exception error) // the user's code
        {
            BraintrustDiagnostics.Warn("sampler", $"Sampler threw {error.GetType()}; the trace was kept.", 1);
            return true;
        }
        finally
        {
            _isAsking = false;
        }
    }
}
