using System.Net;
using System.Net.Sockets;

namespace Braintrust.Logging.Tests;

/// <summary>A port of this machine at which nobody listens, and which no other test gets meanwhile: a port that was merely free a moment ago may be anybody's.</summary>
public sealed class ClosedPort : IDisposable
{
    readonly Socket _held = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public ClosedPort()
    {
        _held.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Url = $"http://{_held.LocalEndPoint}";
    }

    public string Url { get; }

    /// <summary>From now on somebody listens there; the socket is the caller's.</summary>
    public Socket Open()
    {
        _held.Listen();
        return _held;
    }

    public void Dispose() => _held.Dispose();
}
