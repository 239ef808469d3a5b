using System.Collections.Immutable;
using System.Diagnostics;
using System.IO.Enumeration;
using Braintrust.Logging.Rows;
using Braintrust.Logging.Sampling;

namespace Braintrust.Logging.Activities;

/// <summary>
/// Listens to the activity sources that a front end asked for and makes spans of their activities: their own ids, times, status and tags,
/// once for a project however many front ends ask. Starts no activity and marks none as recorded; but an activity that nobody listened to before exists now.
/// </summary>
sealed class ActivityCapture : IDisposable
{
    const string Key = "braintrust.logging.captured"; // a custom property: no exporter writes it

    // The framework's activities about connections, of which ours are some: matched by chance they would make rows of the sending of rows. Who names them gets them.
    const string Connections = "Experimental.System.Net";

    static ImmutableList<ActivityCapture> _live = [];

    readonly BraintrustLogger _logger;
    readonly FrontEnd _frontEnd;
    readonly string[] _sources;
    readonly ActivityListener _listener;
    int _isDisposed;

    ActivityCapture(BraintrustLogger logger, FrontEnd frontEnd, string[] sources)
    {
        _logger = logger;
        _frontEnd = frontEnd;
        _sources = sources;
        _listener = new ActivityListener
        {
            ShouldListenTo = source => Matches(source.Name),
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStarted = Started,
            ActivityStopped = Stopped,
        };
        _logger.Captured ??= new RecentActivities(); // a second one made at the same time knows a few less
        ImmutableInterlocked.Update(ref _live, static (live, it) => live.Add(it), this);
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>Null when no source is asked for: then nothing listens.</summary>
    /// <param name="sources">Names, of sets too, or patterns with <c>*</c>.</param>
    /// <param name="logger">The project the spans go to.</param>
    /// <param name="frontEnd">Who asks.</param>
    public static ActivityCapture? Start(IEnumerable<string> sources, BraintrustLogger logger, FrontEnd frontEnd)
    {
        string[] names = [.. sources.Where(source => !string.IsNullOrWhiteSpace(source)).SelectMany(BraintrustActivitySources.Of)];
        return names.Length == 0 ? null : new ActivityCapture(logger, frontEnd, names);
    }

    /// <summary>The span of the nearest activity at or above that is captured for the logger.</summary>
    public static CapturedActivity? Nearest(Activity? activity, BraintrustLogger logger)
    {
        if (Volatile.Read(ref _live).IsEmpty)
        {
            return null;
        }
        for (; activity is not null; activity = activity.Parent)
        {
            for (var captured = Of(activity); captured is not null; captured = captured.Next)
            {
                if (ReferenceEquals(captured.Span.Logger, logger))
                {
                    return captured;
                }
            }
        }
        return null;
    }

    /// <summary>Whether activities of a source become spans of the logger's project.</summary>
    public static bool Captures(string source, BraintrustLogger logger) =>
        Volatile.Read(ref _live).Exists(capture => ReferenceEquals(capture._logger, logger) && capture.Matches(source));

    /// <summary>Whether the activity is a span of any project.</summary>
    public static bool IsCaptured(Activity activity) => Of(activity) is not null;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            _listener.Dispose();
            ImmutableInterlocked.Update(ref _live, static (live, it) => live.Remove(it), this);
        }
    }

    static CapturedActivity? Of(Activity activity) => activity.GetCustomProperty(Key) as CapturedActivity;

    bool Matches(string source) => Array.Exists(_sources, pattern =>
        FileSystemName.MatchesSimpleExpression(pattern, source, ignoreCase: false)
        && (!source.StartsWith(Connections, StringComparison.Ordinal) || pattern.StartsWith(Connections, StringComparison.Ordinal)));

    void Started(Activity activity)
    {
        try
        {
            if (!_frontEnd.IsEnabled || activity.IdFormat != ActivityIdFormat.W3C || Placement.IsExported(activity) || ReferenceEquals(Nearest(activity, _logger)?.Activity, activity))
            {
                return; // switched off, or the official SDK has it, or another front end of the project
            }
            var span = new BraintrustSpan(ActivityReader.Begin(activity, _logger, _frontEnd), Placement.Of(activity, _logger), Ids.Bits(activity.SpanId));
            if (_frontEnd.Settings.Filter is not null && !_frontEnd.Admits(() => FrontEnd.Preview(span)))
            {
                _logger.Client.Ledger.Withholding(WithheldReasons.Filtered);
                return;
            }
            activity.SetCustomProperty(Key, new CapturedActivity(activity, span, Of(activity)));
            _logger.Captured?.Add(span);
            _logger.Client.OfferBegin(span);
        }
        catch (Exception error) // this runs inside the application's StartActivity
        {
            BraintrustDiagnostics.Warn("activity", $"An activity could not be captured: {error.GetType()}.", 1);
        }
    }

    void Stopped(Activity activity)
    {
        try
        {
            if (Nearest(activity, _logger) is { } captured && ReferenceEquals(captured.Activity, activity))
            {
                captured.Stop();
            }
        }
        catch (Exception error) // this runs inside the application's Stop
        {
            BraintrustDiagnostics.Warn("activity", $"An activity could not be captured: {error.GetType()}.", 1);
        }
    }
}
