using System.Collections.Concurrent;
using System.Diagnostics.Tracing;

namespace Braintrust.Logging;

/// <summary>
/// What this library has to say about itself: never through the application's loggers, so that it cannot feed itself; at most one line a
/// minute and cause; never a key, never a payload. Also readable as the <see cref="EventSource"/> <c>Braintrust-Logging</c>.
/// </summary>
public static class BraintrustDiagnostics
{
    static readonly ConcurrentDictionary<string, (long At, long Untold)> LastTold = new(StringComparer.Ordinal);
    static Action<string>? _output;

    /// <summary>Sends the lines somewhere, to <c>Console.Error.WriteLine</c> for instance. What the output throws is ignored.</summary>
    public static void Enable(Action<string> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        Interlocked.Exchange(ref _output, output);
    }

    /// <summary>Stops what <see cref="Enable"/> started.</summary>
    public static void Disable() => Interlocked.Exchange(ref _output, null);

    /// <summary>Other places that want every line: Serilog's SelfLog, for one.</summary>
    internal static event Action<string>? Told;

    internal static void Warn(string cause, string message, long count)
    {
        var now = TimeProvider.System.GetTimestamp();
        var key = cause + message;
        var minute = TimeProvider.System.TimestampFrequency * 60;
        LastTold.TryGetValue(key, out var last);
        if (last.At != 0 && now - last.At < minute)
        {
            LastTold[key] = last with { Untold = last.Untold + count };
            return;
        }
        if (LastTold.Count > 1000)
        {
            LastTold.Clear(); // messages come from a small set; this is for the day they do not
        }
        LastTold[key] = (now, 0);
        count += last.Untold;

        var line = count == 1 ? $"Braintrust.Logging: {message}" : $"Braintrust.Logging: {count} rows: {message}";
        DiagnosticEvents.Log.Warning(cause, line);
        Tell(Volatile.Read(ref _output), line);
        Tell(Told, line);
    }

    static void Tell(Action<string>? output, string line)
    {
        try
        {
            output?.Invoke(line);
        }
        catch (Exception) // the user's output: there is nowhere left to say it
        {
        }
    }
}

[EventSource(Name = "Braintrust-Logging")]
sealed class DiagnosticEvents : EventSource
{
    public static readonly DiagnosticEvents Log = new();

    [Event(1, Level = EventLevel.Warning)]
    public void Warning(string cause, string message)
    {
        if (IsEnabled())
        {
            WriteEvent(1, cause, message);
        }
    }
}
