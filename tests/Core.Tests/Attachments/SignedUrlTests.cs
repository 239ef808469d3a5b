using System.Text;
using Braintrust.Logging.Attachments;

namespace Braintrust.Logging.Tests.Attachments;

/// <summary>Where bytes may go, and with which headers.</summary>
public sealed class SignedUrlTests
{
    const string Api = "https://api.braintrust.dev";
    const string LoopbackApi = "http://127.0.0.1:5000";

    [Theory]
    [InlineData("https://bucket.s3.amazonaws.com/key?X-Amz-Signature=1")]
    [InlineData("https://account.blob.core.windows.net/container/key?sig=1")]
    [InlineData("https://minio.internal.example:9000/key")]
    [InlineData("https://10.0.0.7/key")] // one's own object store
    [InlineData("https://localhost.example/key")]
    public void AnHttpsStoreIsAllowed(string url) => Assert.Null(SignedUrlRule.Refusal(url, Api, allowInsecure: false));

    [Theory]
    [InlineData("http://bucket.s3.amazonaws.com/key?X-Amz-Signature=canary-signature")]
    [InlineData("ftp://bucket/key")]
    [InlineData("file:///etc/passwd")]
    [InlineData("/storage/key")]
    [InlineData("https://user:canary-pass@bucket.s3.amazonaws.com/key")]
    [InlineData("https://localhost/key")]
    [InlineData("https://LOCALHOST./key")]
    [InlineData("https://a.localhost/key")]
    [InlineData("https://127.0.0.1/key")]
    [InlineData("https://127.8.8.8/key")]
    [InlineData("https://2130706433/key")]
    [InlineData("https://0x7f.1/key")]
    [InlineData("https://0.0.0.0/key")]
    [InlineData("https://１２７.0.0.1/key")]
    [InlineData("https://127。0。0。1/key")]
    [InlineData("https://ｌocalhost/key")]
    [InlineData("https://[64:ff9b::a9fe:a9fe]/key")]
    [InlineData("https://[::1]/key")]
    [InlineData("https://[::]/key")]
    [InlineData("https://[::ffff:127.0.0.1]/key")]
    [InlineData("https://169.254.169.254/latest/key")]
    [InlineData("https://[::ffff:169.254.169.254]/key")]
    [InlineData("https://[fe80::1]/key")]
    [InlineData("https://[fd00:ec2::254]/key")]
    [InlineData("https://100.100.100.200/key")]
    [InlineData("https://metadata.google.internal/key")]
    public void AnythingElseIsRefusedWithoutRepeatingIt(string url)
    {
        var refusal = SignedUrlRule.Refusal(url, Api, allowInsecure: false);
        Assert.NotNull(refusal);
        Assert.DoesNotContain("key", refusal);
        Assert.DoesNotContain("canary", refusal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:6000/key", true)]
    [InlineData("http://localhost:6000/key", true)]
    [InlineData("https://bucket.s3.amazonaws.com/key", true)]
    [InlineData("http://bucket.s3.amazonaws.com/key", false)]
    [InlineData("https://169.254.169.254/key", false)]
    public void AnApiOnLoopbackMayHaveItsStoreThere(string url, bool isAllowed) =>
        Assert.Equal(isAllowed, SignedUrlRule.Refusal(url, LoopbackApi, allowInsecure: false) is null);

    [Theory]
    [InlineData("http://bucket.example/key", true)]
    [InlineData("http://127.0.0.1/key", false)]
    [InlineData("http://169.254.169.254/key", false)]
    public void InsecureTransportAllowsHttpAndNoMore(string url, bool isAllowed) =>
        Assert.Equal(isAllowed, SignedUrlRule.Refusal(url, "http://braintrust.example", allowInsecure: true) is null);

    [Fact]
    public void TheHeadersAreTheServicesSaveThoseOfTheConnection()
    {
        var upload = Read("""{"signedUrl":"https://s/k","headers":{"Content-Type":"image/png","x-amz-acl":"private","Host":"evil","Content-Length":"1","Transfer-Encoding":"chunked"}}""");
        Assert.Equal([new("Content-Type", "image/png"), new("x-amz-acl", "private")], upload!.Headers);
    }

    [Theory]
    [InlineData("https://account.blob.core.windows.net/c/k", "{}", "x-ms-blob-type: BlockBlob")]
    [InlineData("https://account.blob.core.windows.net/c/k", """{"X-MS-Blob-Type":"AppendBlob"}""", "X-MS-Blob-Type: AppendBlob")]
    [InlineData("https://evil.example/blob.core.windows.net", "{}", "")]
    public void AzureIsToldWhatKindOfBlobItIs(string url, string headers, string expected) =>
        Assert.Equal(expected, string.Join(", ", Read($$"""{"signedUrl":"{{url}}","headers":{{headers}}}""")!.Headers.Select(header => $"{header.Key}: {header.Value}")));

    [Theory]
    [InlineData("")]
    [InlineData("<html>")]
    [InlineData("[]")]
    [InlineData("""{"signedUrl":null}""")]
    [InlineData("""{"signedUrl":7}""")]
    [InlineData("""{"headers":{}}""")]
    [InlineData("""{"signedUrl":"https://s/k","headers":[]}""")]
    [InlineData("""{"signedUrl":"https://s/k","headers":{"a":1}}""")]
    [InlineData("""{"signedUrl":"https://s/k","headers":{"a b":"c"}}""")]
    [InlineData("""{"signedUrl":"https://s/k","headers":{"a":"b\r\nAuthorization: c"}}""")]
    public void AnAnswerThatCannotBeTrustedIsNotUnderstood(string body) => Assert.Null(Read(body));

    static SignedUpload? Read(string body) => SignedUpload.Read(Encoding.UTF8.GetBytes(body));
}
