using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Braintrust.Logging.Local.Tests;

/// <summary>The tool as a process of its own.</summary>
public sealed class ProcessTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("braintrust-local-tests").FullName;

    readonly List<Process> _started = [];

    public void Dispose()
    {
        foreach (var process in _started)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            process.Dispose();
        }
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task WhatItAcknowledgedOutlivesItsSuddenDeath()
    {
        var acknowledged = new List<string>();
        {
            var process = Start("--port", "0");
            using var http = await ClientAsync(process);
            var answer = await PostAsync(http, "/api/project/register", """{"project_name":"p"}""");
            var project = (string)answer["project"]!["id"]!;
            var killed = false;
            await Parallel.ForAsync(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, stop) =>
            {
                if (killed)
                    return;
                try
                {
                    await PostAsync(http, "/logs3", $$"""{"rows":[{"id":"r{{i}}","project_id":"{{project}}","log_id":"g","input":"{{new string('x', 2000)}}"}],"api_version":2}""");
                    lock (acknowledged)
                        acknowledged.Add($"r{i}");
                }
                catch (Exception e) when (e is HttpRequestException or IOException && killed)
                {
                    return; // Not acknowledged, so not promised.
                }
                if (acknowledged.Count >= 150)
                {
                    killed = true;
                    process.Kill();
                }
            });
            await process.WaitForExitAsync();
        }
        await using var local = await BraintrustLocal.StartAsync(new() { DatabasePath = Path.Combine(_folder, "traces.db") });
        Assert.True(acknowledged.Count >= 150);
        Assert.Empty(acknowledged.Except(local.Rows("p").Select(row => (string)row["id"]!)));
    }

    [Fact]
    public async Task APortThatIsTakenIsAMessageAndNotATrace()
    {
        await using var other = await BraintrustLocal.StartAsync();
        var process = Start("--port", other.Url.Port.ToString(System.Globalization.CultureInfo.InvariantCulture));
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(1, process.ExitCode);
        Assert.Single(error.Trim().Split('\n'));
        Assert.StartsWith($"Port {other.Url.Port} is taken", error, StringComparison.Ordinal);
        Assert.Contains("--port 0", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnAddressThatIsNotOfThisMachineIsAMessageAndNotATrace()
    {
        var process = Start("--listen", "192.0.2.1", "--port", "0"); // an address for documentation
        var error = await process.StandardError.ReadToEndAsync().WaitAsync(Patience.Limit);
        await process.WaitForExitAsync();
        Assert.Equal(1, process.ExitCode);
        Assert.StartsWith("Cannot listen on 192.0.2.1:0: ", Assert.Single(error.Trim().Split('\n')), StringComparison.Ordinal);
    }

    Process Start(params string[] arguments)
    {
        var tool = Path.Combine(AppContext.BaseDirectory, "braintrust-local.dll");
        var start = new ProcessStartInfo("dotnet", ["exec", tool, "serve", "--db", Path.Combine(_folder, "traces.db"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        var process = Process.Start(start)!;
        _started.Add(process);
        return process;
    }

    static async Task<HttpClient> ClientAsync(Process process)
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
            if (line.StartsWith("Traces:", StringComparison.Ordinal))
            {
                var http = new HttpClient { BaseAddress = new Uri(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) };
                http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "local");
                return http;
            }
        throw new InvalidOperationException(await process.StandardError.ReadToEndAsync());
    }

    static async Task<JsonObject> PostAsync(HttpClient http, string path, string body)
    {
        using var answer = await http.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));
        return JsonNode.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync())!.AsObject();
    }
}
