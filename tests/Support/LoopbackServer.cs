using System.Diagnostics;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Braintrust.Logging.Tests.Watching;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Braintrust.Logging.Tests;

/// <summary>A real Kestrel on a free loopback port that records every request and asks a function for the answer.</summary>
public sealed class LoopbackServer : IAsyncDisposable
{
    readonly WebApplication _app;
    readonly Func<RecordedRequest, Task<Reply>> _answer;
    readonly RequestLeaks _leaks = new();
    int _order = -1;

    LoopbackServer(WebApplication app, Func<RecordedRequest, Task<Reply>> answer)
    {
        _app = app;
        _answer = answer;
    }

    public Uri Url => new(_app.Urls.Single());

    /// <summary>The URL as Braintrust writes it: without a slash at its end.</summary>
    public string BaseUrl => Url.GetLeftPart(UriPartial.Authority);

    public Journal<RecordedRequest> Requests { get; } = new();

    /// <summary>Whether to reset the connection of a request for this path before its body is read.</summary>
    public Func<string, bool>? ResetUnread { get; set; }

    public static async Task<LoopbackServer> StartAsync(Func<RecordedRequest, Task<Reply>> answer, X509Certificate2? certificate = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        // Not under the framework's names: tests that listen to an app's activities shall not meet the server's.
        builder.Services.AddSingleton(new ActivitySource("Braintrust.Logging.Tests"));
        builder.Services.AddSingleton(new DiagnosticListener("Braintrust.Logging.Tests"));
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, endpoint =>
            {
                if (certificate is not null)
                    endpoint.UseHttps(certificate, https => https.HandshakeTimeout = TimeSpan.FromDays(1));
            });
            kestrel.Limits.MaxRequestBodySize = null;
            // Nor does it lose patience with a client that has to wait for a processor.
            (kestrel.Limits.MinRequestBodyDataRate, kestrel.Limits.MinResponseDataRate) = (null, null);
            kestrel.Limits.KeepAliveTimeout = kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromDays(1);
        });
        var app = builder.Build();
        var server = new LoopbackServer(app, answer);
        app.Run(server.ServeAsync);
        await app.StartAsync();
        return server;
    }

    async Task ServeAsync(HttpContext context)
    {
        if (ResetUnread?.Invoke(context.Request.Path.Value ?? "") == true)
        {
            context.Abort();
            return;
        }
        var request = await RecordAsync(context);
        Requests.Add(request);

        // A hook may hang for as long as the test likes; the client's leaving ends the wait.
        var reply = await _answer(request).WaitAsync(context.RequestAborted);
        await reply.Until.WaitAsync(context.RequestAborted);
        if (reply.Abort)
        {
            context.Abort();
            return;
        }
        context.Response.StatusCode = reply.Status;
        context.Response.ContentType = "application/json";
        foreach (var (name, value) in reply.Headers)
            context.Response.Headers[name] = value;
        if (reply.Body.Length > 0)
            await context.Response.WriteAsync(reply.Body);
    }

    async Task<RecordedRequest> RecordAsync(HttpContext context)
    {
        var request = context.Request;
        var body = new MemoryStream();
        await request.Body.CopyToAsync(body, context.RequestAborted);
        var headers = request.Headers.ToDictionary(it => it.Key, it => it.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        _leaks.Check(request.Method + " " + request.Path.Value, request.QueryString.Value, headers, body.GetBuffer().AsSpan(0, (int)body.Length));
        return new RecordedRequest(
            Interlocked.Increment(ref _order), request.Method, request.Path.Value ?? "", request.QueryString.Value ?? "", headers, body.ToArray(), context.Connection.Id);
    }

    /// <summary>Stops at once: no answer under way is waited for.</summary>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
        _leaks.Report();
    }

    sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
