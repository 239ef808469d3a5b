using Serilog.Core;
using Serilog.Events;

namespace Serilog.Sinks.Braintrust;

/// <summary>
/// Which levels pass. In the sink and not in <c>WriteTo.Sink(…)</c>: the wrapper that Serilog puts around restricted sinks hides failure
/// listeners before 4.4, so that <c>FallbackChain</c> would never hear of a loss (serilog#2231).
/// </summary>
readonly record struct LevelGate(LogEventLevel Minimum, LoggingLevelSwitch? Switch)
{
    public bool Admits(LogEvent logEvent) => logEvent.Level >= (Switch?.MinimumLevel ?? Minimum);
}
