using System.Globalization;
using Braintrust.Logging;
using Braintrust.Logging.Configuration;

namespace Braintrust.Extensions.Logging.Configuration;

/// <summary>Sets one option from text. What it returns is the end of a sentence about the option, null when all is well.</summary>
delegate string? OptionSetting(BraintrustLoggerOptions options, string text);

/// <summary>Which options a configuration may name, and what they take.</summary>
static class OptionSettings
{
    // [days.]hh:mm:ss[.fraction]. Given these formats, 24:00:00 is refused; without them it means 24 days.
    static readonly string[] TimeFormats = [@"h\:mm\:ss", @"h\:mm\:ss\.FFFFFFF", @"d\.h\:mm\:ss", @"d\.h\:mm\:ss\.FFFFFFF"];

    public static readonly IReadOnlyDictionary<string, OptionSetting> All = new Dictionary<string, OptionSetting>(StringComparer.OrdinalIgnoreCase)
    {
        [nameof(BraintrustOptions.ApiKey)] = Text(static (options, value) => options.ApiKey = value),
        [nameof(BraintrustOptions.OrgName)] = Text(static (options, value) => options.OrgName = value),
        [nameof(BraintrustOptions.AppUrl)] = Text(static (options, value) => options.AppUrl = value),
        [nameof(BraintrustOptions.ApiUrl)] = Text(static (options, value) => options.ApiUrl = value),
        [nameof(BraintrustOptions.Project)] = Text(static (options, value) => options.Project = value),
        [nameof(BraintrustOptions.ProjectId)] = Text(static (options, value) => options.ProjectId = value),
        [nameof(BraintrustOptions.Enabled)] = Flag(static (options, value) => options.Enabled = value),
        [nameof(BraintrustOptions.BatchSizeLimit)] = Number(static (options, value) => options.BatchSizeLimit = (int)value, int.MaxValue),
        [nameof(BraintrustOptions.Period)] = Time(static (options, value) => options.Period = value),
        [nameof(BraintrustOptions.EagerlyEmitFirstEvent)] = Flag(static (options, value) => options.EagerlyEmitFirstEvent = value),
        [nameof(BraintrustOptions.AsyncFlush)] = Flag(static (options, value) => options.AsyncFlush = value),
        [nameof(BraintrustOptions.FlushMode)] = OneOf<FlushMode>(static (options, value) => options.FlushMode = value),
        [nameof(BraintrustOptions.FlushTimeout)] = Time(static (options, value) => options.FlushTimeout = value),
        [nameof(BraintrustOptions.QueueLimit)] = Number(static (options, value) => options.QueueLimit = (int)value, int.MaxValue),
        [nameof(BraintrustOptions.QueueLimitBytes)] = Number(static (options, value) => options.QueueLimitBytes = value, long.MaxValue),
        [nameof(BraintrustOptions.RetryTimeLimit)] = Time(static (options, value) => options.RetryTimeLimit = value),
        [nameof(BraintrustOptions.SpoolDirectory)] = Text(static (options, value) => options.SpoolDirectory = value),
        [nameof(BraintrustOptions.SpoolSync)] = OneOf<SpoolSync>(static (options, value) => options.SpoolSync = value),
        [nameof(BraintrustOptions.SpoolLimitBytes)] = Number(static (options, value) => options.SpoolLimitBytes = value, long.MaxValue),
        [nameof(BraintrustOptions.ShutdownTimeout)] = Time(static (options, value) => options.ShutdownTimeout = value),
        [nameof(BraintrustOptions.FlushOnExit)] = Flag(static (options, value) => options.FlushOnExit = value),
        [nameof(BraintrustOptions.AllowInsecureTransport)] = Flag(static (options, value) => options.AllowInsecureTransport = value),
        [nameof(BraintrustOptions.EventsAs)] = OneOf<EventsAs>(static (options, value) => options.EventsAs = value),
        [nameof(BraintrustOptions.ScopeSpans)] = OneOf<ScopeSpans>(static (options, value) => options.ScopeSpans = value),
        [nameof(BraintrustOptions.SamplingRatio)] = Share(static (options, value) => options.SamplingRatio = value),
        [nameof(BraintrustOptions.CaptureContent)] = Flag(static (options, value) => options.CaptureContent = value),
        [nameof(BraintrustOptions.ScrubSecrets)] = Flag(static (options, value) => options.ScrubSecrets = value),
    };

    /// <summary>What a provider takes over when its configuration changes. <c>LogLevel</c> does so too, which is Microsoft.Extensions.Logging's.</summary>
    public static readonly string[] Reloaded = [nameof(BraintrustOptions.Enabled), nameof(BraintrustOptions.SamplingRatio)];

    /// <summary>What takes a list.</summary>
    public static readonly string[] Lists = [nameof(BraintrustOptions.ActivitySources)];

    /// <summary>What no JSON can express.</summary>
    public static readonly string[] CodeOnly =
    [
        nameof(BraintrustOptions.Mask), nameof(BraintrustOptions.Filter), nameof(BraintrustOptions.Sampler), nameof(BraintrustOptions.ProjectSelector), nameof(BraintrustOptions.HttpMessageHandler), nameof(BraintrustOptions.TimeProvider),
        nameof(BraintrustOptions.OnLoss), nameof(BraintrustLoggerOptions.Client),
    ];

    /// <summary>About a name that is not among <see cref="All"/>.</summary>
    public static string Unknown(string name)
    {
        if (CodeOnly.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            return "can be set by code only.";
        }
        return Spelling.Meant(name, All.Keys.Concat(Lists)) is { } nearest
            ? $"is unknown. Did you mean {nearest}?"
            : $"is unknown. The options are {string.Join(", ", All.Keys.Concat(Lists))}, and LogLevel for the levels.";
    }

    static OptionSetting Text(Action<BraintrustLoggerOptions, string> set) => (options, text) =>
    {
        set(options, text);
        return null;
    };

    static OptionSetting Flag(Action<BraintrustLoggerOptions, bool> set) => (options, text) =>
    {
        if (!bool.TryParse(text, out var value))
        {
            return $"must be true or false, not '{text}'.";
        }
        set(options, value);
        return null;
    };

    static OptionSetting Number(Action<BraintrustLoggerOptions, long> set, long most) => (options, text) =>
    {
        if (!long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) || value > most || value < 1)
        {
            return string.Create(CultureInfo.InvariantCulture, $"must be a whole number from 1 to {most}, not '{text}'.");
        }
        set(options, value);
        return null;
    };

    static OptionSetting Share(Action<BraintrustLoggerOptions, double> set) => (options, text) =>
    {
        if (!double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) || !(value <= 1))
        {
            return $"must be a number from 0 to 1, such as 0.25, not '{text}'.";
        }
        set(options, value);
        return null;
    };

    static OptionSetting Time(Action<BraintrustLoggerOptions, TimeSpan> set) => (options, text) =>
    {
        if (!TimeSpan.TryParseExact(text.Trim(), TimeFormats, CultureInfo.InvariantCulture, out var value))
        {
            return $"must be a time as [days.]hours:minutes:seconds, such as 00:00:05 for five seconds or 1.00:00:00 for a day, not '{text}'.";
        }
        set(options, value);
        return null;
    };

    static OptionSetting OneOf<T>(Action<BraintrustLoggerOptions, T> set) where T : struct, Enum => (options, text) =>
    {
        var names = Enum.GetNames<T>();
        var at = Array.FindIndex(names, name => name.Equals(text.Trim(), StringComparison.OrdinalIgnoreCase)); // a number is no name
        if (at < 0)
        {
            return $"must be one of {string.Join(", ", names)}, not '{text}'.";
        }
        set(options, Enum.Parse<T>(names[at]));
        return null;
    };
}
