using System.Text;
using Braintrust.Logging.Llm;

namespace Braintrust.Logging.Rows;

/// <summary>
/// One sink, one provider, or a client's own API: where entries come from. It knows how to read its framework's events; what becomes of
/// them is the core's to decide.
/// </summary>
abstract class FrontEnd(FrontEndSettings settings)
{
    // Set while a filter runs on this thread.
    [ThreadStatic]
    static bool _isFiltering;

    volatile bool _isEnabled = settings.Enabled;

    public FrontEndSettings Settings { get; } = settings;

    /// <summary>See <see cref="BraintrustOptions.Enabled"/>. What was written before is not touched by a change: rows on their way arrive, spans that are open end.</summary>
    public bool IsEnabled
    {
        get => _isEnabled;
        set => _isEnabled = value;
    }

    /// <summary>Name of the instrumentation, for <c>context.span_origin</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The constant part of its rows' context. Whoever needs it first writes it; two would write the same.</summary>
    public byte[]? SpanOrigin { get; set; }

    /// <summary>Reads an event. Runs on the loop, with a mask on the callers' threads, several at once; must not change the payload.</summary>
    public virtual void Read(object payload, EventRecord into) { }

    /// <summary>
    /// Renders the message of an event that was read. Asked only for rows that show it: an event with an output of its own does not, and rendering is the larger half of reading.
    /// </summary>
    public virtual void Render(object payload, StringBuilder into) { }

    /// <summary>What the user's filter and sampler see of an event. On the caller's thread.</summary>
    public virtual RowPreview Preview(BraintrustLogger logger, UInt128 trace, object payload) =>
        new(logger, trace, "", null, null, static () => new Dictionary<string, object?>());

    /// <summary>What they see of a span.</summary>
    public static RowPreview Preview(BraintrustSpan span)
    {
        var begun = span.Begun; // the span forgets it, and whoever keeps the preview may read it later
        return new(span.Logger, span.Trace, begun.Name, begun.LoggerName, null, () => PropertyView.Of(begun));
    }

    /// <summary>Whether the user's filter lets it pass; what the filter throws is ignored, and what it logs passes.</summary>
    public bool Admits(Func<RowPreview> preview)
    {
        if (_isFiltering || Settings.Filter is not { } filter)
        {
            return true; // a filter that is asked for what it logs itself would never end
        }
        _isFiltering = true;
        try
        {
            return filter(preview());
        }
        catch (Exception error) // the user's code
        {
            BraintrustDiagnostics.Warn("filter", $"Filter threw {error.GetType()}; the row was kept.", 1);
            return true;
        }
        finally
        {
            _isFiltering = false;
        }
    }

    /// <summary>Writes a value that only this front end knows. False: not such a value.</summary>
    public virtual bool TryWrite(object value, JsonBuffer json) => false;

    /// <summary>What a model's answer says of its call; null: the value is none.</summary>
    public virtual AnswerHead? HeadOf(object? value) => (value as JsonText)?.Head;

    /// <summary>
    /// What the application wants to see in place of a classified value (<see cref="Classified"/>). On the caller's thread. Null: it has not said. May throw.
    /// </summary>
    public virtual string? Redact(object value, Attribute[] classifications) => null;

    /// <summary>Whether <see cref="Lost"/> wants to know; if so payloads are kept until their row's fate is known.</summary>
    public virtual bool WatchesLosses => false;

    /// <summary>An event that will not arrive. On the thread pool, one call at a time.</summary>
    public virtual void Lost(IReadOnlyList<object> payloads, RowLoss loss) { }
}

/// <summary>What is each front end's own, whatever client it shares.</summary>
sealed record FrontEndSettings(EventsAs EventsAs, ScopeSpans ScopeSpans, Func<IReadOnlyDictionary<string, object?>, string?>? ProjectSelector, Action<RowLoss>? OnLoss, IReadOnlyList<string> ActivitySources)
{
    /// <summary>See <see cref="BraintrustOptions.Mask"/>.</summary>
    public Func<string, object?, object?>? Mask { get; init; }

    /// <summary>See <see cref="BraintrustOptions.Filter"/>.</summary>
    public Func<RowPreview, bool>? Filter { get; init; }

    /// <summary>See <see cref="BraintrustOptions.Enabled"/>. As it is at the start.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>See <see cref="BraintrustOptions.CaptureContent"/>.</summary>
    public bool CaptureContent { get; init; } = true;

    /// <summary>See <see cref="BraintrustOptions.ScrubSecrets"/>.</summary>
    public bool ScrubSecrets { get; init; } = true;

    /// <summary>What options that say nothing come to.</summary>
    public static FrontEndSettings Unset { get; } = From(new BraintrustOptions());

    public static FrontEndSettings From(BraintrustOptions options) =>
        new(options.EventsAs, options.ScopeSpans, options.ProjectSelector, options.OnLoss, [.. options.ActivitySources])
        {
            Mask = options.Mask,
            Filter = options.Filter,
            Enabled = options.Enabled,
            CaptureContent = options.CaptureContent,
            ScrubSecrets = options.ScrubSecrets,
        };

    /// <summary>
    /// For a front end over a client that was handed in: what its own options say holds, what they leave unset or at its default comes from the client. Not so
    /// the activity sources: the client captures its own already.
    /// </summary>
    public FrontEndSettings Over(BraintrustClient client)
    {
        var given = client.Api.Settings;
        return this with
        {
            EventsAs = EventsAs == default ? given.EventsAs : EventsAs,
            ScopeSpans = ScopeSpans == default ? given.ScopeSpans : ScopeSpans,
            ProjectSelector = ProjectSelector ?? given.ProjectSelector,
            OnLoss = OnLoss ?? given.OnLoss,
            Mask = Mask ?? given.Mask,
            Filter = Filter ?? given.Filter,
            CaptureContent = CaptureContent && given.CaptureContent, // whoever keeps something back is heard
            ScrubSecrets = ScrubSecrets && given.ScrubSecrets,
        };
    }
}
