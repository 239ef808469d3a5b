using System.Net;

namespace Braintrust.Logging.Transport;

/// <summary>The handler we use when none is given.</summary>
static class OwnHandler
{
    public static SocketsHttpHandler Create() => new()
    {
        AllowAutoRedirect = false, // a 307 hands the whole body, prompts included, to whomever it names
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5), // DNS changes
        ActivityHeadersPropagator = null, // no trace headers, and no activity in the user's traces
        AutomaticDecompression = DecompressionMethods.All, // streamed, so the body limit counts decoded bytes
        MaxResponseHeadersLength = 32, // kB
        MaxResponseDrainSize = 0, // what is beyond the limit is not worth reading: close
    };
}
