using System.Diagnostics;
using System.Globalization;
using Braintrust.Logging.Local;

namespace Braintrust.Logging.Tests.Samples;

/// <summary>The samples that are programs, each run as a user runs it: what it leaves behind when it has ended.</summary>
public sealed class ProgramTests : IAsyncLifetime
{
    BraintrustLocal _local = null!;

    public async Task InitializeAsync() => _local = await BraintrustLocal.StartAsync();

    public async Task DisposeAsync() => await _local.DisposeAsync();

    [Fact]
    public async Task TheWorkerKeepsEachTenantsTracesInAProjectOfItsOwn()
    {
        Assert.Equal(0, (await RunAsync("Worker", "--once")).Code);

        foreach (var (tenant, tickets) in new[] { ("Ada's Attic", new[] { "3", "6" }), ("Boole & Sons", ["1", "4"]), ("Curry Supplies", ["2", "5"]) })
        {
            var traces = _local.Traces($"Tickets of {tenant}").OrderBy(trace => trace.Name).ToList();
            Assert.Equal(tickets.Select(number => $"Triaging {number}"), traces.Select(trace => trace.Name));
            Assert.All(traces, trace => Assert.Equal((string?)"task", trace.Type));
            Assert.All(traces, trace => Assert.Equal(tenant, (string?)Assert.Single(trace.Children).Row["metadata"]!["Tenant"]));
            Assert.All(traces.Where(trace => trace.Name != "Triaging 4"), trace => Assert.Equal(("llm", "gpt-4o-mini", 1L), (trace.Children[0].Type, trace.Children[0].Model, trace.Children[0].CompletionTokens)));
        }
        Assert.Contains("The ticket is empty.", _local.Traces("Tickets of Boole & Sons").Single(trace => trace.Name == "Triaging 4").Children[0].Error);
    }

    [Fact]
    public async Task TheToolsRunIsOneTraceAndItsExitCodeCountsTheFilesItCouldNotRead()
    {
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.txt");
        await File.WriteAllTextAsync(file, "It was cold. It rained.");
        var (code, output) = await RunAsync("Summarise", file, file + ".none");
        File.Delete(file);

        Assert.Equal(1, code);
        Assert.Contains("It was cold.", output, StringComparison.Ordinal);
        var trace = Assert.Single(_local.Traces("Summaries"));
        Assert.Equal("Summarising 2 files", trace.Name);
        var (read, missing) = (trace.Children[0], trace.Children[1]);
        var call = Assert.Single(read.Children, row => row.Type == "llm");
        Assert.Equal(("first-sentence-1", 9L, 3L), (call.Model, call.PromptTokens!.Value, call.CompletionTokens!.Value));
        Assert.Equal("It was cold.", (string?)call.Row["output"]![0]!["message"]!["content"]);
        Assert.Equal("It was cold.", (string?)read.Children.Single(row => row != call).Row["output"]);
        Assert.Contains("FileNotFoundException", Assert.Single(missing.Children).Error);
    }

    [Fact]
    public async Task TheFunctionDeliversItsRowsBeforeEachCallReturns()
    {
        var (code, output) = await RunAsync("Function");

        Assert.Equal(0, code);
        Assert.Contains("A-19: failed", output, StringComparison.Ordinal);
        var traces = _local.Traces("Refunds").OrderBy(trace => trace.Name).ToList();
        Assert.Equal(["Deciding A-17 in call-1", "Deciding A-18 in call-2", "Deciding A-19 in call-3"], traces.Select(trace => trace.Name));
        Assert.All(traces, trace => Assert.NotNull(trace.End));
        Assert.Equal(["refund", "ask a person"], traces[..2].Select(trace => (string?)trace.Children[0].Row["output"]));
        Assert.Contains("The order says nothing.", traces[2].Children[0].Error);
    }

    [Theory]
    [InlineData("Start/Console/StartConsole", "Answering When is tea?")]
    [InlineData("Start/Function/StartFunction", "handle")]
    public async Task TheProgramsThatTheReadmeBeginsWithMakeATrace(string program, string name)
    {
        Assert.Equal(0, (await RunAsync(program)).Code);
        AssertStarted(name);
    }

    [Theory]
    [InlineData("Start/Web/Web", "GET /")]
    [InlineData("Start/Worker/StartWorker", "Answering ticket 1")]
    public async Task TheServicesThatTheReadmeBeginsWithMakeATraceByTheTimeTheyHaveStopped(string program, string name)
    {
        var (isStarted, hasWorked) = (false, false);
        using var process = Process.Start(Start(program, "--urls=http://127.0.0.1:0", $"--Logging:Braintrust:ShutdownTimeout={Patience.Limit}"))!; // the usual five seconds are not much on a busy machine
        using var end = new Ending(process);
        var errors = process.StandardError.ReadToEndAsync();
        while (!(isStarted && hasWorked) && await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.Split("Now listening on: ") is [_, var url])
            {
                using var http = new HttpClient();
                Assert.Equal("At four.", await http.GetStringAsync(url));
            }
            isStarted |= line.Contains("Application started", StringComparison.Ordinal);
            hasWorked |= line.Contains("gpt-4o-mini said", StringComparison.Ordinal); // a worker's work begins when it will
        }
        using var kill = Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]);
        var output = process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Equal((0, ""), (process.ExitCode, await errors));
        Assert.NotEmpty(await output);
        AssertStarted(name);
    }

    /// <summary>A test that fails leaves no service behind.</summary>
    sealed class Ending(Process process) : IDisposable
    {
        public void Dispose() => process.Kill(entireProcessTree: true); // nothing, once it has ended
    }

    void AssertStarted(string name)
    {
        var trace = _local.Traces("My Project").First(trace => trace.Name == name);
        Assert.NotNull(trace.End);
        Assert.Equal(49, trace.SelfAndDescendants().Sum(row => row.Tokens ?? 0));
    }

    async Task<(int Code, string Output)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(Start(program, arguments))!;
        var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, string.Concat(await output));
    }

    /// <param name="program">Its folder and, where that has another name, its assembly.</param>
    /// <param name="arguments">Its arguments.</param>
    ProcessStartInfo Start(string program, params string[] arguments)
    {
        // This is tests/Samples.Tests/bin/<configuration>/<framework>/.
        var here = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar).Split(Path.DirectorySeparatorChar);
        var (folder, name) = program.Split('/') is { Length: > 1 } parts ? (string.Join('/', parts[..^1]), parts[^1]) : (program, program);
        var path = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "../../../../../samples", folder, "bin", here[^2], here[^1], $"{name}.dll"));
        var start = new ProcessStartInfo("dotnet", ["exec", path, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(path)!, // here lies another sample's appsettings.json
        };
        (start.Environment["BRAINTRUST_API_KEY"], start.Environment["BRAINTRUST_ORG_NAME"]) = (_local.ApiKey, _local.Organization);
        (start.Environment["BRAINTRUST_APP_URL"], start.Environment["BRAINTRUST_API_URL"]) = (_local.Url.ToString(), _local.Url.ToString());
        start.Environment.Remove("OPENAI_API_KEY");
        return start;
    }
}
