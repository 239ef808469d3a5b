using Braintrust.Logging.Configuration;
using Braintrust.Logging.Spool;

namespace Braintrust.Logging.Pipeline;

/// <summary>What a pipeline with a spool has besides.</summary>
/// <param name="Store">Keeps the rows.</param>
/// <param name="Bell">Wakes the thread that writes them.</param>
sealed record Spooling(SpoolStore Store, AutoResetEvent Bell)
{
    /// <summary>Null: the options ask for none.</summary>
    public static Spooling? From(DeliveryOptions options, ConnectionSettings connection, ISpoolFiles? files) => options.SpoolDirectory is not { } directory
        ? null
        : new(new SpoolStore(new SpoolSettings(directory, options.SpoolSync, options.SpoolLimitBytes, connection.AppUrl, connection.OrgName), options.Clock, files), new AutoResetEvent(false));
}
