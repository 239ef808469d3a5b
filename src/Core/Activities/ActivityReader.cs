using System.Diagnostics;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Activities;

/// <summary>What an activity had to say when it ended, in the words of the mapping table.</summary>
/// <param name="Name">Its display name, which may have changed since it began.</param>
/// <param name="Properties">Its tags, and what its events carry.</param>
/// <param name="Error">Why it failed; null if it did not.</param>
/// <param name="HasUsage">Whether it counts tokens.</param>
sealed record ActivityEnd(string Name, Property[] Properties, string? Error, bool HasUsage)
{
    public long Size => Properties.Sum(property => property.Name.Length + Values.EstimateBytes(property.Value)) + (Error?.Length ?? 0);
}

/// <summary>Reads activities: tags become properties, so that one mapping table serves them too.</summary>
static class ActivityReader
{
    const string UsagePrefix = "gen_ai.usage.";

    public static SpanStart Begin(Activity activity, BraintrustLogger logger, FrontEnd frontEnd) => new()
    {
        Logger = logger,
        FrontEnd = frontEnd,
        Name = activity.DisplayName,
        Properties = Tags(activity, withUsage: true, out _),
        LoggerName = activity.Source.Name,
        Time = new DateTimeOffset(activity.StartTimeUtc),
    };

    public static ActivityEnd End(Activity activity, bool withUsage)
    {
        var properties = Tags(activity, withUsage, out var hasUsage);
        return new(activity.DisplayName, [.. properties, .. ActivityMessages.Of(activity)], Error(activity), hasUsage);
    }

    static Property[] Tags(Activity activity, bool withUsage, out bool hasUsage)
    {
        hasUsage = false;
        var properties = new List<Property>();
        foreach (ref readonly var tag in activity.EnumerateTagObjects())
        {
            if (properties.Count == ValueLimits.Items)
            {
                properties.Add(new("…", $"more than {ValueLimits.Items} tags"));
                break;
            }
            var isUsage = tag.Key.StartsWith(UsagePrefix, StringComparison.Ordinal);
            hasUsage |= isUsage;
            properties.Add(new(tag.Key, Values.Freeze(tag.Value), IsPlain: isUsage && !withUsage));
        }
        return [.. properties];
    }

    static string? Error(Activity activity)
    {
        foreach (ref readonly var it in activity.EnumerateEvents())
        {
            if (it.Name == "exception")
            {
                var (type, message, stack) = (Tag(it, "exception.type"), Tag(it, "exception.message"), Tag(it, "exception.stacktrace"));
                return stack ?? (type is null ? message : $"{type}: {message}") ?? "exception";
            }
        }
        return activity.Status == ActivityStatusCode.Error
            ? activity.StatusDescription ?? activity.GetTagItem("error.type")?.ToString() ?? "error"
            : null;
    }

    static string? Tag(in ActivityEvent it, string name)
    {
        foreach (ref readonly var tag in it.EnumerateTagObjects())
        {
            if (tag.Key == name)
            {
                return tag.Value?.ToString();
            }
        }
        return null;
    }
}
