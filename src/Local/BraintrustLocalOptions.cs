namespace Braintrust.Logging.Local;

/// <summary>How a <see cref="BraintrustLocal"/> runs. The defaults suit samples and tests.</summary>
public sealed class BraintrustLocalOptions
{
    /// <summary>The loopback port to listen on. 0, the default, takes a free one.</summary>
    public int Port { get; set; }

    /// <summary>The largest body <c>/logs3</c> takes, announced by <c>/version</c>; a larger one is answered with 413. Default 6 MiB.</summary>
    public int PayloadLimitBytes { get; set; } = 6 * 1024 * 1024;

    /// <summary>Dates new projects. Default <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;
}
