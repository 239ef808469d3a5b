namespace Braintrust.Logging.Rows;

/// <summary>What a row will say, besides its ids: the outcome of mapping. Filled again and again by the loop.</summary>
sealed class RowFields
{
    public object? Input;
    public object? Output;
    public object? Expected;
    public object? Error;
    public string? Name;
    public string? Type;
    public string? Model;
    public string? Provider;

    /// <summary>GenAI's older name of the provider, and the model that was asked for: for want of the provider and of the model that answered.</summary>
    public string? SystemName;
    public string? RequestedModel;

    /// <summary>What the system says before the input's messages.</summary>
    public object? Instructions;

    /// <summary>Of a row that was made from another.</summary>
    public JsonText? Origin;

    /// <summary><c>span_attributes.purpose</c>.</summary>
    public string? Purpose;

    /// <summary>Which of input, output, expected were given by Braintrust's own attribute, which wins.</summary>
    public BraintrustAttributes.Own Own;
    public readonly List<string> Tags = [];
    public readonly NamedValues<double> Scores = new();
    public readonly NamedValues<double> Metrics = new();
    public readonly NamedValues<object?> Metadata = new();

    /// <summary>What <c>context</c> says besides who made the row.</summary>
    public readonly NamedValues<object?> Context = new();

    /// <summary>How long it took, in ticks, by a duration property; negative when nothing said so.</summary>
    public long ElapsedTicks;

    public bool HasTokens =>
        Metrics.Contains(MetricNames.Prompt) || Metrics.Contains(MetricNames.Completion) || Metrics.Contains(MetricNames.Total);

    /// <summary>All tokens, where only the two parts are known, as in the activities of libraries: Braintrust's own wrappers write the sum as well.</summary>
    public double? TotalOfBoth =>
        !Metrics.Contains(MetricNames.Total) && Metrics.TryGet(MetricNames.Prompt, out var prompt) && Metrics.TryGet(MetricNames.Completion, out var completion)
        && double.IsFinite(prompt + completion)
            ? prompt + completion
            : null;

    /// <summary>Whether an event carries what only a span row can show (<see cref="EventsAs.Auto"/>).</summary>
    public bool HasSpanData =>
        Input is not null || Output is not null || Expected is not null || Type is not null || Model is not null
        || ElapsedTicks >= 0 || Scores.Count > 0 || Metrics.Count > 0;

    public void Clear()
    {
        Input = Output = Expected = Error = null;
        Name = Type = Model = Provider = Purpose = null;
        SystemName = RequestedModel = null;
        Instructions = Origin = null;
        Own = default;
        Context.Clear();
        Tags.Clear();
        Scores.Clear();
        Metrics.Clear();
        Metadata.Clear();
        ElapsedTicks = -1;
    }
}

/// <summary>Braintrust's names (PROTOCOL section 18).</summary>
static class MetricNames
{
    public const string Prompt = "prompt_tokens";
    public const string Completion = "completion_tokens";
    public const string Total = "tokens";
    public const string Cached = "prompt_cached_tokens";
    public const string CacheCreation = "prompt_cache_creation_tokens";
    public const string Reasoning = "completion_reasoning_tokens";
    public const string TimeToFirstToken = "time_to_first_token";
    public const string Start = "start";
    public const string End = "end";
}
