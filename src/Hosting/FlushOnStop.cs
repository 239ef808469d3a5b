using Braintrust.Extensions.Logging;
using Microsoft.Extensions.Hosting;

namespace Braintrust.Extensions.Hosting;

/// <summary>
/// Delivers when the host stops, while it still gives time: some hosts are killed before they dispose anything. Services stop in reverse order, so this one, added early, comes after
/// those that log; what is logged later is delivered at the host's disposal.
/// </summary>
sealed class FlushOnStop(BraintrustLoggerProvider provider) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            await provider.Client.FlushAsync(provider.Client.ShutdownTimeout).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) // the host's own patience is over; the rows stay queued for its disposal
        {
        }
    }
}
