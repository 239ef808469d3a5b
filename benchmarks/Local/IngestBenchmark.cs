using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Braintrust.Logging.Local.Benchmarks;

/// <summary>Rows per second over real HTTP, four senders at once: kept on disk, kept in memory, and by a server that only receives.</summary>
static class IngestBenchmark
{
    const int Senders = 4;
    const int BodiesEach = 50;
    const int Rounds = 5;

    public static async Task RunAsync()
    {
        double plain = 0, parsing = 0, memory = 0, disk = 0;
        for (var round = 0; round < Rounds; round++)
        {
            // In turn, so that what else the machine does falls on all of them.
            plain = Math.Max(plain, await PlainAsync(body => body.CopyToAsync(Stream.Null)));
            parsing = Math.Max(parsing, await PlainAsync(body => JsonNode.ParseAsync(body)));
            memory = Math.Max(memory, await StoredAsync(null));
            disk = Math.Max(disk, await OnDiskAsync());
        }
        Console.WriteLine($"Ingest, {Senders} senders, bodies of {SomeRows.PerBody} rows of 1 KB, best of {Rounds}:");
        Console.WriteLine($"  a plain receiver  {plain,9:N0} rows/s   1");
        Console.WriteLine($"  one that parses   {parsing,9:N0} rows/s   1/{plain / parsing:0.0}");
        Console.WriteLine($"  in memory         {memory,9:N0} rows/s   1/{plain / memory:0.0}   1/{parsing / memory:0.0} of one that parses");
        Console.WriteLine($"  on disk, synced   {disk,9:N0} rows/s   1/{plain / disk:0.0}   1/{parsing / disk:0.0} of one that parses");
    }

    static async Task<double> OnDiskAsync()
    {
        var folder = Directory.CreateTempSubdirectory("braintrust-local-bench");
        try
        {
            return await StoredAsync(Path.Combine(folder.FullName, "traces.db"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    static async Task<double> StoredAsync(string? path)
    {
        await using var local = await BraintrustLocal.StartAsync(new() { DatabasePath = path });
        using var http = Client(local.Url);
        var answer = await http.PostAsJsonAsync("/api/project/register", new { project_name = "p" });
        var project = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["project"]!["id"]!.GetValue<string>();
        return await MeasureAsync(http, project);
    }

    static async Task<double> PlainAsync(Func<Stream, Task> read)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddRouting();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Limits.MaxRequestBodySize = null;
        });
        await using var app = builder.Build();
        app.MapPost("/logs3", async context =>
        {
            await read(context.Request.Body);
            await context.Response.WriteAsync("{}");
        });
        await app.StartAsync();
        using var http = Client(new Uri(app.Urls.Single()));
        return await MeasureAsync(http, "p");
    }

    static async Task<double> MeasureAsync(HttpClient http, string project)
    {
        var bodies = Enumerable.Range(0, Senders).Select(sender => Enumerable.Range(0, BodiesEach).Select(i => SomeRows.Body(project, $"t{sender}-", i * SomeRows.PerBody, 20)).ToList()).ToList();
        await PostAsync(http, SomeRows.Body(project, "warm", 0, 20));
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(bodies.Select(async list =>
        {
            foreach (var body in list)
                await PostAsync(http, body);
        }));
        return Senders * BodiesEach * SomeRows.PerBody / watch.Elapsed.TotalSeconds;
    }

    static async Task PostAsync(HttpClient http, byte[] body)
    {
        using var answer = await http.PostAsync("/logs3", new ByteArrayContent(body));
        answer.EnsureSuccessStatusCode();
    }

    static HttpClient Client(Uri url)
    {
        var http = new HttpClient { BaseAddress = url };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "local");
        return http;
    }
}
