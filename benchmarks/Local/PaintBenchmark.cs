using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.Playwright;

namespace Braintrust.Logging.Local.Benchmarks;

/// <summary>From the address to the first picture of a trace, in a fresh page: ten spans against ten thousand.</summary>
static class PaintBenchmark
{
    const int Rounds = 5;

    public static async Task RunAsync()
    {
        var chromium = Environment.GetEnvironmentVariable("CHROMIUM_PATH") ?? "/usr/bin/chromium";
        if (!File.Exists(chromium))
        {
            Console.WriteLine($"First paint: skipped, there is no {chromium}; CHROMIUM_PATH names another.");
            return;
        }
        await using var local = await BraintrustLocal.StartAsync();
        await FillAsync(local);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = chromium, Args = ["--no-sandbox"] });
        var small = await PaintAsync(browser, local, "small0");
        var large = await PaintAsync(browser, local, "large0");
        Console.WriteLine($"First paint of a trace, median of {Rounds}:");
        Console.WriteLine($"  10 spans          {small,9:N0} ms       1");
        Console.WriteLine($"  10,000 spans      {large,9:N0} ms       {large / small:0.0}");
    }

    static async Task<double> PaintAsync(IBrowser browser, BraintrustLocal local, string trace)
    {
        var times = new List<double>();
        for (var i = 0; i <= Rounds; i++)
        {
            var page = await browser.NewPageAsync(new() { BypassCSP = true }); // the wait below is a string that is evaluated
            await page.GotoAsync(new Uri(local.Url, $"/app/local/p/p/logs?r={trace}").ToString());
            await page.WaitForFunctionAsync("performance.getEntriesByName('trace-painted').length > 0");
            if (i > 0)
                times.Add(await page.EvaluateAsync<double>("performance.getEntriesByName('trace-painted')[0].startTime"));
            await page.CloseAsync();
        }
        return times.Order().ElementAt(Rounds / 2);
    }

    static async Task FillAsync(BraintrustLocal local)
    {
        using var http = new HttpClient { BaseAddress = local.Url };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", local.ApiKey);
        var answer = await http.PostAsJsonAsync("/api/project/register", new { project_name = "p" });
        var project = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["project"]!["id"]!.GetValue<string>();
        await http.PostAsync("/logs3", new ByteArrayContent(SomeRows.Body(project, "small", 0, 10)));
        for (var i = 0; i < 10_000; i += SomeRows.PerBody)
            await http.PostAsync("/logs3", new ByteArrayContent(SomeRows.Body(project, "large", i, 10_000)));
    }
}
