using System.Collections.Frozen;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Privacy;

/// <summary>What <see cref="BraintrustOptions.CaptureContent"/> keeps back: what the model was given and what it said, under whichever name.</summary>
static class ModelContent
{
    static readonly FrozenSet<string> Names = new[]
    {
        "gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions", "gen_ai.prompt", "gen_ai.prompt_json", "gen_ai.completion",
        "gen_ai.completion_json", "gen_ai.tool.call.arguments", "gen_ai.tool.call.result", "braintrust.input", "braintrust.input_json", "braintrust.output",
        "braintrust.output_json", "braintrust.expected", "braintrust.expected_json",
    }.ToFrozenSet(StringComparer.Ordinal);

    // What the libraries call what was said, in events that do not become spans. Elsewhere an Arguments or a Result may be anything.
    static readonly FrozenSet<string> LibraryNames = new[]
    {
        "Prompt", "ChatHistory", "Messages", "Arguments", "Result", "ResultValue", "ChatResponse", "ChatResponseUpdate", "Response", "Update", "Values", "Content", "Settings", "ChatOptions",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    static readonly string[] Libraries = ["Microsoft.SemanticKernel", "Microsoft.Extensions.AI", "Microsoft.Agents.AI"];

    /// <summary>Takes what a model library's own event says of content out of it.</summary>
    public static void Drop(EventRecord record)
    {
        if (record.LoggerName is { } source && Array.Exists(Libraries, library => source.StartsWith(library, StringComparison.Ordinal))
            && record.Properties.RemoveAll(static property => LibraryNames.Contains(FieldNames.Plain(property.Name))) > 0)
        {
            record.Message.Clear().Append(record.Template);
        }
    }

    public static bool IsName(string plainName) => FieldNames.Of(plainName) is Field.Input or Field.Output or Field.Expected || Names.Contains(plainName);

    /// <summary>Whether the rendered message of an event shows content.</summary>
    public static bool IsShown(List<Property> properties)
    {
        foreach (var property in properties)
        {
            if (property.InTemplate && IsName(FieldNames.Plain(property.Name)))
            {
                return true;
            }
        }
        return false;
    }

    public static void Drop(RowFields fields) => fields.Input = fields.Output = fields.Expected = null;
}
