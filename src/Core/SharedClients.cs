using Braintrust.Logging.Configuration;
using Braintrust.Logging.Pipeline;

namespace Braintrust.Logging;

/// <summary>
/// Clients that sinks, providers and the static front door share: one per account and equal delivery, privacy and sampling, for as long as somebody uses it.
/// </summary>
static class SharedClients
{
    static readonly Dictionary<ShareKey, Shared> Clients = [];

    /// <param name="options">Which account, and how to deliver.</param>
    /// <param name="path">What comes before an option's name in an error message.</param>
    public static ClientLease Acquire(BraintrustOptions options, string path = "BraintrustOptions.")
    {
        var settings = SettingsResolver.Resolve(options, SettingsSources.OfProcess(), path);
        var key = new ShareKey(settings.Connection, DeliveryOptions.From(options), options.Mask, options.CaptureContent, options.ScrubSecrets, options.SamplingRatio, options.Sampler);
        lock (Clients)
        {
            if (!Clients.TryGetValue(key, out var shared) || shared.Client.IsClosed || shared.Client.Sampler.Ratio != options.SamplingRatio) // the ratio may have changed since
            {
                if (Clients.Keys.Any(other => other.Connection == settings.Connection))
                {
                    BraintrustDiagnostics.Warn("own_client", "Two users of one account have different delivery options, masks, privacy or sampling: each has a queue of its own; the login is shared.", 1);
                }
                shared = new(new BraintrustClient(options, settings));
                Clients[key] = shared; // a closed one was disposed by somebody else; the others keep theirs
            }
            shared.Users++;
            return new ClientLease(shared.Client, settings.Project, () => Release(key, shared));
        }
    }

    static ValueTask Release(ShareKey key, Shared shared)
    {
        lock (Clients)
        {
            if (--shared.Users > 0)
            {
                return new(shared.Client.FlushAsync(shared.Client.ShutdownTimeout)); // its own rows are out, or as good as can be
            }
            if (Clients.GetValueOrDefault(key) == shared)
            {
                Clients.Remove(key);
            }
        }
        return shared.Client.DisposeAsync();
    }

    /// <summary>
    /// The mask too, and what is kept back: spans by code are written as their client's options say, and must not slip through another's. And sampling: a trace is kept as
    /// a whole or not.
    /// </summary>
    sealed record ShareKey(
        ConnectionSettings Connection, DeliveryOptions Delivery, Func<string, object?, object?>? Mask, bool CaptureContent, bool ScrubSecrets, double SamplingRatio,
        Func<RowPreview, bool>? Sampler);

    sealed class Shared(BraintrustClient client)
    {
        public BraintrustClient Client => client;

        public int Users { get; set; }
    }
}
