using Braintrust.Logging;
using Serilog.Core;
using Serilog.Events;

namespace Serilog.Sinks.Braintrust;

/// <summary>Everything the sink can be told by code: the account and delivery as for any client, and which events pass.</summary>
/// <remarks>
/// <see cref="BraintrustOptions.ScopeSpans"/> says nothing here, since Serilog has no scopes. A
/// <see cref="BraintrustOptions.ProjectSelector"/> sees scalars as .NET values and structures as Serilog's <see cref="LogEventPropertyValue"/>.
/// </remarks>
public sealed class BraintrustSinkOptions : BraintrustOptions
{
    /// <summary>The minimum level for events passed through the sink. Ignored when <see cref="LevelSwitch"/> is set. Default: all.</summary>
    public LogEventLevel RestrictedToMinimumLevel { get; set; } = LevelAlias.Minimum;

    /// <summary>A switch allowing the pass-through minimum level to be changed at runtime. Default: none.</summary>
    public LoggingLevelSwitch? LevelSwitch { get; set; }
}
