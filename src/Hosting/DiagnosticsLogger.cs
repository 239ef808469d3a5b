using Braintrust.Extensions.Logging;
using Braintrust.Logging;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Braintrust.Extensions.Hosting;

/// <summary>
/// Says on the host's other loggers what <see cref="BraintrustDiagnostics"/> says: a host has a console that somebody reads, and a missing key should not have to be looked for. The provider
/// itself makes no rows of this category.
/// </summary>
sealed class DiagnosticsLogger(ILoggerFactory loggers, BraintrustLoggerProvider provider) : IHostedService, IDisposable
{
    readonly ILogger _log = loggers.CreateLogger(BraintrustDiagnostics.Category);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        BraintrustDiagnostics.Told += Say;
        if (provider.Client.Obstacle is { } obstacle) // of rows that were logged before the host started
        {
            Say(obstacle);
        }
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask; // what goes wrong while others stop is said too

    public void Dispose() => BraintrustDiagnostics.Told -= Say;

    void Say(string line)
    {
        const string prefix = $"{BraintrustDiagnostics.Category}: "; // the category says it already
        try
        {
            _log.LogWarning("{Diagnostic}", line.StartsWith(prefix, StringComparison.Ordinal) ? line[prefix.Length..] : line);
        }
        catch (AggregateException) // another provider's
        {
        }
    }
}
