namespace Braintrust.Logging.Testing;

/// <summary>The clients of one account, closed ones too, in the order in which they began. Whoever makes clients does not keep it alive: a kit that no test disposed is forgotten as a whole.</summary>
sealed class AccountClients : IDisposable
{
    readonly string _key;
    readonly List<BraintrustClient> _clients = [];
    readonly Action<BraintrustClient> _hear;

    public AccountClients(string key)
    {
        _key = key;
        _hear = HearingFor(new WeakReference<AccountClients>(this));
        Metrics.Began += _hear;
    }

    public void Dispose() => Metrics.Began -= _hear;

    public BraintrustClient[] All()
    {
        lock (_clients)
        {
            return [.. _clients];
        }
    }

    static Action<BraintrustClient> HearingFor(WeakReference<AccountClients> account)
    {
        return Hear;

        void Hear(BraintrustClient client)
        {
            if (account.TryGetTarget(out var known))
            {
                known.Meet(client);
            }
            else
            {
                Metrics.Began -= Hear;
            }
        }
    }

    void Meet(BraintrustClient client)
    {
        if (client.Connection.ApiKey == _key)
        {
            lock (_clients)
            {
                _clients.Add(client);
            }
        }
    }
}
