using System.Collections.Frozen;
using System.Text.Json;
using Braintrust.Logging.Llm;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Privacy;

/// <summary>What <see cref="BraintrustOptions.CaptureContent"/> keeps back: what the model was given and what it said, under whichever name.</summary>
static class ModelContent
{
    static readonly FrozenSet<string> Names = new[]
    {
        "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions", "gen_ai.prompt", "gen_ai.prompt_json", "gen_ai.completion",
        "gen_ai.completion_json", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result", "braintrust.input", "braintrust.input_json", "braintrust.output",
        "braintrust.output_json", "braintrust.expected", "braintrust.expected_json", "instructions", "chat_system_prompt", "chat_developer_prompt",
    }.ToFrozenSet(StringComparer.Ordinal);

    // Under these, model libraries log it in events of their own; elsewhere they are words like any other.
    static readonly FrozenSet<string> LibraryNames = new[]
    {
        "Messages", "ChatResponse", "ChatResponseUpdate", "Response", "Update", "Arguments", "Result", "ResultValue", "ChatHistory", "Values", "Prompt", "RenderedPrompt",
        "Content", "ChatOptions", "EmbeddingGenerationOptions", "Options", "Settings",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    // What chooses and steers a model in words; other texts among a request's options may be what it was told.
    static readonly FrozenSet<string> OptionNames = new[]
    {
        "model", "service_id", "reasoning_effort", "tool_choice", "gen_ai.conversation.id",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether an option of a request may be shown: numbers and switches, and what is known to be no content. Libraries pass on whatever they are given, system prompts too.</summary>
    public static bool IsPlainOption(string name, JsonValueKind kind) => kind is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False || OptionNames.Contains(name);

    /// <summary>
    /// Takes the content out of an event of a library that calls models. Those that tell of a call become spans; this one is no part of any: it came without
    /// the call's beginning, out of a buffer, or of a version that is not known.
    /// </summary>
    public static void DropFromLibrary(EventRecord it)
    {
        if (IsOfLibrary(it) && it.Properties.RemoveAll(static property => LibraryNames.Contains(FieldNames.Plain(property.Name))) > 0)
        {
            it.HidesMessage = true;
        }
    }

    static bool IsOfLibrary(EventRecord it) => LlmSources.IsFunction(it.Template)
        || (it.LoggerName is { } category
            && (category.StartsWith("Microsoft.SemanticKernel.", StringComparison.Ordinal) || category.StartsWith("Microsoft.Extensions.AI.", StringComparison.Ordinal)
                || category.StartsWith("Microsoft.Agents.AI.", StringComparison.Ordinal) || LlmSources.Of(category) != LlmSource.None));

    public static bool IsName(string plainName) => FieldNames.Of(plainName) is Field.Input or Field.Output or Field.Expected || Names.Contains(plainName)
        || (plainName.StartsWith("gen_ai.", StringComparison.Ordinal) && IsPiece(plainName.AsSpan("gen_ai.".Length)));

    // OpenLLMetry's: gen_ai.prompt.0.content
    static bool IsPiece(ReadOnlySpan<char> name) => name.StartsWith("prompt.") || name.StartsWith("completion.");

    /// <summary>Whether the rendered message of an event shows content; without a template nobody knows what it shows.</summary>
    public static bool IsShown(EventRecord it)
    {
        foreach (var property in it.Properties)
        {
            if ((property.InTemplate || it.Template is null) && IsName(FieldNames.Plain(property.Name)))
            {
                return true;
            }
        }
        return false;
    }

    public static bool IsAmong(Property[] properties) => Array.Exists(properties, static property => IsName(FieldNames.Plain(property.Name)));

    /// <summary>Takes the content out of what a row will say, if its front end keeps it back.</summary>
    public static void Drop(RowFields fields, FrontEndSettings settings)
    {
        if (!settings.CaptureContent)
        {
            fields.Input = fields.Output = fields.Expected = null;
        }
    }
}
