using Braintrust.Logging;
using Serilog.Debugging;

namespace Serilog.Sinks.Braintrust;

/// <summary>While a sink lives, what the library has to say about itself is said on Serilog's <see cref="SelfLog"/>: once, however many sinks there are.</summary>
static class SelfLogBridge
{
    static readonly object Gate = new();
    static int _sinks;

    public static void Open()
    {
        lock (Gate)
        {
            if (_sinks++ == 0)
            {
                BraintrustDiagnostics.Told += Tell;
            }
        }
    }

    public static void Close()
    {
        lock (Gate)
        {
            if (--_sinks == 0)
            {
                BraintrustDiagnostics.Told -= Tell;
            }
        }
    }

    static void Tell(string line) => SelfLog.WriteLine("{0}", line);
}
