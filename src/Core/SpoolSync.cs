namespace Braintrust.Logging;

/// <summary>What a row survives once it is on disk (<see cref="BraintrustOptions.SpoolDirectory"/>).</summary>
public enum SpoolSync
{
    /// <summary>The end of the process, however sudden. The default.</summary>
    Write,

    /// <summary>A loss of power too: each group of rows is forced to the disk before it counts as written.</summary>
    Fsync,
}
