using System.Threading.Channels;
using Braintrust.Logging.Local.Storage;

namespace Braintrust.Logging.Local.Server;

/// <summary>Tells whoever looks which traces have changed. One who is slow misses notes, and is told so by null: then everything may have changed.</summary>
sealed class ChangeFeed
{
    const int MostWaiting = 64;

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

    public Listener Listen()
    {
        var listener = new Listener(this);
        lock (_lock)
            _listeners.Add(listener);
        return listener;
    }

    public sealed class Listener(ChangeFeed feed) : IDisposable
    {
        readonly Channel<IReadOnlyList<TraceKey>> _notes = Channel.CreateBounded<IReadOnlyList<TraceKey>>(MostWaiting);
        volatile bool _missed;

        /// <summary>What changed since the last time, at least one trace; null if that is not known any more.</summary>
        public async Task<IReadOnlyCollection<TraceKey>?> NextAsync(CancellationToken cancellationToken)
        {
            var changed = new HashSet<TraceKey>(await _notes.Reader.ReadAsync(cancellationToken).ConfigureAwait(false));
            while (_notes.Reader.TryRead(out var more))
                changed.UnionWith(more);
            if (!_missed)
                return changed;
            _missed = false;
            return null;
        }

        internal void Tell(IReadOnlyList<TraceKey> changed)
        {
            if (!_notes.Writer.TryWrite(changed))
                _missed = true;
        }

        public void Dispose()
        {
            lock (feed._lock)
                feed._listeners.Remove(this);
        }
    }
}
