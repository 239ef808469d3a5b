using System.Security.Cryptography;
using System.Text;
using Braintrust.Logging.Configuration;
using Braintrust.Logging.Spool;

namespace Braintrust.Logging.Pipeline;

/// <summary>What a pipeline with a spool has besides.</summary>
/// <param name="Store">Keeps the rows.</param>
/// <param name="Bell">Wakes the thread that writes them.</param>
sealed record Spooling(SpoolStore Store, AutoResetEvent Bell)
{
    /// <summary>What a client's end takes longer at most, beyond the time to deliver, for what is queued to reach the disk.</summary>
    public static readonly TimeSpan TimeToDrain = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Without a name the organisation is the key's first, which only a login tells. So the key stands for it: rows must not go to another's organisation because it shares a folder. Of the key there is on disk
    /// what tells it from others, and nothing that leads back to it.
    /// </summary>
    public static string? AccountOf(ConnectionSettings connection) =>
        connection.OrgName ?? (connection.ApiKey is { } key ? $"key {Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"braintrust spool {key}")), 0, 8)}" : null);

    /// <summary>Null: the options ask for none.</summary>
    public static Spooling? From(DeliveryOptions options, ConnectionSettings connection, ISpoolFiles? files) => options.SpoolDirectory is not { } directory
        ? null
        : new(new SpoolStore(new SpoolSettings(directory, options.SpoolSync, options.SpoolLimitBytes, connection.AppUrl, AccountOf(connection)), options.Clock, files), new AutoResetEvent(false));
}
