namespace Braintrust.Logging;

/// <summary>Something that was explicitly asked for did not work: an explicit login, an audited event. Log calls never throw it.</summary>
public sealed class BraintrustException : Exception
{
    /// <summary>Says what did not work.</summary>
    /// <param name="message">What happened and what to do, without any key or payload.</param>
    /// <param name="innerException">The failure behind it, if there is one.</param>
    public BraintrustException(string message, Exception? innerException = null) : base(message, innerException)
    {
    }
}
