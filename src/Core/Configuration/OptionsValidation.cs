namespace Braintrust.Logging.Configuration;

/// <summary>Sizes, times and names that code gives. The first that cannot work is an error that names the option and what it takes.</summary>
/// <param name="path">What comes before an option's name in a message: <c>BraintrustOptions.</c>, or a configuration section.</param>
readonly struct OptionsValidation(string path)
{
    // The longest that timers take.
    static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(int.MaxValue);

    public void Check(BraintrustOptions options)
    {
        AtLeastOne(options.BatchSizeLimit, nameof(options.BatchSizeLimit));
        AtLeastOne(options.QueueLimit, nameof(options.QueueLimit));
        AtLeastOne(options.QueueLimitBytes, nameof(options.QueueLimitBytes));
        Positive(options.Period, nameof(options.Period));
        Positive(options.RetryTimeLimit, nameof(options.RetryTimeLimit));
        Positive(options.FlushTimeout, nameof(options.FlushTimeout));
        if (options.FlushMode is { } mode && !Enum.IsDefined(mode)) throw Error(nameof(options.FlushMode), "must be one of Periodic, OnDemand.");
        if (!(options.SamplingRatio is >= 0 and <= 1)) throw Error(nameof(options.SamplingRatio), "must be from 0 to 1.");
        if (options.ShutdownTimeout < TimeSpan.Zero) throw Error(nameof(options.ShutdownTimeout), "must not be negative.");
        NotTooLong(options.ShutdownTimeout, nameof(options.ShutdownTimeout));
        if (options.Project is { } project && string.IsNullOrWhiteSpace(project))
            throw Error(nameof(options.Project), "must not be blank. Leave it unset for BRAINTRUST_PROJECT or the project Global.");
        AtLeastOne(options.SpoolLimitBytes, nameof(options.SpoolLimitBytes));
        if (!Enum.IsDefined(options.SpoolSync)) throw Error(nameof(options.SpoolSync), "must be one of Write, Fsync.");
        if (options.SpoolDirectory is { } spool && (string.IsNullOrWhiteSpace(spool) || spool.Contains('\0')))
            throw Error(nameof(options.SpoolDirectory), "must be the path of a folder. Leave it unset to keep nothing on disk.");
        if (!Enum.IsDefined(options.EventsAs)) throw Error(nameof(options.EventsAs), "must be one of Spans, ApplicationLogs, Auto.");
        if (!Enum.IsDefined(options.ScopeSpans)) throw Error(nameof(options.ScopeSpans), "must be one of All, Named.");
    }

    void AtLeastOne(long value, string option)
    {
        if (value < 1) throw Error(option, "must be at least 1.");
    }

    void Positive(TimeSpan value, string option)
    {
        if (value <= TimeSpan.Zero) throw Error(option, "must be greater than zero.");
        NotTooLong(value, option);
    }

    void NotTooLong(TimeSpan value, string option)
    {
        if (value > Longest) throw Error(option, "must be at most 24 days.");
    }

    public ArgumentException Error(string option, string rule) => new($"{path}{option} {rule}");
}
