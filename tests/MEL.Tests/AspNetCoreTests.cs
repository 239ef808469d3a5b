using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Braintrust.Logging.Tests.Mel;

[ApiController]
public class GreetingController(ILogger<GreetingController> logger) : ControllerBase
{
    [HttpGet("/greet/{name}")]
    public IActionResult Greet(string name)
    {
        logger.LogInformation("Greeting {Name}", name);
        return Content("Hello");
    }
}

public class BasketController : Controller
{
    public IActionResult Show(int id) => Content($"Basket {id}");
}

[Route("plain")]
public class PlainController : ControllerBase
{
    [HttpGet("{id}")]
    public IActionResult Show(int id) => Content($"Plain {id}");
}

/// <summary>ASP.NET Core as it is, on a real port: every request is one trace with a root named by method and route.</summary>
public class AspNetCoreTests
{
    /// <summary>An application with the default host, apart from the port and from what the test changes.</summary>
    static async Task<WebApplication> AppAsync(World world, Action<WebApplicationBuilder>? build = null, Action<WebApplication>? map = null)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.AddBraintrust(world.Configure);
        builder.Logging.AddFilter("Microsoft.Hosting", LogLevel.None);
        build?.Invoke(builder);
        var app = builder.Build();
        app.MapGet("/hello/{name}", (string name, ILogger<AspNetCoreTests> logger) =>
        {
            using (logger.BeginScope("Looking up {Name}", name))
            {
                logger.LogWarning("Found {Name}", name);
            }
            return "Hello";
        });
        map?.Invoke(app);
        world.Watch(app.Services);
        await app.StartAsync();
        return app;
    }

    /// <summary>All rows, once the application has ended and with it every connection.</summary>
    static async Task<IReadOnlyList<JsonObject>> EndAsync(World world, WebApplication app)
    {
        await app.StopAsync();
        await app.DisposeAsync();
        return await world.StoredAsync(World.Project);
    }

    /// <summary>Without what Kestrel says of a machine that is too busy for its heartbeat.</summary>
    static void NoHeartbeat(WebApplicationBuilder builder) => builder.Logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.None);

    static List<JsonObject> Roots(IEnumerable<JsonObject> rows) => [.. rows.Where(row => row.Parent() is null && row.Type() == "task")];

    static void AssertNested(IReadOnlyList<JsonObject> rows, JsonObject root)
    {
        var spans = rows.ToDictionary(row => row.SpanId());
        Assert.All(rows.Where(row => row.Trace() == root.Trace()), row =>
        {
            var top = row;
            while (top.Parent() is { } parent)
            {
                top = spans[parent];
                Assert.Equal(root.Trace(), top.Trace());
            }
            Assert.Equal(root.SpanId(), top.SpanId());
        });
    }

    [Theory]
    [InlineData("default")]
    [InlineData("Microsoft at Trace")]
    public async Task ThreeRequestsOverOneConnectionAreThreeTraces(string levels)
    {
        await using var world = await World.StartAsync();
        var app = await AppAsync(world, builder =>
        {
            if (levels != "default")
            {
                builder.Logging.SetMinimumLevel(LogLevel.Trace).AddFilter("Microsoft.AspNetCore", LogLevel.Trace);
            }
        });
        using (var connection = RawHttp.To(app.Urls.First()))
        {
            foreach (var name in new[] { "one", "two", "three" })
            {
                Assert.Equal((200, "Hello"), await connection.SendAsync("GET", $"/hello/{name}"));
            }
        }

        var rows = await EndAsync(world, app);
        var roots = Roots(rows);
        Assert.All(roots, root => Assert.Equal("GET /hello/{name}", root.Name()));
        Assert.Equal(["/hello/one", "/hello/two", "/hello/three"], roots.Select(root => (string?)root.Meta("RequestPath")));
        Assert.Equal(3, roots.Select(root => root.Trace()).Distinct().Count());
        Assert.Single(roots.Select(root => (string?)root.Meta("ConnectionId")).Distinct());
        Assert.All(roots, root =>
        {
            Assert.NotNull((string?)root.Meta("ConnectionId"));
            Assert.NotNull((string?)root.Meta("RequestId"));
            Assert.Equal(200, (int?)root.Meta("StatusCode"));
            Assert.NotNull(root["metrics"]!["end"]);
            AssertNested(rows, root);
        });
        Assert.DoesNotContain(rows, row => row.Name()!.StartsWith("ConnectionId", StringComparison.Ordinal));
        var scope = rows.Named("Looking up two");
        Assert.Equal(roots[1].SpanId(), scope.Parent());
        Assert.Equal(scope.SpanId(), rows.Single(row => (string?)row["output"] == "Found two").Parent());
    }

    [Fact]
    public async Task ARequestIsNamedByItsRouteWhateverIsLogged()
    {
        await using var world = await World.StartAsync();
        var app = await AppAsync(world, builder =>
        {
            builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
            NoHeartbeat(builder);
        });
        using (var connection = RawHttp.To(app.Urls.First()))
        {
            await connection.SendAsync("GET", "/hello/one?secret=1");
            await connection.SendAsync("GET", "/hello/two");
        }
        var rows = await EndAsync(world, app);
        Assert.Equal([("GET /hello/{name}", 200), ("GET /hello/{name}", 200)], Roots(rows).Select(root => (root.Name(), (int?)root.Meta("StatusCode"))));
        Assert.Equal(6, rows.Count);
        Assert.All(Roots(rows), root => AssertNested(rows, root));
    }

    [Fact]
    public async Task AMethodThatHttpDoesNotDefineStaysWhereHostingsEventsAreLetThrough()
    {
        await using var world = await World.StartAsync();
        var app = await AppAsync(world, builder => builder.Logging.AddFilter("Microsoft", LogLevel.Information), app => app.Map("/any/{id}", (int id) => id));
        using (var connection = RawHttp.To(app.Urls.First()))
        {
            await connection.SendAsync("FROB", "/any/7", []);
        }
        var rows = await EndAsync(world, app);
        Assert.Equal("FROB /any/{id}", Assert.Single(Roots(rows)).Name());
    }

    [Theory]
    [InlineData("GET", "/", "GET /", 200)]
    [InlineData("GET", "/nowhere/7", "GET /nowhere/7", 404)] // no route
    [InlineData("POST", "/hello/one", "POST /hello/one", 405)]
    [InlineData("GET", "/orders/7/lines", "GET /orders/{id:int}/lines", 200)] // of a group
    [InlineData("GET", "/throw/7", "GET /throw/{id}", 500)]
    [InlineData("GET", "/quiet/7", "/quiet/7", null)] // not measured
    [InlineData("GET", "/named/7", "Mine", 200)]
    [InlineData("FROB", "/any/7", "HTTP /any/{id}", 200)]
    [InlineData("GET", "/shop/basket/7", "GET /shop/basket/7", 200)] // a conventional route says nothing of the action
    [InlineData("GET", "/plain/7", "GET /plain/{id}", 200)] // a controller's, written without the slash
    public async Task TheNameIsMethodAndRouteAndWithoutARouteThePath(string method, string target, string name, int? status)
    {
        await using var world = await World.StartAsync();
        var app = await AppAsync(
            world,
            builder =>
            {
                builder.Logging.AddFilter("Microsoft", LogLevel.Error);
                builder.Services.AddControllers().AddApplicationPart(typeof(GreetingController).Assembly);
            },
            app =>
            {
                app.MapGet("/", () => "");
                app.MapGroup("/orders/{id:int}").MapGet("/lines", (int id) => id);
                app.MapGet("/throw/{id}", string (int id) => throw new InvalidTimeZoneException($"broken {id}"));
                app.MapGet("/quiet/{id}", (int id) => id).DisableHttpMetrics();
                app.MapGet("/named/{id}", (int id) => BraintrustSpan.Current!.SetAttributes(name: "Mine"));
                app.Map("/any/{id}", (int id) => id);
                app.MapControllerRoute("default", "shop/{controller}/{id}", new { action = "Show" });
            });
        using (var connection = RawHttp.To(app.Urls.First()))
        {
            await connection.SendAsync(method, target, method == "POST" ? ["Content-Length: 0"] : []);
        }
        var root = Assert.Single(Roots(await EndAsync(world, app)));
        Assert.Equal(name, root.Name());
        Assert.Equal((target, status), ((string?)root.Meta("RequestPath"), (int?)root.Meta("StatusCode")));
    }

    [Fact]
    public async Task ARequestStandsInTheTraceOfItsCaller()
    {
        await using var world = await World.StartAsync();
        var app = await AppAsync(world);
        using (var connection = RawHttp.To(app.Urls.First()))
        {
            await connection.SendAsync("GET", "/hello/one", "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        }
        var rows = await EndAsync(world, app);
        Assert.All(rows.Where(row => row.Meta("RequestPath") is not null || row.Meta("Name") is not null),
            row => Assert.Equal("0af7651916cd43dd8448eb211c80319c", row.Trace()));
        Assert.Null(rows.Named("GET /hello/{name}").Parent()); // what it points at is no row of ours
    }

    [Fact]
    public async Task ControllersNestBelowTheRequest()
    {
        await using var world = await World.StartAsync();
        var app = await AppAsync(
            world,
            builder => builder.Services.AddControllers().AddApplicationPart(typeof(GreetingController).Assembly),
            app => app.MapControllers());
        using (var connection = RawHttp.To(app.Urls.First()))
        {
            await connection.SendAsync("GET", "/greet/ann");
        }
        var rows = await EndAsync(world, app);
        var root = Assert.Single(Roots(rows));
        Assert.Equal("GET /greet/{name}", root.Name());
        var action = rows.Single(row => row.Meta("ActionId") is not null && row.Meta("braintrust.template") is null);
        Assert.Equal(root.SpanId(), action.Parent());
        Assert.Equal(action.SpanId(), rows.Named("Greeting {Name}").Parent());
        AssertNested(rows, root);
    }

    [Fact]
    public async Task ACallToAnotherServiceNestsBelowTheRequestAndJoinsItsTrace()
    {
        await using var world = await World.StartAsync();
        var inner = await AppAsync(world);
        var outer = await AppAsync(
            world,
            builder => builder.Services.AddHttpClient("inner"),
            app => app.MapGet("/outer", async (IHttpClientFactory clients) => await clients.CreateClient("inner").GetStringAsync(inner.Urls.First() + "/hello/ann")));
        using (var connection = RawHttp.To(outer.Urls.First()))
        {
            Assert.Equal(200, (await connection.SendAsync("GET", "/outer")).Status);
        }
        await EndAsync(world, outer);
        var rows = await EndAsync(world, inner);

        var root = rows.Named("GET /outer");
        var call = rows.Single(row => row.Name()!.StartsWith("HTTP GET http://127.0.0.1", StringComparison.Ordinal) && row["metrics"]!["end"] is not null && row.Meta("HttpMethod") is not null);
        Assert.Equal(root.SpanId(), call.Parent());
        Assert.Equal(root.Trace(), rows.Named("GET /hello/{name}").Trace());
    }

    [Fact]
    public async Task AnAbortedRequestEndsItsTrace()
    {
        await using var world = await World.StartAsync();
        var (entered, left) = (new TaskCompletionSource(), new TaskCompletionSource());
        var app = await AppAsync(world, map: app => app.MapGet("/wait", async (HttpContext context) =>
        {
            entered.SetResult();
            var aborted = new TaskCompletionSource();
            context.RequestAborted.Register(aborted.SetResult);
            await aborted.Task;
            left.SetResult();
        }));
        using (var connection = RawHttp.To(app.Urls.First()))
        {
            await connection.BeginAsync("GET", "/wait");
            await entered.Task.WaitAsync(Patience.Limit);
        }
        await left.Task.WaitAsync(Patience.Limit);
        var root = Assert.Single(Roots(await EndAsync(world, app)));
        Assert.Equal("GET /wait", root.Name());
        Assert.NotNull(root["metrics"]!["end"]);
    }

    [Fact]
    public async Task AnUnhandledExceptionIsTheErrorOfARowInTheTrace()
    {
        await using var world = await World.StartAsync();
        var app = await AppAsync(world, map: app => app.MapGet("/throw", string () => throw new InvalidTimeZoneException("broken")));
        using (var connection = RawHttp.To(app.Urls.First()))
        {
            Assert.Equal(500, (await connection.SendAsync("GET", "/throw")).Status);
        }
        var rows = await EndAsync(world, app);
        var root = Assert.Single(Roots(rows));
        Assert.Contains(rows, row => row.Trace() == root.Trace() && ((string?)row["error"])?.Contains("InvalidTimeZoneException: broken") == true);
    }

    [Fact]
    public async Task SignalRsConnectionIsNoSpanAndItsTokenNoProperty()
    {
        await using var world = await World.StartAsync();
        var connected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var app = await AppAsync(
            world,
            builder =>
            {
                builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
                builder.Services.AddConnections();
                builder.Services.AddSingleton(connected);
            },
            app => app.MapConnectionHandler<Echo>("/echo"));
        using (var connection = RawHttp.To(app.Urls.First()))
        {
            var (_, negotiated) = await connection.SendAsync("POST", "/echo/negotiate?negotiateVersion=1", "Content-Length: 0");
            var token = (string)JsonNode.Parse(negotiated)!["connectionToken"]!;
            Assert.Equal(200, (await connection.SendAsync("GET", "/echo?id=" + token)).Status); // the first poll of a long-polling client
            await connected.Task.WaitAsync(Patience.Limit); // which is answered before the handler has begun

            var rows = await EndAsync(world, app);
            Assert.Equal(["GET /echo", "POST /echo/negotiate"], Roots(rows).Select(root => root.Name()).Order());
            Assert.Contains(rows, row => row.Name() == "Connected");
            Assert.All(rows, row => Assert.DoesNotContain(token, row.ToJsonString()));
        }
    }

    sealed class Echo(ILogger<Echo> logger, TaskCompletionSource connected) : ConnectionHandler
    {
        public override async Task OnConnectedAsync(ConnectionContext connection)
        {
            logger.LogInformation("Connected");
            connected.SetResult();
            while (await connection.Transport.Input.ReadAsync() is { IsCompleted: false, IsCanceled: false } read)
            {
                connection.Transport.Input.AdvanceTo(read.Buffer.End);
            }
        }
    }

    [Fact]
    public async Task NamedScopesKeepTheRequestARoot()
    {
        await using var world = await World.StartAsync();
        var app = await AppAsync(world, builder => builder.Logging.AddBraintrust(options => options.ScopeSpans = ScopeSpans.Named));
        using (var connection = RawHttp.To(app.Urls.First()))
        {
            await connection.SendAsync("GET", "/hello/one");
        }
        Assert.Equal("GET /hello/{name}", Assert.Single(Roots(await EndAsync(world, app))).Name());
    }

    [Fact]
    public async Task OurOwnSendsFeedNothingBack()
    {
        await using var world = await World.OnSocketsAsync();
        var app = await AppAsync(world, builder =>
        {
            builder.Logging.SetMinimumLevel(LogLevel.Trace).AddFilter(null, LogLevel.Trace);
            NoHeartbeat(builder);
            builder.Services.AddHttpClient();
        });
        var client = world.Watch(app.Services);
        await client.FlushAsync();
        var before = client.Ledger.Accepted;
        var sends = world.Server.Logs3Count;
        for (var i = 0; i < 5; i++)
        {
            app.Logger.LogInformation("Mine");
            await client.FlushAsync();
        }
        Assert.Equal(5, world.Server.Logs3Count - sends);
        Assert.Equal(5, client.Ledger.Accepted - before);
        await EndAsync(world, app);
    }
}
