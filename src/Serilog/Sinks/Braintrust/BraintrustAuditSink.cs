using Braintrust.Logging;
using Braintrust.Logging.Rows;
using Serilog.Core;
using Serilog.Events;

namespace Serilog.Sinks.Braintrust;

/// <summary>Waits for each event's own row to be delivered, and throws when it was not.</summary>
sealed class BraintrustAuditSink(ClientLease lease, FrontEndSettings settings, LevelGate gate) : ILogEventSink, IDisposable, IAsyncDisposable
{
    readonly SerilogFrontEnd _frontEnd = new(settings);
    readonly BraintrustLogger _logger = lease.GetLogger();
    volatile bool _isDisposed;

    /// <inheritdoc cref="BraintrustSink.Logger"/>
    public BraintrustLogger Logger => _logger;

    public FrontEnd FrontEnd => _frontEnd;

    public void Emit(LogEvent logEvent)
    {
        if (!_frontEnd.IsEnabled || !gate.Admits(logEvent))
        {
            return;
        }
        _frontEnd.Take(_logger, logEvent, out var entry);
        var delivery = new ConfirmedDelivery(entry);
        if (_isDisposed)
        {
            lease.Client.Refuse(delivery.Entry);
        }
        else
        {
            lease.Client.Offer(delivery.Entry);
        }
        // On the pool: the caller may hold a context that the flush would have to come back to.
        var flush = delivery.IsSettled ? null : Task.Run(() => lease.Client.FlushAsync()).GetAwaiter().GetResult();
        if (delivery.Failure(flush) is { } failure)
        {
            throw new BraintrustException($"The event was not confirmed by Braintrust. {failure.Message}", failure.Exception);
        }
    }

    public void Dispose()
    {
        _isDisposed = true;
        lease.Dispose();
    }

    public ValueTask DisposeAsync()
    {
        _isDisposed = true;
        return lease.DisposeAsync();
    }
}
