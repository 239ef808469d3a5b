using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Sampling;

/// <summary>
/// Whole traces, or nothing of them: decided at a trace's first row here, and the same below. The ratio is a function of the trace id alone, so
/// that services with the same ratio keep the same traces; what the callback says is remembered for the traces that are under way.
/// </summary>
sealed class TraceSampler
{
    // W3C Trace Context, level 2: the last 56 bits of a trace id are random.
    const ulong RandomBits = (1UL << 56) - 1;

    // Set while the callback runs on this thread.
    [ThreadStatic]
    static bool _isAsking;

    readonly Func<RowPreview, bool>? _callback;
    readonly ulong _below;
    readonly DecisionMemory _decisions;

    public TraceSampler(double ratio, Func<RowPreview, bool>? callback)
        : this(ratio, callback, new DecisionMemory())
    {
    }

    TraceSampler(double ratio, Func<RowPreview, bool>? callback, DecisionMemory decisions)
    {
        Ratio = ratio;
        _callback = callback;
        _below = (ulong)(ratio * (RandomBits + 1.0));
        _decisions = decisions;
    }

    public static TraceSampler Of(BraintrustOptions options) => new(options.SamplingRatio, options.Sampler);

    /// <summary>The share of traces that is kept.</summary>
    public double Ratio { get; }

    /// <summary>Off for most: then nobody asks.</summary>
    public bool IsOn => Ratio < 1 || _callback is not null;

    /// <summary>The same with another ratio: what the callback has said of traces under way still holds.</summary>
    public TraceSampler With(double ratio) => new(ratio, _callback, _decisions);

    /// <param name="trace">The trace.</param>
    /// <param name="preview">What is known of its first row; made only if the callback is asked.</param>
    public bool Keeps(UInt128 trace, Func<RowPreview> preview)
    {
        if (Ratio < 1 && ((ulong)trace & RandomBits) >= _below)
        {
            return false;
        }
        return _callback is null || _isAsking || _decisions.Get(trace, () => Ask(preview));
    }

    /// <summary>What the callback logs itself is kept: asked for that, it would never end.</summary>
    bool Ask(Func<RowPreview> preview)
    {
        _isAsking = true;
        try
        {
            return _callback!(preview());
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
