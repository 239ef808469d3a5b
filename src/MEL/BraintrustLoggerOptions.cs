using Braintrust.Logging;

namespace Braintrust.Extensions.Logging;

/// <summary>
/// How log calls and scopes reach Braintrust. Every member that JSON can express can stand in the section <c>Logging:Braintrust</c>;
/// what code sets wins. Times are written <c>hh:mm:ss</c>.
/// </summary>
public sealed class BraintrustLoggerOptions : BraintrustOptions
{
    /// <summary>
    /// A client to deliver through. It stays its owner's: the provider flushes it at its end and does not dispose it. The members about the
    /// account and about delivery are then the client's own; those set here have no effect. What is left unset here of <see cref="BraintrustOptions.Mask"/>, <see cref="BraintrustOptions.Filter"/>,
    /// <see cref="BraintrustOptions.ProjectSelector"/> and <see cref="BraintrustOptions.OnLoss"/>, or at its default of <see cref="BraintrustOptions.EventsAs"/> and <see cref="BraintrustOptions.ScopeSpans"/>,
    /// is the client's. <see cref="BraintrustOptions.CaptureContent"/> and <see cref="BraintrustOptions.ScrubSecrets"/> can only be tightened here.
    /// Default: one shared with the other users of the account.
    /// </summary>
    public BraintrustClient? Client { get; set; }
}
