using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using System.Threading.Channels;

namespace Braintrust.Logging;

/// <summary>
/// What this library has to say about itself: never through loggers that lead back to it (only a host that <c>builder.AddBraintrust</c> set up has it on its other loggers); at most one line a
/// minute and cause; never a key, never a payload. Also readable as the <see cref="EventSource"/> <c>Braintrust-Logging</c>.
/// </summary>
public static class BraintrustDiagnostics
{
    /// <summary>What lines begin with, and the category under which a host's other loggers are given them.</summary>
    internal const string Category = "Braintrust.Logging";

    static readonly ConcurrentDictionary<string, (long At, long Untold)> LastTold = new(StringComparer.Ordinal);
    // A hundred lines wait for an output that blocks; what comes beyond is the same again.
    static readonly Channel<string> Lines = Channel.CreateBounded<string>(new BoundedChannelOptions(100) { FullMode = BoundedChannelFullMode.DropWrite });

    static Action<string>? _output;
    static int _isTelling;

    /// <summary>Sends the lines somewhere, to <c>Console.Error.WriteLine</c> for instance. What the output throws is ignored.</summary>
    /// <param name="output">Given one line at a time, on the thread pool, never two at once. A later call replaces it.</param>
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

        var line = count == 1 ? $"{Category}: {message}" : $"{Category}: {count} rows: {message}";
        DiagnosticEvents.Log.Warning(cause, line);
        if (Volatile.Read(ref _output) is null && Told is null)
        {
            return;
        }
        Lines.Writer.TryWrite(line);
        if (Interlocked.Exchange(ref _isTelling, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static _ => TellAll(), null);
        }
    }

    /// <summary>On the pool: an output that blocks must not hold up the loop, or the log call that found something out.</summary>
    static void TellAll()
    {
        do
        {
            while (Lines.Reader.TryRead(out var line))
            {
                Tell(Volatile.Read(ref _output), line);
                foreach (var listener in Told?.GetInvocationList() ?? [])
                {
                    Tell((Action<string>)listener, line);
                }
            }
            Volatile.Write(ref _isTelling, 0);
        }
        while (Lines.Reader.TryPeek(out _) && Interlocked.Exchange(ref _isTelling, 1) == 0);
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
