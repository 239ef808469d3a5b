using System.Net;

namespace Braintrust.Logging.Local;

/// <summary>How a <see cref="BraintrustLocal"/> runs. The defaults suit samples and tests: loopback, a free port, everything in memory.</summary>
public sealed class BraintrustLocalOptions
{
    /// <summary>The port to listen on. 0, the default, takes a free one.</summary>
    public int Port { get; set; }

    /// <summary>The address to listen on. Default <see cref="IPAddress.Loopback"/>; any that is not loopback needs a <see cref="Token"/>.</summary>
    public IPAddress Address { get; set; } = IPAddress.Loopback;

    /// <summary>
    /// The one API key that is accepted, and what the page must be opened with. Null, the default, accepts any key, but only calls to a loopback name.
    /// </summary>
    public string? Token { get; set; }

    /// <summary>The SQLite file that the rows are kept in; made if it is not there. Null, the default, keeps them in memory.</summary>
    public string? DatabasePath { get; set; }

    /// <summary>When the database is larger, the oldest traces are removed. Default 1 GiB.</summary>
    public long MaxDatabaseBytes { get; set; } = 1L << 30;

    /// <summary>Traces that did not change for so long are removed. Null, the default, keeps them.</summary>
    public TimeSpan? MaxAge { get; set; }

    /// <summary>The largest body <c>/logs3</c> takes, announced by <c>/version</c>; a larger one is answered with 413. Default 6 MiB.</summary>
    public int PayloadLimitBytes { get; set; } = 6 * 1024 * 1024;

    /// <summary>Told when traces were removed, the database fails, or a damaged one was set aside. Default: nobody.</summary>
    public Action<string>? OnMessage { get; set; }

    /// <summary>Dates what arrives. Default <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;
}
