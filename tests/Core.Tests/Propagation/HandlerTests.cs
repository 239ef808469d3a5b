using System.Diagnostics;
using System.Net;
using System.Text;
using Braintrust.Logging.Tests.Clients;

namespace Braintrust.Logging.Tests.Propagation;

/// <summary>The handler itself, with nothing below it that writes headers. With Kestrel and HttpClient: tests/MEL.Tests/Distributed.</summary>
[Collection("process-wide state")]
public sealed class HandlerTests
{
    [Theory]
    [InlineData("shop.example", "http://shop.example/a", true)]
    [InlineData("SHOP.example", "https://shop.EXAMPLE:8443/a", true)]
    [InlineData("shop.example", "http://eu.shop.example/", false)]
    [InlineData("*.shop.example", "http://eu.shop.example/", true)]
    [InlineData("*.shop.example", "http://shop.example/", false)]
    [InlineData("*.shop.example", "http://evilshop.example/", false)]
    [InlineData("shop.example", "http://evil.example/shop.example", false)]
    [InlineData("shop.example", "http://shop.example@evil.example/", false)]
    [InlineData("*", "https://anywhere.example/", true)]
    [InlineData("127.0.0.1", "http://127.0.0.1:5000/", true)]
    [InlineData("bücher.example", "http://xn--bcher-kva.example/", false)] // as it is written in the address, or as it goes over the wire
    [InlineData("xn--bcher-kva.example", "http://bücher.example/", true)]
    [InlineData("bücher.example", "http://bücher.example/", true)]
    public async Task OnlyTheNamedHostsLearnOfTheTrace(string host, string url, bool learns)
    {
        await using var world = await World.StartAsync();
        using var span = world.Logger().StartSpan("work");
        var wire = new Wire();

        await wire.SendAsync(host, new HttpRequestMessage(HttpMethod.Get, url));

        Assert.Equal(learns ? ["baggage", "traceparent"] : [], wire.Sent.Keys.Order());
    }

    [Fact]
    public async Task ATraceThatIsNotKeptIsPassedOnWithoutAParent()
    {
        await using var world = await World.StartAsync();
        using var span = world.Logger(options => options.SamplingRatio = 0).StartSpan("not kept");
        var wire = new Wire();

        await wire.SendAsync("shop.example", new HttpRequestMessage(HttpMethod.Get, "http://shop.example/"));

        Assert.Equal(["traceparent"], wire.Sent.Keys);
        Assert.Equal($"00-{span.RootSpanId}-{span.SpanId}-00", wire.Sent["traceparent"]);
    }

    [Fact]
    public void WithoutAHostThereIsNoHandler()
    {
        Assert.Throws<ArgumentException>(() => new BraintrustPropagationHandler());
        Assert.Throws<ArgumentException>(() => new BraintrustPropagationHandler("shop.example", " "));
        Assert.Throws<ArgumentNullException>(() => new BraintrustPropagationHandler(null!));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TheInnermostOpenSpanIsSentAndTheRequestIsAfterwardsAsBefore(bool isSync)
    {
        await using var world = await World.StartAsync();
        using var outer = world.Logger().StartSpan("outer", parent: BraintrustPropagation.Extract(new Dictionary<string, string>
        {
            ["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
            ["tracestate"] = "vendor=1",
        }));
        using var span = outer.StartSpan("inner");
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://shop.example/");
        request.Headers.TryAddWithoutValidation("Baggage", ["a=1", "b=2;p=%2F"]);
        var before = request.Headers.ToString();
        var wire = new Wire();

        await wire.SendAsync("*", request, isSync);

        Assert.Equal($"00-0af7651916cd43dd8448eb211c80319c-{span.SpanId}-00", wire.Sent["traceparent"]);
        Assert.Equal("vendor=1", wire.Sent["tracestate"]);
        Assert.Equal("braintrust.parent=project_name%3Aa%20project,a=1,b=2;p=%2F", wire.Sent["baggage"]);
        Assert.Equal(before, request.Headers.ToString(), ignoreCase: true);
    }

    [Fact]
    public async Task WithoutASpanNothingIsSaid()
    {
        await using var world = await World.StartAsync();
        _ = world.Client().GetLogger();
        var wire = new Wire();
        await wire.SendAsync("*", new HttpRequestMessage(HttpMethod.Get, "http://shop.example/"));
        Assert.Empty(wire.Sent);

        world.Logger().StartSpan("ended").Dispose();
        await wire.SendAsync("*", new HttpRequestMessage(HttpMethod.Get, "http://shop.example/"));
        Assert.Empty(wire.Sent);
    }

    [Fact]
    public async Task ATraceparentOfTheApplicationsStays()
    {
        await using var world = await World.StartAsync();
        using var span = world.Logger().StartSpan("work");
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://shop.example/");
        request.Headers.Add("Traceparent", "my own");
        var wire = new Wire();

        await wire.SendAsync("*", request);
        Assert.Equal(["my own"], wire.Sent.Values);
        await wire.SendAsync("*", request); // and when it is sent again
        Assert.Equal(["my own"], wire.Sent.Values);
    }

    [Fact]
    public async Task ARequestThatIsSentAgainIsOfTheSpanThatSendsItAndOfNoneElsewhere()
    {
        await using var world = await World.StartAsync();
        var logger = world.Logger();
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://shop.example/") { Content = new StringContent("body") };
        var wire = new Wire();
        foreach (var name in new[] { "first", "second" })
        {
            using var span = logger.StartSpan(name);
            await wire.SendAsync("shop.example", request);
            Assert.Equal($"00-{span.RootSpanId}-{span.SpanId}-01", wire.Sent["traceparent"]);
            Assert.Equal("body", wire.Body);
        }

        using (logger.StartSpan("third"))
        {
            request.RequestUri = new Uri("http://elsewhere.example/");
            await wire.SendAsync("shop.example", request);
            Assert.Empty(wire.Sent);
        }
    }

    [Fact]
    public async Task ACapturedActivityIsTheSpanThatIsSent()
    {
        await using var world = await World.StartAsync();
        using var source = new ActivitySource($"test.{Guid.NewGuid():N}");
        var client = world.Client(options => options.ActivitySources = [source.Name]);
        using var span = client.GetLogger(setCurrent: false).StartSpan("outer");
        using var activity = source.StartActivity("tool")!;
        var wire = new Wire();

        await wire.SendAsync("*", new HttpRequestMessage(HttpMethod.Get, "http://shop.example/"));

        Assert.Equal($"00-{span.RootSpanId}-{activity.SpanId}-01", wire.Sent["traceparent"]);
    }

    [Fact]
    public async Task OurOwnRequestsAreNobodysTrace()
    {
        await using var world = await World.StartAsync();
        var client = world.Client(options => options.HttpMessageHandler = new BraintrustPropagationHandler("*") { InnerHandler = new SocketsHttpHandler() });
        using (client.GetLogger(setCurrent: false).StartSpan("work"))
        {
            await client.LoginAsync();
            await client.FlushAsync();
        }
        await client.FlushAsync();

        Assert.True(world.Server.Logs3Count > 0);
        Assert.All(world.Server.Requests.Entries, request => Assert.False(request.Headers.ContainsKey("traceparent") || request.Headers.ContainsKey("baggage")));
    }

    [Fact]
    public async Task ABrokenPropagatorCostsTheHeadersAndNotTheRequest()
    {
        await using var world = await World.StartAsync();
        using var span = world.Logger().StartSpan("work");
        await using var server = await LoopbackServer.StartAsync(_ => Task.FromResult(new Reply(200, "{}")));
        using var http = new HttpClient(new BraintrustPropagationHandler("*") { InnerHandler = new SocketsHttpHandler { ActivityHeadersPropagator = new Broken() } });
        Assert.Equal("{}", await http.GetStringAsync(server.Url));
    }

    /// <summary>What comes out below the handler.</summary>
    sealed class Wire : HttpMessageHandler
    {
        public Dictionary<string, string> Sent { get; private set; } = [];

        public string? Body { get; private set; }

        public async Task SendAsync(string host, HttpRequestMessage request, bool isSync = false)
        {
            using var invoker = new HttpMessageInvoker(new BraintrustPropagationHandler(host) { InnerHandler = this }, disposeHandler: false);
            using var response = isSync ? invoker.Send(request, default) : await invoker.SendAsync(request, default);
        }

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Sent = request.Headers.NonValidated.ToDictionary(header => header.Key, header => string.Join(',', header.Value), StringComparer.OrdinalIgnoreCase);
            using var body = new MemoryStream();
            request.Content?.CopyTo(body, null, cancellationToken);
            Body = Encoding.UTF8.GetString(body.ToArray());
            return new HttpResponseMessage(HttpStatusCode.OK);
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(Send(request, cancellationToken));
    }

    sealed class Broken : DistributedContextPropagator
    {
        public override IReadOnlyCollection<string> Fields => [];

        public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter)
        {
            if (activity is null)
            {
                throw new InvalidOperationException();
            }
        }

        public override void ExtractTraceIdAndState(object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState) => throw new NotSupportedException();

        public override IEnumerable<KeyValuePair<string, string?>> ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) => throw new NotSupportedException();
    }
}
