using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Braintrust.Logging.Tests.Clients;
using Braintrust.Logging.Transport;
using Microsoft.Extensions.Time.Testing;

namespace Braintrust.Logging.Tests.Faults;

/// <summary>Connections that are closed, not trusted, lead through a proxy, or speak nonsense.</summary>
public sealed class ConnectionFaultTests
{
    [Theory, InlineData(true), InlineData(false), Trait("Row", "N18")]
    public async Task AConnectionThatIsClosedAfterEachAnswerCostsAtMostOneQuickRetry(bool isAnnounced)
    {
        await using var it = await FaultWorld.StartAsync();
        it.Faults.ForAllRows(Fault.CloseAfterwards(isAnnounced));
        var logger = it.Logger();

        for (var i = 0; i < 10; i++)
        {
            logger.Log(name: $"row {i}");
            Assert.Equal(1, (await it.FlushAsync(logger.Client)).Delivered);
        }

        Assert.Equal(10, it.World.Rows.Count);
        Assert.True(it.Faults.Connections >= 10);
        Assert.InRange(logger.Client.Ledger.Retried, 0, 10);
    }

    [Fact, Trait("Row", "N19")]
    public async Task NoAnswerIsTooStrange()
    {
        await using var it = await FaultWorld.StartAsync();
        var random = new Random(19);
        it.Faults.ForAllRows(new Fault("strange", async exchange =>
        {
            await exchange.ReadBodyAsync();
            await exchange.Stream.WriteAsync(Strange(random));
            exchange.Close();
        }));
        var count = LongTests.Count(300, 10_000);
        var kinds = new Dictionary<AnswerKind, int>();

        for (var i = 0; i < count; i++)
        {
            using var http = new HttpExchange(null, new FakeTimeProvider()); // a connection of its own: on one that the answer before has spoilt, this one's may never be asked for
            var reply = await http.PostAsync($"{it.Faults.Url}/logs3", "sk-canary", "{}"u8.ToArray(), CancellationToken.None).WaitAsync(Patience.Limit);
            var answer = ResponseRule.ForRows(reply, 1, default);
            Assert.InRange(reply.Body.Length, 0, HttpExchange.BodyLimit);
            Assert.NotEqual(AnswerKind.Accepted, answer.Kind); // nothing was stored
            kinds[answer.Kind] = kinds.GetValueOrDefault(answer.Kind) + 1;
        }

        await it.Faults.Happened.WaitForAsync(count);
        Assert.True(kinds[AnswerKind.Retry] > count / 2, string.Join(", ", kinds));
    }

    /// <summary>An answer with a few bytes changed, cut out or put in.</summary>
    static byte[] Strange(Random random)
    {
        const string sound = "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nRetry-After: 7\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
        var bytes = Encoding.ASCII.GetBytes(sound).ToList();
        for (var changes = random.Next(1, 12); changes > 0; changes--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(random.Next(40), bytes.Count - at - 1));
                    break;
                case 2:
                    bytes.InsertRange(at, Enumerable.Repeat((byte)random.Next(256), random.Next(100)));
                    break;
                default:
                    bytes.InsertRange(at, "\r\n"u8.ToArray());
                    break;
            }
        }
        return [.. bytes];
    }

    [Theory, InlineData("self-signed", "RemoteCertificateChainErrors UntrustedRoot"), InlineData("expired", "RemoteCertificateChainErrors NotTimeValid"), InlineData("another host's", "RemoteCertificateNameMismatch ")]
    [Trait("Row", "N20")]
    public async Task AServerWhoseCertificateIsNoGoodGetsNothingAndTheRowsAreKept(string what, string fault)
    {
        using var certificate = Certificate(what);
        await using var server = await FakeBraintrust.StartAsync(certificate);
        await using var world = await World.StartAsync();
        var faults = new Journal<string>();
        using var checking = new SocketsHttpHandler
        {
            SslOptions =
            {
                CertificateChainPolicy = what == "self-signed" ? null // else its signer is trusted: nothing is wrong but what is named
                    : new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { certificate }, RevocationMode = X509RevocationMode.NoCheck },
                RemoteCertificateValidationCallback = (_, _, chain, errors) =>
                {
                    faults.Add($"{errors} {string.Join(' ', chain!.ChainStatus.Select(static status => status.Status))}");
                    return errors == SslPolicyErrors.None;
                },
            },
        };

        foreach (var handler in (HttpMessageHandler?[])[null, checking])
        {
            var logger = world.Logger(options => (options.AppUrl, options.ApiUrl, options.HttpMessageHandler) = (server.Url.ToString(), server.Url.ToString(), handler));
            logger.Log(name: "row");
            var result = await logger.Client.FlushAsync(TimeSpan.FromMilliseconds(1));

            Assert.Equal((false, 1, 0), (result.Completed, result.Pending, result.Dropped));
            Assert.Contains("TLS failed", result.LastError);
        }
        Assert.Equal(0, server.Requests.Count);
        Assert.All(faults.Entries, found => Assert.Equal(fault, found));
        Assert.NotEmpty(faults.Entries);

        // The same server, for somebody who trusts this certificate: nothing else was in the way.
        using var trusting = new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == certificate.GetCertHashString() } };
        var other = world.Logger(options => (options.AppUrl, options.ApiUrl, options.HttpMessageHandler) = (server.Url.ToString(), server.Url.ToString(), trusting));
        other.Log(name: "row");
        Assert.Equal(1, (await other.Client.FlushAsync()).Delivered);
    }

    [Fact, Trait("Row", "N20")]
    public async Task AHandshakeThatHangsIsLeftAtTheDeadline()
    {
        await using var it = await FaultWorld.StartAsync();
        var logger = it.Logger(options => options.AppUrl = options.ApiUrl = it.Faults.Url.Replace("http:", "https:")); // which waits for a request's head
        logger.Log(name: "row");

        var flush = logger.Client.FlushAsync(TimeSpan.FromMinutes(2));
        await Patience.UntilAsync(() => it.Faults.Connections > 0); // and there it hangs
        it.World.Clock.Advance(HttpExchange.Deadline);
        await Patience.UntilAsync(() => logger.Client.LastError is not null);
        it.World.Clock.Advance(TimeSpan.FromMinutes(2));
        await flush.WaitAsync(Patience.Limit);

        Assert.Equal((false, 1), ((await flush).Completed, (await flush).Pending));
        Assert.Contains("did not answer within 30 s", (await flush).LastError);
    }

    [Theory, InlineData("HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n"), InlineData("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"), InlineData("")]
    [Trait("Row", "N21")]
    public async Task AProxyThatRefusesOrIsDownSeesNeitherKeyNorRowsAndTheRowsAreKept(string answer)
    {
        await using var world = await World.StartAsync();
        using var down = new ClosedPort();
        using var proxy = new Tests.Transport.RawServer(answer);
        using var handler = new SocketsHttpHandler { Proxy = new WebProxy(answer.Length == 0 ? down.Url : proxy.Url) };
        var logger = world.Logger(options => (options.AppUrl, options.ApiUrl, options.HttpMessageHandler) = ("https://app.invalid", "https://api.invalid", handler));

        logger.Log(name: "a row with a prompt");
        var result = await logger.Client.FlushAsync(TimeSpan.FromMilliseconds(1));

        Assert.Equal((false, 1, 0), (result.Completed, result.Pending, result.Dropped));
        Assert.Contains("proxy", result.LastError);
        if (answer.Length > 0)
        {
            Assert.StartsWith("CONNECT app.invalid:443 HTTP/1.1", proxy.Received);
        }
        Assert.DoesNotContain(world.Server.ApiKey, proxy.Received);
        Assert.DoesNotContain("prompt", proxy.Received);
    }

    static X509Certificate2 Certificate(string what)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=braintrust tests", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        if (what == "another host's")
        {
            names.AddDnsName("braintrust.example");
        }
        else
        {
            names.AddIpAddress(IPAddress.Loopback);
        }
        request.CertificateExtensions.Add(names.Build());
        var end = what == "expired" ? new DateTimeOffset(2021, 1, 1, 0, 0, 0, TimeSpan.Zero) : new DateTimeOffset(2126, 1, 1, 0, 0, 0, TimeSpan.Zero);
        using var made = request.CreateSelfSigned(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), end);
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null); // with its key, on every platform
    }
}
