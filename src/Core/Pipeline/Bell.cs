using System.Threading.Channels;

namespace Braintrust.Logging.Pipeline;

/// <summary>Rung when the loop should look before its timer does. Ringing twice is ringing once.</summary>
sealed class Bell
{
    readonly Channel<bool> _rung = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Ring() => _rung.Writer.TryWrite(true);

    public async ValueTask WaitAsync() => await _rung.Reader.ReadAsync().ConfigureAwait(false);

    /// <summary>Whoever looks now need not be called again for what is there already.</summary>
    public void Still() => _rung.Reader.TryRead(out _);
}
