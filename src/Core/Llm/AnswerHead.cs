using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Llm;

/// <summary>What a library's answer knows of its call besides the messages.</summary>
/// <param name="Model">That answered.</param>
/// <param name="ResponseId">The provider's id of the answer.</param>
/// <param name="FinishReason">In OpenAI's words.</param>
/// <param name="Tokens">What it cost.</param>
sealed record AnswerHead(string? Model, string? ResponseId, string? FinishReason, TokenCounts Tokens)
{
    /// <summary>For comparison; null if it counts nothing.</summary>
    public ModelUsage? Usage => Tokens.IsEmpty ? null : Tokens.Usage(ResponseId);

    /// <summary>Says it of the row whose output the answer is, where nothing else did.</summary>
    /// <param name="fields">What the row says.</param>
    /// <param name="isCounted">Whether this row is the one to count the tokens.</param>
    public void Complete(RowFields fields, bool isCounted)
    {
        fields.Model ??= Model;
        Add("gen_ai.response.id", ResponseId);
        Add("finish_reason", FinishReason);
        foreach (var (name, value) in Tokens.Others)
        {
            fields.Metadata.Add(name, value);
        }
        if (fields.HasTokens)
        {
            return;
        }
        if (!isCounted)
        {
            foreach (var (name, value) in Tokens.Plain)
            {
                fields.Metadata.Add(name, value);
            }
            return;
        }
        foreach (var (name, value) in Tokens.Metrics)
        {
            if (!fields.Metrics.Contains(name))
            {
                fields.Metrics.Set(name, value);
            }
        }

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                fields.Metadata.Add(name, value);
            }
        }
    }
}
