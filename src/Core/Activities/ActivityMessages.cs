using System.Diagnostics;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Activities;

/// <summary>
/// Chat messages that come as events of an activity, GenAI's older convention: <c>gen_ai.user.message</c> and its like are the input,
/// <c>gen_ai.choice</c> the output (PROTOCOL section 19). <c>gen_ai.assistant.message</c> is the output where there is no choice; beside one it was said before.
/// </summary>
static class ActivityMessages
{
    public static IEnumerable<Property> Of(Activity activity)
    {
        var (input, output) = (new List<JsonText>(), new List<JsonText>());
        var hasChoice = activity.Events.Any(static it => it.Name == "gen_ai.choice");
        foreach (var it in activity.Events)
        {
            switch (it.Name)
            {
                case "gen_ai.system.message" or "gen_ai.user.message" or "gen_ai.tool.message":
                case "gen_ai.assistant.message" when hasChoice:
                    input.Add(Message(it));
                    break;
                case "gen_ai.assistant.message" or "gen_ai.choice":
                    output.Add(Message(it));
                    break;
            }
        }
        if (input.Count > 0)
        {
            yield return new("Input", List(input));
        }
        if (output.Count > 0)
        {
            yield return new("Output", List(output));
        }
    }

    /// <summary>The event's own JSON if it has one, else its tags.</summary>
    static JsonText Message(ActivityEvent it)
    {
        var tags = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (ref readonly var tag in it.EnumerateTagObjects())
        {
            tags[tag.Key.Replace("gen_ai.", "", StringComparison.Ordinal)] = tag.Value; // "role" and "gen_ai.role" are one
        }
        if (tags.TryGetValue("event.content", out var content) && ChatMessages.Json(content) is JsonText json)
        {
            return ChatMessages.Tidy(json);
        }
        tags.TryAdd("role", it.Name.Split('.')[1] is "choice" ? "assistant" : it.Name.Split('.')[1]);
        return (JsonText)Values.Freeze(tags)!;
    }

    static JsonText List(List<JsonText> messages)
    {
        using var writer = new ChatWriter();
        writer.Begin();
        foreach (var message in messages)
        {
            writer.Raw(message.Utf8);
        }
        writer.End();
        return new(writer.Value().Memory, [.. messages.SelectMany(static message => message.Attachments.ToArray())]);
    }
}
