using Microsoft.Playwright;

namespace Braintrust.Logging.Local.Browser.Tests;

/// <summary>Takes the pictures that the docs show. They are kept only when SCREENSHOTS names a folder for them.</summary>
[Collection("browser")]
public sealed class ScreenshotTests(Chromium chromium)
{
    [BrowserTheory]
    [InlineData("traces", "/", 1360, 720, ColorScheme.Light)]
    [InlineData("traces-dark", "/", 1360, 720, ColorScheme.Dark)]
    [InlineData("traces-narrow", "/", 420, 760, ColorScheme.Light)]
    [InlineData("trace", "/app/local/p/Help%20Desk/logs?r=t5&s=t5c", 1360, 820, ColorScheme.Light)]
    [InlineData("trace-dark", "/app/local/p/Help%20Desk/logs?r=t5&s=t5c", 1360, 820, ColorScheme.Dark)]
    [InlineData("trace-root", "/app/local/p/Help%20Desk/logs?r=t5", 1360, 820, ColorScheme.Light)]
    [InlineData("trace-error", "/app/local/p/Help%20Desk/logs?r=t3", 1360, 620, ColorScheme.Dark)]
    [InlineData("trace-running", "/app/local/p/Help%20Desk/logs?r=t6", 1360, 620, ColorScheme.Light)]
    [InlineData("trace-narrow", "/app/local/p/Help%20Desk/logs?r=t5", 420, 760, ColorScheme.Light)]
    [InlineData("detail-narrow", "/app/local/p/Help%20Desk/logs?r=t5&s=t5c", 420, 760, ColorScheme.Dark)]
    public async Task EachViewIsDrawnWithoutAComplaint(string name, string address, int width, int height, ColorScheme scheme)
    {
        await using var local = await BraintrustLocal.StartAsync();
        await HelpDesk.FillAsync(local, TimeProvider.System.GetUtcNow());
        var (page, complaints) = await chromium.OpenAsync(width, height, scheme);
        await page.GotoAsync(new Uri(local.Url, address).ToString());
        await page.Locator(name.StartsWith("traces", StringComparison.Ordinal) ? ".item >> nth=5" : ".line").First.WaitForAsync();
        if (!name.StartsWith("traces", StringComparison.Ordinal) && width > 900)
            await page.Locator(".detail").WaitForAsync();
        if (name == "detail-narrow")
            await page.Locator(".detail").WaitForAsync();
        await KeepAsync(page, name);
        Assert.Empty(complaints);
        await page.Context.DisposeAsync();
    }

    [BrowserFact]
    public async Task WhileThereIsNothingThePageSaysHowToSendTheFirstTrace()
    {
        await using var local = await BraintrustLocal.StartAsync();
        var (page, complaints) = await chromium.OpenAsync(1360, 820);
        await page.GotoAsync(local.Url.ToString());
        await page.GetByText("Waiting for the first trace").WaitForAsync();
        Assert.Contains($"BRAINTRUST_APP_URL={local.Url.GetLeftPart(UriPartial.Authority)}", await page.Locator(".start").InnerTextAsync(), StringComparison.Ordinal);
        await KeepAsync(page, "empty");
        Assert.Empty(complaints);
        await page.Context.DisposeAsync();
    }

    static Task KeepAsync(IPage page, string name) => Environment.GetEnvironmentVariable("SCREENSHOTS") is { Length: > 0 } folder
        ? page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, name + ".png") })
        : page.ScreenshotAsync();
}
