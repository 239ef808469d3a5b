using System.Runtime.CompilerServices;
using Braintrust.Logging;
using Braintrust.Logging.Rows;
using Serilog.Core;
using Serilog.Events;

namespace Serilog.Sinks.Braintrust;

/// <summary>
/// For those who keep their batching under Serilog's clock, native or through Serilog.Sinks.PeriodicBatching:
/// <c>WriteTo.Sink(new BraintrustBatchedSink(client, "My Project"), new BatchingOptions())</c>. A batch that is not delivered throws, so that
/// Serilog's own retries and fallbacks apply; a repeated event keeps its row.
/// </summary>
/// <remarks>
/// <c>WriteTo.Braintrust</c> needs no batching around it and knows the open span, which is lost on Serilog's batching thread: here an event has
/// only its trace. The client is the caller's to dispose, after the logger.
/// </remarks>
public sealed class BraintrustBatchedSink : IBatchedLogEventSink, PeriodicBatching.IBatchedLogEventSink
{
    readonly BraintrustClient _client;
    readonly BraintrustLogger _logger;
    readonly SerilogFrontEnd _frontEnd;

    // Serilog hands the same events in again when a batch failed.
    readonly ConditionalWeakTable<LogEvent, ConfirmedDelivery> _deliveries = [];

    /// <summary>A sink for Serilog's own batching.</summary>
    /// <param name="client">Delivers; it should outlive the logger.</param>
    /// <param name="project">The project's name. Null: the client's default project.</param>
    /// <exception cref="ArgumentNullException">There is no client.</exception>
    /// <exception cref="ArgumentException">The project's name is blank.</exception>
    public BraintrustBatchedSink(BraintrustClient client, string? project = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        _client = client;
        _logger = client.GetLogger(project);
        _frontEnd = new SerilogFrontEnd(FrontEndSettings.Unset.Over(client));
    }

    /// <summary>Queues the events, and returns when all of them were delivered.</summary>
    /// <param name="batch">The events, in the order of their writing.</param>
    /// <exception cref="BraintrustException">Some were not. They may be handed in again: those that arrived are not sent twice.</exception>
    public async Task EmitBatchAsync(IReadOnlyCollection<LogEvent> batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var deliveries = new List<ConfirmedDelivery>(batch.Count);
        foreach (var logEvent in batch)
        {
            deliveries.Add(Offer(logEvent));
        }
        var flush = deliveries.TrueForAll(static delivery => delivery.IsSettled) ? null : await _client.FlushAsync().ConfigureAwait(false);

        var failures = deliveries.ConvertAll(delivery => delivery.Failure(flush));
        var failed = failures.Count(static failure => failure is not null);
        if (failed > 0)
        {
            var first = failures.Find(static failure => failure is not null)!;
            throw new BraintrustException($"{failed} of {failures.Count} events were not delivered to Braintrust. {first.Message}", first.Exception);
        }
    }

    /// <summary>Nothing to do: the client has its own clock.</summary>
    public Task OnEmptyBatchAsync() => Task.CompletedTask;

    Task PeriodicBatching.IBatchedLogEventSink.EmitBatchAsync(IEnumerable<LogEvent> batch) =>
        EmitBatchAsync(batch as IReadOnlyCollection<LogEvent> ?? [.. batch]);

    ConfirmedDelivery Offer(LogEvent logEvent)
    {
        if (!_deliveries.TryGetValue(logEvent, out var delivery))
        {
            _frontEnd.Take(_logger, logEvent, out var entry);
            delivery = new ConfirmedDelivery(entry);
            _deliveries.Add(logEvent, delivery);
            _client.Offer(delivery.Entry);
        }
        else if (delivery.WasLost)
        {
            delivery.Renew();
            _client.Offer(delivery.Entry);
        }
        return delivery; // else it has arrived, or is still on its way
    }
}
