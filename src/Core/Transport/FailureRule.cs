using System.Security.Authentication;

namespace Braintrust.Logging.Transport;

/// <summary>What it means that no response came: always that it may come later. The text names the host and the kind of trouble, never the request.</summary>
static class FailureRule
{
    public static Answer Of(Exception exception, string host) => Answer.Retry(Text(exception, host), exception);

    public static Answer TimedOut(string host, TimeSpan deadline) => Answer.Retry($"{host} did not answer within {deadline.TotalSeconds} s.");

    public static Answer Cancelled() => Answer.Retry("The attempt was cancelled before an answer came.");

    static string Text(Exception exception, string host) => exception switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => $"The host {host} was not found. Check the name and the network.",
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => Tls(host),
        HttpRequestException { InnerException: AuthenticationException } => Tls(host),
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => Unreached(host),
        TaskCanceledException { InnerException: TimeoutException } => Unreached(host), // the time to connect has a limit of its own, and this is how .NET says so
        HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError } => $"The proxy did not let us through to {host}. Check the proxy settings.",
        _ => $"The request to {host} failed ({exception.GetType().Name}).",
    };

    static string Unreached(string host) => $"{host} could not be reached. Check the network and the proxy.";

    static string Tls(string host) => $"No secure connection to {host}: TLS failed. Check the certificates this machine trusts and the proxy.";
}
