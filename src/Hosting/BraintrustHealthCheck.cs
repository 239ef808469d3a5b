using Braintrust.Extensions.Logging;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Braintrust.Extensions.Hosting;

/// <summary>Whether rows are delivered, by what the client knows already: a check makes no request.</summary>
sealed class BraintrustHealthCheck(BraintrustLoggerProvider provider, IOptions<BraintrustHealthCheckOptions> settings) : IHealthCheck
{
    readonly BraintrustHealthCheckOptions _options = settings.Value;
    readonly object _gate = new();
    long _dropped;
    long? _lostAt;

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var client = provider.Client;
        var (ledger, age) = (client.Ledger, client.OldestAge);
        var dropped = ledger.DroppedRows;
        var data = new Dictionary<string, object>
        {
            ["accepted"] = ledger.Accepted,
            ["delivered"] = ledger.Delivered,
            ["dropped"] = dropped,
            ["waiting"] = ledger.ResidentRows,
            ["oldest_seconds"] = age.TotalSeconds,
        };
        if (client.SinceDelivery is { } since)
        {
            data["last_delivery_seconds"] = since.TotalSeconds;
        }
        if (client.LastError is { } last)
        {
            data["last_error"] = last;
        }
        var why = (client.Obstacle, age > _options.MaxAge, HasLost(dropped, client.Clock)) switch
        {
            ({ } obstacle, _, _) => $"Nothing can be delivered. {obstacle}",
            (_, true, _) => $"The oldest row has been waiting for {age:d\\.hh\\:mm\\:ss}. {client.LastError}",
            (_, _, true) => $"Rows were lost: {string.Join(", ", ledger.Dropped.Select(static it => $"{it.Value} {it.Key}"))}. {client.LastError}",
            _ => null,
        };
        return Task.FromResult(why is null
            ? HealthCheckResult.Healthy("Rows are delivered, or there are none.", data)
            : new HealthCheckResult(context.Registration.FailureStatus, why.TrimEnd(), data: data));
    }

    bool HasLost(long dropped, TimeProvider clock)
    {
        lock (_gate)
        {
            if (dropped > _dropped)
            {
                (_dropped, _lostAt) = (dropped, clock.GetTimestamp());
            }
            return _lostAt is { } at && clock.GetElapsedTime(at) < _options.LossMemory;
        }
    }
}
