using Braintrust.Logging.Configuration;

namespace Braintrust.Logging.Session;

/// <summary>One session per equal settings, for as long as somebody uses it.</summary>
sealed class SessionRegistry
{
    public static readonly SessionRegistry OfProcess = new();

    readonly Dictionary<ConnectionSettings, (BraintrustSession Session, int Users)> _sessions = [];

    public SessionLease Acquire(ConnectionSettings settings, Func<string?> keySource)
    {
        lock (_sessions)
        {
            var (session, users) = _sessions.TryGetValue(settings, out var known) ? known : (new(settings, keySource), 0);
            _sessions[settings] = (session, users + 1);
            return new(this, session);
        }
    }

    public void Release(BraintrustSession session)
    {
        lock (_sessions)
        {
            var users = _sessions[session.Settings].Users - 1;
            if (users == 0) _sessions.Remove(session.Settings);
            else _sessions[session.Settings] = (session, users);
        }
    }
}

/// <summary>One user's hold on a session.</summary>
sealed class SessionLease(SessionRegistry registry, BraintrustSession session) : IDisposable
{
    int _released;

    public BraintrustSession Session => session;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _released, 1) == 0) registry.Release(session);
    }
}
