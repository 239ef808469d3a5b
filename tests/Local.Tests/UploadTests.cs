using System.Net;
using System.Text;
using Braintrust.Logging.Local.Server;

namespace Braintrust.Logging.Local.Tests;

public sealed class UploadTests : IAsyncLifetime
{
    LocalClient _client = null!;
    readonly HttpClient _storage = new();

    public async Task InitializeAsync() => _client = await LocalClient.StartAsync();

    public async Task DisposeAsync()
    {
        _storage.Dispose();
        await _client.DisposeAsync();
    }

    [Fact]
    public async Task AnAttachmentIsAnnouncedUploadedAndReadBack()
    {
        var (_, announced) = await _client.PostAsync("/attachment", """{"key":"k","filename":"cup.png","content_type":"image/png","org_id":"o"}""");
        Assert.Equal("uploading", (await _client.GetAsync("/attachment?key=k")).Body!["status"]!["upload_status"]!.GetValue<string>());
        var uploaded = await _storage.PutAsync(announced!["signedUrl"]!.GetValue<string>(), new ByteArrayContent([1, 2, 3])); // without a key
        Assert.Equal(HttpStatusCode.OK, uploaded.StatusCode);
        await _client.PostAsync("/attachment/status", """{"key":"k","org_id":"o","status":{"upload_status":"done"}}""");

        var (_, described) = await _client.GetAsync("/attachment?key=k&filename=cup.png&content_type=image/png&org_id=o");
        Assert.Equal("done", described!["status"]!["upload_status"]!.GetValue<string>());
        Assert.Equal([1, 2, 3], await _storage.GetByteArrayAsync(described["downloadUrl"]!.GetValue<string>()));
    }

    [Fact]
    public async Task WhatWasNotAnnouncedIsRefused()
    {
        Assert.Equal(HttpStatusCode.NotFound, (await _storage.PutAsync(new Uri(_client.Local.Url, "/local/upload/guess"), new ByteArrayContent([1]))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync("/attachment?key=k")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await _client.PostAsync("/attachment/status", """{"key":"k","status":{"upload_status":"done"}}""")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await _client.PostAsync("/attachment", """{"key":"k"}""")).Status);
    }

    [Theory]
    [InlineData("/local/upload/guess", 100_000L, HttpStatusCode.NotFound)]
    [InlineData(null, LocalState.UploadLimitBytes + 1L, HttpStatusCode.RequestEntityTooLarge)]
    public async Task WhatIsRefusedIsNotReadFirst(string? address, long length, HttpStatusCode expected)
    {
        // Asks before it sends, and waits for the answer.
        using var http = new HttpClient(new SocketsHttpHandler { Expect100ContinueTimeout = Timeout.InfiniteTimeSpan }) { BaseAddress = _client.Local.Url };
        http.DefaultRequestHeaders.ExpectContinue = true;
        var (_, announced) = await _client.PostAsync("/attachment", """{"key":"k","filename":"a","content_type":"text/plain","org_id":"o"}""");
        using var content = new UnsentContent(length);
        Assert.Equal(expected, (await http.PutAsync(address ?? (string)announced!["signedUrl"]!, content)).StatusCode);
        Assert.False(content.WasAsked);
    }

    sealed class UnsentContent : HttpContent
    {
        public UnsentContent(long length) => Headers.ContentLength = length;

        public bool WasAsked { get; private set; }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            WasAsked = true;
            throw new InvalidOperationException("Nobody was to read this.");
        }

        protected override bool TryComputeLength(out long length)
        {
            length = Headers.ContentLength ?? 0;
            return true;
        }
    }

    [Fact]
    public async Task AnOversizedBodyIsUploadedAndReferredToAsOftenAsNeeded()
    {
        var project = await _client.RegisterAsync("p");
        var (_, announced) = await _client.PostAsync("/logs3/overflow", """{"content_type":"application/json","size_bytes":7000000,"rows":[]}""");
        Assert.Equal("PUT", announced!["method"]!.GetValue<string>());
        var reference = $$"""{"rows":{"type":"logs3_overflow","key":"{{announced["key"]}}"},"api_version":2}""";
        Assert.Equal(HttpStatusCode.BadRequest, (await _client.PostAsync("/logs3", reference)).Status);

        var body = $$"""{"rows":[{"id":"r","project_id":"{{project}}","log_id":"g","input":"{{new string('x', 7_000_000)}}"}],"api_version":2}""";
        await _storage.PutAsync(announced["signedUrl"]!.GetValue<string>(), new StringContent(body, Encoding.UTF8, "application/json"));
        for (var i = 0; i < 2; i++)
        {
            var (status, answer) = await _client.PostAsync("/logs3", reference);
            Assert.Equal(HttpStatusCode.OK, status);
            Assert.Equal("""["r"]""", answer!["ids"]!.ToJsonString());
        }
        Assert.Equal(7_000_000, Assert.Single(_client.Local.Rows("p"))["input"]!.GetValue<string>().Length);
    }

    [Fact]
    public async Task EventsOfThePublicRouteAreRows()
    {
        var (_, created) = await _client.PostAsync("/v1/project", """{"name":"Public","org_name":"local"}""");
        var project = created!["id"]!.GetValue<string>();
        Assert.Equal("Public", (await _client.GetAsync($"/v1/project/{project}")).Body!["name"]!.GetValue<string>());

        var (_, answer) = await _client.PostAsync($"/v1/project_logs/{project}/insert", """{"events":[{"id":"a","input":1},{"input":2}]}""");
        var ids = answer!["row_ids"]!.AsArray().Select(id => id!.GetValue<string>()).ToList();
        Assert.Equal("a", ids[0]);
        Assert.Equal(ids, _client.Local.Rows("Public").Select(row => row["id"]!.GetValue<string>()));

        var (status, said) = await _client.PostAsync($"/v1/project_logs/{project}/feedback", """{"feedback":[{"id":"a","scores":{"good":1},"comment":"yes","source":"app","metadata":{"user_id":"u"}}]}""");
        Assert.Equal((HttpStatusCode.OK, "success"), (status, said!["status"]!.GetValue<string>()));
        var reviewed = _client.Local.Traces("Public").Single(trace => trace.Id == "a");
        Assert.Equal(1, reviewed.Scores["good"]);
        Assert.Equal("yes", Assert.Single(reviewed.Comments)["comment"]!["text"]!.GetValue<string>());

        Assert.Equal(HttpStatusCode.BadRequest, (await _client.PostAsync($"/v1/project_logs/{project}/insert", """{"events":[{"scores":{"good":7}}]}""")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await _client.PostAsync("/v1/project_logs/unheard-of/insert", """{"events":[{}]}""")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await _client.PostAsync($"/v1/project_logs/{project}/feedback", "[]")).Status);
    }
}
