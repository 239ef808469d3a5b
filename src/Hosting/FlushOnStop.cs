using Braintrust.Extensions.Logging;
using Braintrust.Logging;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Braintrust.Extensions.Hosting;

/// <summary>
/// Delivers when the host stops, while it still gives time: some hosts are killed before they dispose anything. Services stop in reverse order, so this one, added early, comes after
/// those that log; what is logged later is delivered at the host's disposal. By then the host's other loggers have ended, so what could not be delivered is said here.
/// </summary>
sealed class FlushOnStop(BraintrustLoggerProvider provider, ILoggerFactory loggers) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            var result = await provider.Client.FlushAsync(provider.Client.ShutdownTimeout, cancellationToken).ConfigureAwait(false);
            if (result.Pending > 0)
            {
                loggers.CreateLogger(BraintrustDiagnostics.Category).LogWarning("{Rows} rows wait at the end, for one more try when the host is disposed. {Reason}", result.Pending, result.LastError);
            }
        }
        catch (OperationCanceledException) // the host's own patience is over; the rows stay queued for its disposal
        {
        }
    }
}
