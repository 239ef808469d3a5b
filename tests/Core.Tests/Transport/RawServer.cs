using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Braintrust.Logging.Tests.Transport;

/// <summary>Reads a request's head and body, then does as told with the socket.</summary>
sealed class RawServer : IDisposable
{
    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly Func<NetworkStream, Task> answer;

    public RawServer(Func<NetworkStream, Task> answer)
    {
        this.answer = answer;
        listener.Start();
        Url = $"http://{listener.LocalEndpoint}";
        _ = ServeAsync();
    }

    public RawServer(string answer) : this(stream => stream.WriteAsync(Encoding.Latin1.GetBytes(answer)).AsTask()) { }

    public string Url { get; }

    public int Connections { get; private set; }

    public string Received { get; private set; } = "";

    async Task ServeAsync()
    {
        while (true)
        {
            using var client = await listener.AcceptTcpClientAsync();
            Connections++;
            try
            {
                var stream = client.GetStream();
                var buffer = new byte[65536];
                Received += Encoding.Latin1.GetString(buffer, 0, await stream.ReadAsync(buffer));
                await answer(stream);
            }
            catch (IOException)
            {
                // the client went away, which some tests are about
            }
        }
    }

    public void Dispose() => listener.Dispose();
}
