using System.Globalization;
using Braintrust.Logging.Llm;

namespace Braintrust.Logging.Rows;

/// <summary>
/// OpenTelemetry's GenAI names, old and new, into Braintrust's fields, as Braintrust's own OTLP intake does (PROTOCOL section 19).
/// Numbers may come as text, messages as JSON text.
/// </summary>
static class GenAi
{
    const string Prefix = "gen_ai.";
    const string RequestPrefix = "request.";

    static readonly HashSet<string> Providers = new(
        ["openai", "azure", "anthropic", "google", "gemini", "vertex_ai", "bedrock", "mistral", "mistralai", "cohere", "groq", "xai", "deepseek", "perplexity"],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>False: the attribute has no field and stays in the metadata under its name.</summary>
    public static bool Map(string name, object? value, RowFields into)
    {
        var key = name.AsSpan(Prefix.Length);
        return key switch
        {
            "provider.name" => Wins(ref into.Provider, "Provider", value, into),
            "system" => Text(ref into.SystemName, value),
            "response.model" => Wins(ref into.Model, "Model", value, into),
            "request.model" => Text(ref into.RequestedModel, value),
            "usage.input_tokens" or "usage.prompt_tokens" => Count(MetricNames.Prompt, value, into),
            "response.input_tokens" or "response.prompt_tokens" => Count(MetricNames.Prompt, value, into),
            "usage.output_tokens" or "usage.completion_tokens" => Count(MetricNames.Completion, value, into),
            "response.output_tokens" or "response.completion_tokens" => Count(MetricNames.Completion, value, into),
            "usage.total_tokens" => Count(MetricNames.Total, value, into),
            "usage.cache_read.input_tokens" or "usage.cache_read_input_tokens" => Count(MetricNames.Cached, value, into),
            "usage.cache_write.input_tokens" or "usage.cache_write_input_tokens" => Count(MetricNames.CacheCreation, value, into), // the conventions' new name
            "usage.cache_creation.input_tokens" or "usage.cache_creation_input_tokens" => Count(MetricNames.CacheCreation, value, into),
            "usage.reasoning.output_tokens" or "usage.reasoning_tokens" => Count(MetricNames.Reasoning, value, into),
            "response.time_to_first_chunk" => Count(MetricNames.TimeToFirstToken, value, into),
            "input.messages" or "prompt" or "prompt_json" => Content(ref into.Input, ChatMessages.Input(value)),
            "output.messages" or "completion" or "completion_json" => Content(ref into.Output, ChatMessages.Output(value)),
            "system_instructions" => Content(ref into.Instructions, value),
            "tool.definitions" or "agent.tools" => Tools(value, into),
            "tool.name" => Tool(into),
            "response.finish_reasons" or "response.finish_reason" => Structure(name, value, into),
            "request.stop_sequences" => Structure("stop", value, into),
            "request.choice.count" => Structure("n", value, into),
            "tool.call.arguments" => Content(ref into.Input, ChatMessages.Json(value)),
            "tool.call.result" => Content(ref into.Output, ChatMessages.Json(value)),
            "operation.name" => Operation(value, into),
            _ => Request(key, value, into),
        };
    }

    /// <summary>Whether it counts tokens: of the layers that report one call, only one may say so in its metrics.</summary>
    public static bool IsUsage(string name, object? value) =>
        name.StartsWith("gen_ai.usage.", StringComparison.Ordinal)
        || (name.EndsWith("_tokens", StringComparison.Ordinal) && (name.StartsWith("gen_ai.response.", StringComparison.Ordinal) || name.StartsWith("braintrust.metrics.", StringComparison.Ordinal)))
        || name == "braintrust.metrics.tokens"
        || (name == "braintrust.metrics" && value is string json && json.Contains("tokens\"", StringComparison.Ordinal));

    /// <summary>What attributes count, for comparison; null if they count nothing.</summary>
    public static ModelUsage? Usage(Func<string, object?> attribute)
    {
        var input = First(attribute, "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "gen_ai.response.input_tokens", "gen_ai.response.prompt_tokens");
        var output = First(attribute, "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "gen_ai.response.output_tokens", "gen_ai.response.completion_tokens");
        return input is null && output is null ? null : new(attribute("gen_ai.response.id") as string, input ?? 0, output ?? 0);
    }

    static long? First(Func<string, object?> attribute, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (TryCount(attribute(name), out var count))
            {
                return (long)Math.Min(count, long.MaxValue / 2);
            }
        }
        return null;
    }

    static bool Text(ref string? slot, object? value)
    {
        if (value is not string { Length: > 0 } text || slot is not null)
        {
            return false;
        }
        slot = text;
        return true;
    }

    /// <summary>What was there under another name stays in the metadata.</summary>
    static bool Wins(ref string? slot, string otherwise, object? value, RowFields into)
    {
        if (value is not string { Length: > 0 } text)
        {
            return false;
        }
        if (slot is not null && slot != text)
        {
            into.Metadata.Add(otherwise, slot);
        }
        slot = text;
        return true;
    }

    /// <summary>
    /// What was asked for stands in for what answered, whichever came first; where both are known and differ, it stays in the metadata under its name. A gateway's prefix
    /// (<c>openai/gpt-4o</c>) is the provider's name, not the model's; a publisher's (<c>meta-llama/…</c>) stays.
    /// </summary>
    public static void Complete(RowFields into)
    {
        if (into.SystemName is { } system && (into.Provider ??= system) != system)
        {
            into.Metadata.Add("gen_ai.system", system);
        }
        if (into.RequestedModel is not { } asked)
        {
            return;
        }
        var (gateway, model) = asked.IndexOf('/') is var slash and > 0 && slash < asked.Length - 1 && Providers.Contains(asked[..slash])
            ? (asked[..slash], asked[(slash + 1)..])
            : (null, asked);
        into.Provider ??= gateway;
        if ((into.Model ??= model) != model || (gateway is not null && gateway != into.Provider))
        {
            into.Metadata.Add("gen_ai.request.model", asked);
        }
    }

    static bool Tools(object? value, RowFields into) => ChatMessages.Structure(value) is { } tools && Structure("tools", tools, into);

    static bool Tool(RowFields into)
    {
        into.Type ??= SpanTypes.Tool;
        return false; // the name stays in the metadata
    }

    /// <summary>Lists come as JSON text and as lists.</summary>
    static bool Structure(string name, object? value, RowFields into)
    {
        into.Metadata.Add(name, ChatMessages.Structure(value) ?? value);
        return true;
    }

    static bool Count(string metric, object? value, RowFields into)
    {
        if (!TryCount(value, out var number) || into.Metrics.Contains(metric))
        {
            return false;
        }
        into.Metrics.Set(metric, number);
        return true;
    }

    static bool TryCount(object? value, out double number) =>
        (Values.TryNumber(value, out number) || (value is string text && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number)))
        && double.IsFinite(number) && number >= 0;

    static bool Content(ref object? slot, object? value)
    {
        if (value is null || slot is not null)
        {
            return false;
        }
        slot = value;
        return true;
    }

    static bool Operation(object? value, RowFields into)
    {
        into.Type ??= value switch
        {
            "chat" or "chat.completions" or "text_completion" or "text.completions" or "generate_content" or "embeddings" => SpanTypes.Llm,
            "execute_tool" => SpanTypes.Tool,
            "invoke_agent" or "create_agent" or "invoke_workflow" or "orchestrate_tools" => SpanTypes.Task,
            _ => null,
        };
        return false; // the operation itself stays in the metadata
    }

    static bool Request(ReadOnlySpan<char> key, object? value, RowFields into)
    {
        if (!key.StartsWith(RequestPrefix, StringComparison.Ordinal) || key.Length == RequestPrefix.Length)
        {
            return false;
        }
        into.Metadata.Add(key[RequestPrefix.Length..].ToString(), value);
        return true;
    }
}
