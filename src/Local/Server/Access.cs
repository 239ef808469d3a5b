using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Braintrust.Logging.Local.Server;

/// <summary>
/// Who may come in. Without a token only this machine can reach the socket, so the danger is a web site in a browser on it: the name it was called by must be
/// a name of this machine (a foreign name that was pointed here is refused), and no page of another origin may read or write. With a token whoever knows it may.
/// </summary>
static class Access
{
    /// <summary>By port, because cookies are not: two servers of one machine would take each other's away.</summary>
    public static string Cookie(HttpRequest request) => $"braintrust-local-{request.Host.Port ?? 0}";

    /// <summary>Null: come in. Otherwise the status and the reason.</summary>
    public static (int Status, string Reason)? Refusal(HttpRequest request, string? token)
    {
        if (token is null && !IsOwnName(request.Host.Host))
            return (StatusCodes.Status403Forbidden, $"The host name \"{request.Host.Host}\" is not one of this machine. Use localhost or 127.0.0.1.");
        if (IsFromElsewhere(request))
            return (StatusCodes.Status403Forbidden, "A web page of another origin may not use this server.");
        return null;
    }

    /// <summary>Readers and the page: the cookie that came with the token, or the token itself.</summary>
    public static bool MayRead(HttpRequest request, string? token) =>
        token is null || IsSame(request.Cookies[Cookie(request)], token) || IsSame(Bearer(request), token);

    public static string? Bearer(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) && header["Bearer ".Length..].Trim() is { Length: > 0 } key ? key : null;
    }

    /// <summary>Takes equally long wherever the two differ.</summary>
    public static bool IsSame(string? given, string token) =>
        given is not null && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given)), SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    static bool IsOwnName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));

    static bool IsFromElsewhere(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        if (origin.Length > 0 && !origin.Equals($"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase))
            return true;
        // Pictures and scripts carry no origin. Following a link is fine: the other page does not see where it leads.
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        return site is "cross-site" or "same-site" && request.Headers["Sec-Fetch-Mode"] != "navigate";
    }
}
