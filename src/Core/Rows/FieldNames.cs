using System.Collections.Frozen;

namespace Braintrust.Logging.Rows;

enum Field : byte
{
    Metadata, Input, Output, Expected, Error, Scores, Score, Metrics, PromptTokens, CompletionTokens, TotalTokens, CachedTokens,
    TimeToFirstToken, Elapsed, Model, Provider, Tags, SpanName, SpanType,
}

/// <summary>Which property means which field: the mapping table (docs/mapping.md) in code.</summary>
static class FieldNames
{
    const string ScorePrefix = "Scores.";

    static readonly FrozenDictionary<string, Field> Known = new Dictionary<string, Field>
    {
        ["Input"] = Field.Input,
        ["Output"] = Field.Output,
        ["Expected"] = Field.Expected,
        ["Error"] = Field.Error,
        ["Scores"] = Field.Scores,
        ["Score"] = Field.Score,
        ["Metrics"] = Field.Metrics,
        ["PromptTokens"] = Field.PromptTokens,
        ["InputTokens"] = Field.PromptTokens,
        ["InputTokenCount"] = Field.PromptTokens,
        ["CompletionTokens"] = Field.CompletionTokens,
        ["OutputTokens"] = Field.CompletionTokens,
        ["OutputTokenCount"] = Field.CompletionTokens,
        ["TotalTokens"] = Field.TotalTokens,
        ["TotalTokenCount"] = Field.TotalTokens,
        ["CachedTokens"] = Field.CachedTokens,
        ["TimeToFirstToken"] = Field.TimeToFirstToken,
        ["Elapsed"] = Field.Elapsed,
        ["ElapsedMs"] = Field.Elapsed,
        ["ElapsedMilliseconds"] = Field.Elapsed,
        ["Duration"] = Field.Elapsed,
        ["DurationMs"] = Field.Elapsed,
        ["Model"] = Field.Model,
        ["Provider"] = Field.Provider,
        ["Tags"] = Field.Tags,
        ["SpanName"] = Field.SpanName,
        ["SpanType"] = Field.SpanType,
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>The name without the operator a message template may carry (<c>{@Input}</c>, <c>{$Input}</c>).</summary>
    public static string Plain(string name) => name.Length > 1 && name[0] is '@' or '$' ? name[1..] : name;

    public static Field Of(string plainName) => Known.GetValueOrDefault(plainName, Field.Metadata);

    /// <summary><c>Scores.Helpfulness</c> names the score <c>Helpfulness</c>.</summary>
    public static bool IsScore(string plainName, out string score)
    {
        var named = plainName.Length > ScorePrefix.Length && plainName.StartsWith(ScorePrefix, StringComparison.OrdinalIgnoreCase);
        score = named ? plainName[ScorePrefix.Length..] : "";
        return named;
    }
}
