using System.Diagnostics;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Activities;

/// <summary>
/// Chat messages that come as events of an activity, GenAI's older conventions: <c>gen_ai.user.message</c> and its like are the input,
/// <c>gen_ai.choice</c> the output (PROTOCOL section 19). <c>gen_ai.assistant.message</c> is the output where there is no choice; beside one it was said before.
/// Older still, <c>gen_ai.content.prompt</c> and <c>gen_ai.content.completion</c> carry all of them in one tag.
/// </summary>
static class ActivityMessages
{
    public static IEnumerable<Property> Of(Activity activity)
    {
        var (input, output) = (new Messages(), new Messages());
        var hasChoice = activity.Events.Any(static it => it.Name == "gen_ai.choice");
        foreach (var it in activity.Events)
        {
            switch (it.Name)
            {
                case "gen_ai.system.message" or "gen_ai.user.message" or "gen_ai.tool.message":
                case "gen_ai.assistant.message" when hasChoice:
                    input.Add(it);
                    break;
                case "gen_ai.assistant.message" or "gen_ai.choice":
                    output.Add(it);
                    break;
                case "gen_ai.content.prompt" or "gen_ai.content.completion":
                    var name = it.Name.Replace("content.", "", StringComparison.Ordinal);
                    yield return new(name, Values.FreezeReadable(it.Tags.FirstOrDefault(tag => tag.Key == name).Value));
                    break;
            }
        }
        if (input.IsAny)
        {
            yield return new("Input", input.List());
        }
        if (output.IsAny)
        {
            yield return new("Output", output.List());
        }
    }

    /// <summary>As many as a value may hold, and one more, so that the list ends in a mark.</summary>
    sealed class Messages
    {
        readonly List<JsonText> _messages = [];
        long _bytes;

        public bool IsAny => _messages.Count > 0;

        public void Add(ActivityEvent it)
        {
            if (_bytes <= ValueLimits.ValueBytes)
            {
                var message = Message(it);
                _messages.Add(message);
                _bytes += message.Utf8.Length;
            }
        }

        public JsonText List()
        {
            using var writer = new ChatWriter();
            writer.Begin();
            foreach (var message in _messages)
            {
                writer.Raw(message.Utf8);
            }
            writer.End();
            return new(writer.Value().Memory, [.. _messages.SelectMany(static message => message.Attachments.ToArray())]);
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
}
