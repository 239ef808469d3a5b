using System.Net;
using Microsoft.AspNetCore.Http;

namespace Braintrust.Logging.Local.Tests;

/// <summary>Who may come in: this machine, and no web site that a browser on it happens to show.</summary>
public sealed class AccessTests
{
    [Theory]
    [InlineData("127.0.0.1", HttpStatusCode.OK)]
    [InlineData("localhost:4848", HttpStatusCode.OK)]
    [InlineData("LOCALHOST", HttpStatusCode.OK)]
    [InlineData("[::1]:80", HttpStatusCode.OK)]
    [InlineData("braintrust.localhost", HttpStatusCode.OK)]
    [InlineData("rebound.example", HttpStatusCode.Forbidden)]
    [InlineData("127.0.0.1.rebound.example", HttpStatusCode.Forbidden)]
    [InlineData("localhost.rebound.example", HttpStatusCode.Forbidden)]
    [InlineData("192.168.1.7", HttpStatusCode.Forbidden)]
    public async Task OnlyNamesOfThisMachineAreAnswered(string host, HttpStatusCode expected)
    {
        await using var client = await LocalClient.StartAsync();
        client.Headers.Host = host;
        Assert.Equal(expected, (await client.GetAsync("/local/projects")).Status);
        Assert.Equal(expected, (await client.PostAsync("/api/apikey/login", "")).Status);
    }

    [Theory]
    [InlineData("Origin", "https://elsewhere.example")]
    [InlineData("Origin", "http://localhost:3000")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    public async Task APageOfAnotherOriginCanNeitherReadNorWrite(string header, string value)
    {
        await using var client = await LocalClient.StartAsync();
        client.Headers.Add(header, value);
        foreach (var path in new[] { "/local/projects", "/local/changes", "/", "/page/app.js", "/local/upload/x" })
            Assert.Equal(HttpStatusCode.Forbidden, (await client.GetAsync(path)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.PostAsync("/logs3", "{}")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await client.DeleteAsync("/local/projects/p")).Status);
    }

    [Fact]
    public async Task ALinkFromAnotherPageMayBeFollowed()
    {
        await using var local = await BraintrustLocal.StartAsync();
        using var http = new HttpClient { BaseAddress = local.Url };
        http.DefaultRequestHeaders.Add("Sec-Fetch-Site", "cross-site");
        http.DefaultRequestHeaders.Add("Sec-Fetch-Mode", "navigate");
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/app/local/p/x/logs?oid=1")).StatusCode);
    }

    [Fact]
    public async Task ItsOwnPageMayAsk()
    {
        await using var client = await LocalClient.StartAsync();
        client.Headers.Add("Origin", client.Local.Url.GetLeftPart(UriPartial.Authority));
        client.Headers.Add("Sec-Fetch-Site", "same-origin");
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/local/projects")).Status);
    }

    [Fact]
    public async Task BeyondLoopbackItDoesNotStartWithoutAToken() =>
        await Assert.ThrowsAsync<ArgumentException>(() => BraintrustLocal.StartAsync(new() { Address = IPAddress.Any }));

    [Fact]
    public async Task WithATokenTheTokenIsTheKeyAndNothingElseIs()
    {
        await using var client = await LocalClient.StartAsync(new() { Address = IPAddress.Any, Token = "s3cret" });
        Assert.Equal("s3cret", client.Local.ApiKey);
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{client.Local.Url.Port}") };
        foreach (var path in new[] { "/", "/local/projects", "/local/traces/t", "/local/changes", "/local/attachments/k", "/version" })
            Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync(path)).StatusCode);
        foreach (var path in new[] { "/local/projects/p", "/local/projects/p/traces/t" })
            Assert.Equal(HttpStatusCode.Unauthorized, (await http.DeleteAsync(path)).StatusCode);
        http.DefaultRequestHeaders.Authorization = new("Bearer", "guess");
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.PostAsync("/api/apikey/login", null)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync("/local/projects")).StatusCode);
        http.DefaultRequestHeaders.Authorization = new("Bearer", "s3cret");
        Assert.Equal(HttpStatusCode.OK, (await http.PostAsync("/api/apikey/login", null)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/local/projects")).StatusCode);
    }

    [Fact]
    public async Task ThePageTakesTheTokenOutOfTheAddressIntoACookie()
    {
        await using var local = await BraintrustLocal.StartAsync(new() { Token = "s3cret" });
        using var handler = new HttpClientHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() };
        using var http = new HttpClient(handler) { BaseAddress = local.Url };
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync("/?token=guess")).StatusCode);

        var answer = await http.GetAsync("/app/local/p/x/logs?token=s3cret&r=t");
        Assert.Equal("/app/local/p/x/logs?r=t", answer.Headers.Location!.ToString());
        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/local/projects")).StatusCode);
    }

    [Fact]
    public async Task EveryAnswerKeepsTheBrowserCareful()
    {
        await using var local = await BraintrustLocal.StartAsync();
        using var http = new HttpClient { BaseAddress = local.Url };
        foreach (var path in new[] { "/", "/page/app.js", "/local/projects", "/nowhere" })
        {
            var answer = await http.GetAsync(path);
            var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
            Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
            Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        }
    }

    [Fact]
    public async Task AnAttachmentThatCouldHoldAScriptIsOnlySaved()
    {
        await using var client = await LocalClient.StartAsync();
        using var http = new HttpClient { BaseAddress = client.Local.Url };
        foreach (var (type, isShown) in new[] { ("image/png", true), ("text/html", false), ("image/svg+xml", false), ("application/pdf", false) })
        {
            var (_, announced) = await client.PostAsync("/attachment", $$"""{"key":"{{type}}","filename":"a\"\r\nb.html","content_type":"{{type}}","org_id":"o"}""");
            await http.PutAsync(announced!["signedUrl"]!.GetValue<string>(), new StringContent("<script>1</script>"));
            var (_, described) = await client.GetAsync($"/attachment?key={Uri.EscapeDataString(type)}&filename=x&content_type=x&org_id=o");
            var answer = await http.GetAsync(described!["downloadUrl"]!.GetValue<string>());
            Assert.Equal(isShown ? type : "application/octet-stream", answer.Content.Headers.ContentType!.MediaType);
            Assert.Equal(isShown ? "inline" : "attachment", answer.Content.Headers.ContentDisposition!.DispositionType);
            Assert.Contains("sandbox", Assert.Single(answer.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        }
    }
}
