using System.Threading.Channels;
using Braintrust.Logging.Local.Storage;

namespace Braintrust.Logging.Local.Server;

/// <summary>Tells whoever looks which traces have changed. To one who is slow it says no more than that many have.</summary>
sealed class ChangeFeed
{
    const int MostNamed = 256;

    readonly Lock _lock = new();
    readonly List<Listener> _listeners = [];

    public void Tell(IReadOnlyList<TraceKey> changed)
    {
        if (changed.Count == 0)
            return;
        lock (_lock)
            foreach (var listener in _listeners)
                listener.Tell(changed);
    }

    /// <summary>So much changed that it is not worth naming.</summary>
    public void TellAll()
    {
        lock (_lock)
            foreach (var listener in _listeners)
                listener.TellAll();
    }

    public Listener Listen()
    {
        var listener = new Listener(this);
        lock (_lock)
            _listeners.Add(listener);
        return listener;
    }

    public sealed class Listener(ChangeFeed feed) : IDisposable
    {
        // Rung once is enough, however much changes until somebody comes.
        readonly Channel<bool> _bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

        // Under the feed's lock.
        HashSet<TraceKey> _changed = [];
        bool _isMuch;

        /// <summary>What changed since the last time, at least one trace; null if it is too much to name.</summary>
        public async Task<IReadOnlyCollection<TraceKey>?> NextAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                await _bell.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                HashSet<TraceKey> changed;
                bool isMuch;
                lock (feed._lock)
                    ((changed, _changed), (isMuch, _isMuch)) = ((_changed, []), (_isMuch || _changed.Count > MostNamed, false));
                if (isMuch)
                    return null;
                if (changed.Count > 0)
                    return changed;
            }
        }

        internal void Tell(IReadOnlyList<TraceKey> changed)
        {
            foreach (var key in changed)
            {
                if (_changed.Count > MostNamed)
                    break;
                _changed.Add(key);
            }
            _bell.Writer.TryWrite(true);
        }

        internal void TellAll()
        {
            _isMuch = true;
            _bell.Writer.TryWrite(true);
        }

        public void Dispose()
        {
            lock (feed._lock)
                feed._listeners.Remove(this);
        }
    }
}
