using System.Buffers;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Braintrust.Logging.Benchmarks;

/// <summary>
/// The other end of every benchmark, in a process of its own: takes any POST, waits as long as it was told to, counts the rows by a mark that each
/// contender's format has once per row, and answers. Prints its URL and ends with its standard input.
/// </summary>
static class Program
{
    static byte[] _mark = "\"_is_merge\""u8.ToArray();
    static int _latency;
    static int _status = 200;
    static long _rows;
    static long _bytes;
    static long _requests;
    static long _refused;

    static async Task Main()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Limits.MaxRequestBodySize = null;
        });
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        app.Run(AnswerAsync);
        await app.StartAsync();
        Console.WriteLine(app.Urls.Single());
        await Console.In.ReadToEndAsync();
    }

    static Task AnswerAsync(HttpContext context) => context.Request.Path.Value switch
    {
        "/bench/set" => SetAsync(context),
        "/bench/count" => context.Response.WriteAsync($"{Volatile.Read(ref _rows)} {Volatile.Read(ref _bytes)} {Volatile.Read(ref _requests)} {Volatile.Read(ref _refused)}"),
        "/api/apikey/login" => context.Response.WriteAsync($$"""{"org_info":[{"id":"0a000000-0000-4000-8000-000000000001","name":"bench","api_url":"http://{{context.Request.Host}}"}]}"""),
        "/api/project/register" => RegisterAsync(context),
        "/version" => context.Response.WriteAsync("{}"),
        _ => TakeAsync(context),
    };

    /// <summary>Forgets what was counted and sets what is given: mark (in hex), latency in milliseconds, status.</summary>
    static Task SetAsync(HttpContext context)
    {
        var query = context.Request.Query;
        _mark = query.TryGetValue("mark", out var mark) ? Convert.FromHexString(mark.ToString()) : _mark;
        _latency = query.TryGetValue("latency", out var latency) ? int.Parse(latency.ToString(), CultureInfo.InvariantCulture) : _latency;
        _status = query.TryGetValue("status", out var status) ? int.Parse(status.ToString(), CultureInfo.InvariantCulture) : _status;
        if (!query.ContainsKey("keep"))
        {
            _rows = _bytes = _requests = _refused = 0;
        }
        return Task.CompletedTask;
    }

    static async Task RegisterAsync(HttpContext context)
    {
        var body = await new StreamReader(context.Request.Body).ReadToEndAsync();
        var id = new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(body))[..16]);
        await context.Response.WriteAsync($$$"""{"project":{"id":"{{{id}}}","org_id":"0a000000-0000-4000-8000-000000000001","name":"bench"},"found_existing":true}""");
    }

    static async Task TakeAsync(HttpContext context)
    {
        var (body, length) = await ReadAsync(context.Request);
        var status = _status;
        var rows = body.AsSpan(0, length).Count(_mark);
        ArrayPool<byte>.Shared.Return(body);
        if (_latency > 0)
        {
            await Task.Delay(_latency);
        }
        Interlocked.Increment(ref _requests);
        context.Response.StatusCode = status;
        if (status != 200)
        {
            Interlocked.Add(ref _refused, rows);
            return;
        }
        Interlocked.Add(ref _rows, rows);
        Interlocked.Add(ref _bytes, length);
        if (context.Request.Path == "/logs3")
        {
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("{\"ids\":[" + string.Join(',', Enumerable.Repeat("\"00000000-0000-4000-8000-000000000000\"", rows)) + "],\"xact_id\":\"1\"}");
        }
    }

    static async Task<(byte[] Body, int Length)> ReadAsync(HttpRequest request)
    {
        var body = ArrayPool<byte>.Shared.Rent((int)(request.ContentLength ?? 64 * 1024) + 1);
        var length = 0;
        while (await request.Body.ReadAsync(body.AsMemory(length)) is var read and > 0)
        {
            length += read;
            if (length == body.Length)
            {
                var larger = ArrayPool<byte>.Shared.Rent(2 * length);
                body.CopyTo(larger, 0);
                ArrayPool<byte>.Shared.Return(body);
                body = larger;
            }
        }
        return (body, length);
    }
}
