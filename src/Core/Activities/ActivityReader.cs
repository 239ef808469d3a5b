using System.Diagnostics;
using Braintrust.Logging.Llm;
using Braintrust.Logging.Rows;

namespace Braintrust.Logging.Activities;

/// <summary>What an activity had to say when it ended, in the words of the mapping table.</summary>
/// <param name="Name">Its display name, which may have changed since it began.</param>
/// <param name="Properties">Its tags, and what its events carry.</param>
/// <param name="Error">Why it failed; null if it did not.</param>
/// <param name="HasUsage">Whether it counts tokens.</param>
sealed record ActivityEnd(string Name, Property[] Properties, string? Error, bool HasUsage)
{
    public long Weight => RowWeight.Of(Properties) + RowWeight.Of(Error);
}

/// <summary>Reads activities: tags become properties, so that one mapping table serves them too.</summary>
static class ActivityReader
{
    public static SpanStart Begin(Activity activity, BraintrustLogger logger, FrontEnd frontEnd) => new()
    {
        Logger = logger,
        FrontEnd = frontEnd,
        Name = StableName.Of(activity.DisplayName),
        Properties = Tags(activity, withUsage: true, out _),
        LoggerName = activity.Source.Name,
        Instrumentation = activity.Source.Name.Length > 0 ? activity.Source.Name : null,
        Time = new DateTimeOffset(activity.StartTimeUtc),
    };

    public static ActivityEnd End(Activity activity, bool withUsage)
    {
        var properties = Tags(activity, withUsage, out var hasUsage);
        var name = StableName.Of(activity.DisplayName);
        Property[] full = name == activity.DisplayName ? [] : [new("activity.name", activity.DisplayName, IsPlain: true)];
        return new(name, [.. properties, .. full, .. ActivityMessages.Of(activity)], Error(activity), hasUsage);
    }

    /// <summary>What it counts, for comparison; null if it counts nothing.</summary>
    public static ModelUsage? Usage(Activity activity) => GenAi.Usage(activity.GetTagItem);

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
            var isUsage = GenAi.IsUsage(tag.Key, tag.Value);
            hasUsage |= isUsage;
            properties.Add(new(tag.Key, IsContent(tag.Key) ? Values.FreezeReadable(tag.Value) : Values.Freeze(tag.Value), IsPlain: isUsage && !withUsage));
        }
        return [.. properties];
    }

    static bool IsContent(string tag) => tag.StartsWith("gen_ai.", StringComparison.Ordinal) || tag.StartsWith("braintrust.", StringComparison.Ordinal);

    /// <summary>An activity that says it went well did, whatever it had to recover from; of several exceptions the last one ended it.</summary>
    static string? Error(Activity activity)
    {
        if (activity.Status == ActivityStatusCode.Ok)
        {
            return null;
        }
        ActivityEvent? last = null;
        foreach (ref readonly var it in activity.EnumerateEvents())
        {
            if (it.Name == "exception")
            {
                last = it;
            }
        }
        if (last is { } exception)
        {
            var (type, message, stack) = (Tag(exception, "exception.type"), Tag(exception, "exception.message"), Tag(exception, "exception.stacktrace"));
            return stack ?? (type is null ? message : $"{type}: {message}") ?? "exception";
        }
        return activity.Status == ActivityStatusCode.Error
            ? activity.StatusDescription ?? Text(activity.GetTagItem("error.type")) ?? "error"
            : null;
    }

    static string? Tag(in ActivityEvent it, string name)
    {
        foreach (ref readonly var tag in it.EnumerateTagObjects())
        {
            if (tag.Key == name)
            {
                return Text(tag.Value);
            }
        }
        return null;
    }

    static string? Text(object? value) => value is null ? null : Values.Text(Values.Freeze(value));
}
