using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Braintrust.Logging.Local.Tests;

/// <summary>Braintrust's own SDK for JavaScript logs into it unchanged.</summary>
public sealed class NpmSdkTests
{
    [NpmFact]
    public async Task TheOfficialSdkLogsSpansFilesLargeRowsAndFeedback()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "Npm");
        if (!Directory.Exists(Path.Combine(folder, "node_modules", "braintrust")))
            await RunAsync(folder, [], "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock");

        await using var client = await LocalClient.StartAsync();
        var output = await RunAsync(
            folder,
            new() { ["BRAINTRUST_APP_URL"] = client.Local.Url.GetLeftPart(UriPartial.Authority), ["BRAINTRUST_API_KEY"] = client.Local.ApiKey },
            "node", "log.mjs");
        var said = JsonNode.Parse(output.Trim().Split('\n')[^1])!;

        var traces = client.Local.Traces("From JavaScript");
        Assert.Equal(["pour", "answer"], traces.Select(trace => trace.Name));
        Assert.Contains("The kettle is cold.", traces[0].Error, StringComparison.Ordinal);
        var answer = traces[1];
        Assert.Equal((string?)said["id"], answer.Id);
        Assert.Equal(0.75, answer.Scores["helpful"]);
        Assert.Equal("Prompt!", Assert.Single(answer.Comments)["comment"]!["text"]!.GetValue<string>());
        Assert.Equal(7_000_000, answer.Row["metadata"]!["large"]!.GetValue<string>().Length);
        Assert.NotNull(answer.End);
        var call = Assert.Single(answer.Children);
        Assert.Equal(("ask the model", "llm", "gpt-4o-mini", 49), (call.Name, call.Type, call.Model, call.Tokens));

        var picture = answer.Row["output"]!["picture"]!;
        using var http = new HttpClient { BaseAddress = client.Local.Url };
        Assert.Equal("picture bytes", await http.GetStringAsync($"/local/attachments/{picture["key"]}"));

        // The link is to the page here, and names the row.
        var link = new Uri((string)said["link"]!);
        Assert.Equal(client.Local.Url.Authority, link.Authority);
        Assert.Contains(answer.Id, link.Query, StringComparison.Ordinal);
        Assert.Contains("<title>Braintrust Local", await http.GetStringAsync(link), StringComparison.Ordinal);
    }

    static async Task<string> RunAsync(string folder, Dictionary<string, string> variables, string command, params string[] arguments)
    {
        var start = new ProcessStartInfo(NpmFactAttribute.Find(command)!, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("BRAINTRUST_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
        }
        Assert.True(process.ExitCode == 0, $"{command} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{await errors}{await output}");
        return await output;
    }
}

/// <summary>A test that needs node and npm: skipped with a word where they are not, except in CI, where it fails.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class NpmFactAttribute : FactAttribute
{
    public NpmFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("CI") != "true" && (Find("node") is null || Find("npm") is null))
            Skip = "node and npm are not on this machine.";
    }

    public static string? Find(string command) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(folder => new[] { command, command + ".cmd", command + ".exe" }.Select(name => Path.Combine(folder, name)))
        .FirstOrDefault(File.Exists) ?? (Environment.GetEnvironmentVariable("CI") == "true" ? command : null);
}
