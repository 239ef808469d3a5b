using System.Text.Json;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Llm;

/// <summary>Token counts as Microsoft.Extensions.AI writes them (<c>UsageDetails</c>), in Braintrust's names.</summary>
sealed class TokenCounts
{
    const string AudioIn = "prompt_audio_tokens";
    const string AudioOut = "completion_audio_tokens";

    readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);
    readonly Dictionary<string, long> _others = new(StringComparer.Ordinal);

    public bool IsEmpty => _counts.Count == 0;

    /// <summary>Adds to what is there: an answer may be counted in parts.</summary>
    public void Add(JsonElement usage)
    {
        if (usage.ValueKind != JsonValueKind.Object)
        {
            return;
        }
        foreach (var member in usage.EnumerateObject())
        {
            if (member.NameEquals("additionalCounts") && member.Value.ValueKind == JsonValueKind.Object)
            {
                foreach (var other in member.Value.EnumerateObject())
                {
                    Add(other.Name, other.Value);
                }
            }
            else if (member.Name is "inputTokenDetails" or "outputTokenDetails" && member.Value.ValueKind == JsonValueKind.Object) // OpenAI's
            {
                foreach (var detail in member.Value.EnumerateObject())
                {
                    Add($"{ChatNames.Pascal(member.Name)}.{ChatNames.Pascal(detail.Name)}", detail.Value); // as Microsoft.Extensions.AI names them
                }
            }
            else
            {
                Add(member.Name, member.Value);
            }
        }
    }

    public void Add(string metric, long count) => _counts[metric] = _counts.GetValueOrDefault(metric) + count;

    public ModelUsage Usage(string? responseId) => new(responseId, _counts.GetValueOrDefault(MetricNames.Prompt), _counts.GetValueOrDefault(MetricNames.Completion));

    public IEnumerable<KeyValuePair<string, double>> Metrics => _counts.Select(static count => KeyValuePair.Create(count.Key, (double)count.Value));

    /// <summary>Counts that Braintrust has no name for.</summary>
    public IEnumerable<KeyValuePair<string, object?>> Others => _others.Select(static count => KeyValuePair.Create("usage." + count.Key, (object?)count.Value));

    /// <summary>For the metadata of a call whose tokens are counted elsewhere.</summary>
    public IEnumerable<KeyValuePair<string, object?>> Plain => _counts.Select(static count => KeyValuePair.Create(PlainName(count.Key), (object?)count.Value));

    void Add(string name, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out var count) || count < 0)
        {
            return;
        }
        var metric = name switch
        {
            "inputTokenCount" => MetricNames.Prompt,
            "outputTokenCount" => MetricNames.Completion,
            "totalTokenCount" => MetricNames.Total,
            "cachedInputTokenCount" or "InputTokenDetails.CachedTokenCount" => MetricNames.Cached,
            "reasoningTokenCount" or "OutputTokenDetails.ReasoningTokenCount" => MetricNames.Reasoning,
            "CacheCreationInputTokens" or "cacheCreationInputTokenCount" => MetricNames.CacheCreation,
            "inputAudioTokenCount" or "InputTokenDetails.AudioTokenCount" => AudioIn,
            "outputAudioTokenCount" or "OutputTokenDetails.AudioTokenCount" => AudioOut,
            _ => null,
        };
        if (metric is AudioIn or AudioOut && count == 0)
        {
            return; // models without audio say so in each answer
        }
        if (metric is not null)
        {
            Add(metric, count);
        }
        else if (_others.Count < ValueLimits.Items)
        {
            _others[name] = _others.GetValueOrDefault(name) + count;
        }
    }

    static string PlainName(string metric) => "gen_ai.usage." + metric switch
    {
        MetricNames.Prompt => "input_tokens",
        MetricNames.Completion => "output_tokens",
        MetricNames.Total => "total_tokens",
        MetricNames.Cached => "cache_read.input_tokens",
        MetricNames.CacheCreation => "cache_creation.input_tokens",
        MetricNames.Reasoning => "reasoning.output_tokens",
        _ => metric,
    };
}
