using System.Net;
using System.Net.Sockets;

namespace Braintrust.Logging.Attachments;

/// <summary>
/// Whether bytes may go where the service sends them. An answer that was tampered with must not make us talk to this machine, its
/// neighbours on the link, or the place where a cloud keeps its secrets.
/// </summary>
static class SignedUrlRule
{
    static readonly string[] MetadataHosts = ["metadata", "metadata.google.internal", "instance-data", "instance-data.ec2.internal"];
    static readonly IPAddress[] MetadataAddresses = [IPAddress.Parse("100.100.100.200"), IPAddress.Parse("192.0.0.192"), IPAddress.Parse("fd00:ec2::254")];

    /// <summary>Null: it may. Otherwise why not; the URL itself, which is a secret, is not repeated.</summary>
    public static string? Refusal(string url, string apiUrl, bool allowInsecure)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("https" or "http") || uri.Host.Length == 0 || uri.UserInfo.Length > 0)
        {
            return "The address for an upload that Braintrust answered is no https URL.";
        }
        var isApiHere = IsLoopback(new Uri(apiUrl));
        if (uri.Scheme == "http" && !allowInsecure && !(isApiHere && IsLoopback(uri)))
        {
            return "The address for an upload that Braintrust answered does not use https.";
        }
        if (IsMetadata(uri) || (IsLoopback(uri) && !isApiHere))
        {
            return "The address for an upload that Braintrust answered is one of this machine or its network.";
        }
        return null;
    }

    static bool IsLoopback(Uri uri)
    {
        var host = Host(uri);
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || (AddressOf(host) is { } address && (IPAddress.IsLoopback(address) || IsUnspecified(address)));
    }

    static bool IsMetadata(Uri uri)
    {
        var host = Host(uri);
        return MetadataHosts.Contains(host, StringComparer.OrdinalIgnoreCase)
            || (AddressOf(host) is { } address && (address.IsIPv6LinkLocal || IsLinkLocal(address) || MetadataAddresses.Contains(address)));
    }

    // All of 0.0.0.0/8 reaches this machine on some systems.
    static bool IsUnspecified(IPAddress address) =>
        address.Equals(IPAddress.IPv6Any) || (address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes()[0] == 0);

    static bool IsLinkLocal(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes() is [169, 254, ..];

    static string Host(Uri uri) => uri.DnsSafeHost.TrimEnd('.');

    static IPAddress? AddressOf(string host) =>
        !IPAddress.TryParse(host, out var address) ? null : address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
