using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Connections;

namespace Braintrust.Logging.Local.Tool;

static class ServeCommand
{
    const int DefaultPort = 4848;

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken stop)
    {
        var options = Options(arguments, Environment.GetEnvironmentVariable);
        var local = await StartAsync(options, stop);
        await using var disposal = local.ConfigureAwait(false);

        foreach (var line in Greeting(local.Url, options, OperatingSystem.IsWindows()))
            Console.Out.WriteLine(line);
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
        }
        catch (OperationCanceledException)
        {
            Console.Out.WriteLine("Stopped.");
        }
        return 0;
    }

    static async Task<BraintrustLocal> StartAsync(BraintrustLocalOptions options, CancellationToken stop)
    {
        try
        {
            return await BraintrustLocal.StartAsync(options, stop);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            throw new IOException($"Port {options.Port} is taken, perhaps by a braintrust-local that already runs: open http://{options.Address}:{options.Port}/, or choose another port (--port 0 takes a free one).", e);
        }
    }

    public static BraintrustLocalOptions Options(Arguments arguments, Func<string, string?> environment)
    {
        var address = arguments.Text("--listen") is not { } listen ? IPAddress.Loopback
            : listen == "localhost" ? IPAddress.Loopback
            : IPAddress.TryParse(listen, out var parsed) ? parsed
            : throw new UsageException("--listen must be an IP address, such as 0.0.0.0.");
        var token = environment("BRAINTRUST_LOCAL_TOKEN") is { } given && !string.IsNullOrWhiteSpace(given) ? given.Trim() : null;
        return new BraintrustLocalOptions
        {
            Port = arguments.Number("--port", 0, IPEndPoint.MaxPort) ?? DefaultPort,
            Address = address,
            Token = token ?? (IPAddress.IsLoopback(address) ? null : Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))),
            DatabasePath = arguments.Has("--memory") ? null : arguments.Text("--db") ?? DataFolder.DatabasePath(environment),
            MaxAge = TimeSpan.FromDays(arguments.Number("--keep-days", 1, 36500) ?? 30),
            MaxDatabaseBytes = (arguments.Number("--keep-mb", 1, 1 << 20) ?? 1024) * 1024L * 1024,
            OnMessage = Console.Error.WriteLine,
        };
    }

    public static IEnumerable<string> Greeting(Uri url, BraintrustLocalOptions options, bool isWindows)
    {
        var shown = new UriBuilder(url) { Host = IPAddress.TryParse(url.Host.Trim('[', ']'), out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)) ? Dns.GetHostName() : url.Host }.Uri;
        yield return $"Traces:  {shown}{(options.Token is { } token ? $"?token={Uri.EscapeDataString(token)}" : "")}";
        yield return $"Rows:    {options.DatabasePath ?? "in memory"}";
        yield return "";
        yield return "Set these where your app runs:";
        yield return Setting("BRAINTRUST_APP_URL", shown.GetLeftPart(UriPartial.Authority));
        yield return Setting("BRAINTRUST_API_KEY", options.Token ?? "local");
        yield return "";
        yield return "Ctrl+C stops it.";

        string Setting(string name, string value) => isWindows ? $"  $env:{name} = \"{value}\"" : $"  export {name}={value}";
    }
}
