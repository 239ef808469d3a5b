using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Braintrust.Logging.Tests;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Braintrust.Logging.Local.Browser.Tests;

/// <summary>The list of traces under the hand of somebody.</summary>
public sealed partial class PageTests
{
    [BrowserFact]
    public async Task TheListUnrollsToItsEndAndMissesNothingMeanwhile()
    {
        var project = await _rows.ProjectAsync("P");
        await _rows.SendAsync(project, Rows.Row("""{"id":"moving","span_id":"moving","root_span_id":"moving","span_attributes":{"name":"moving"},"metrics":{"start":1}}"""));
        await _rows.SendAsync(project, ManyTraces(550));
        var (page, complaints) = await chromium.OpenAsync();
        var (asked, free) = await HoldAsync(page, "**/traces?*after=*");
        await page.GotoAsync(_local.Url.ToString());
        await Expect(page.Locator(".item")).ToHaveCountAsync(100);

        // At the end at once, and a trace arrives before the next ones do.
        await ToTheEndAsync(page);
        await asked;
        await _rows.SendAsync(project, Rows.Span("new", "new", null, "just arrived", "task", 9000, 9001));
        free();
        await Expect(page.Locator(".item").First).ToContainTextAsync("just arrived");
        foreach (var count in new[] { 300, 400, 500, 552 })
        {
            await ToTheEndAsync(page);
            await Expect(page.Locator($".item:nth-child({count})")).ToHaveCountAsync(1);
        }
        await Expect(page.Locator(".foot")).ToHaveTextAsync("552 traces");

        await _rows.SendAsync(project, Rows.Row("""{"id":"moving","metrics":{"start":9999},"_is_merge":true}"""));
        await Expect(page.Locator(".item").First).ToContainTextAsync("moving");
        await Expect(page.Locator(".item")).ToHaveCountAsync(552);
        Assert.Empty(complaints);
    }

    [BrowserFact]
    public async Task ComingBackToTheListIsComingBackToItsPlace()
    {
        await _rows.SendAsync(await _rows.ProjectAsync("P"), ManyTraces(250));
        var (page, complaints) = await chromium.OpenAsync();
        await page.GotoAsync(_local.Url.ToString());
        foreach (var count in new[] { 100, 200 })
        {
            await Expect(page.Locator($".item:nth-child({count})")).ToHaveCountAsync(1);
            await ToTheEndAsync(page);
        }
        await Expect(page.Locator(".item")).ToHaveCountAsync(250);
        var item = page.Locator("#trace-t80");
        await item.ClickAsync(); // which scrolls to it
        await Expect(page.Locator(".detail")).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator(".item")).ToHaveCountAsync(250);
        await Expect(item).ToHaveAttributeAsync("aria-selected", "true");
        await Expect(item).ToBeInViewportAsync();
        Assert.Empty(complaints);
    }

    [BrowserFact]
    public async Task AFilterKeepsTheKeyboardWhereItIsAndTheBrandShowsAllAgain()
    {
        await HelpDesk.FillAsync(_local, TimeProvider.System.GetUtcNow());
        var (page, complaints) = await chromium.OpenAsync();
        await page.GotoAsync(_local.Url.ToString());
        await Expect(page.Locator(".item")).ToHaveCountAsync(7);
        await Expect(page.Locator(".list")).ToBeFocusedAsync();
        // Nothing is selected yet, so the list itself shows that it has the keyboard.
        await Expect(page.Locator(".list")).Not.ToHaveCSSAsync("box-shadow", "none");
        await page.Keyboard.PressAsync("ArrowDown");
        await Expect(page.Locator(".list")).ToHaveCSSAsync("box-shadow", "none");
        await Expect(page.Locator(".item.selected")).Not.ToHaveCSSAsync("box-shadow", "none");

        var errors = page.GetByRole(AriaRole.Button, new() { Name = "Errors" });
        await errors.FocusAsync();
        await page.Keyboard.PressAsync("Space");
        await Expect(page.Locator(".item")).ToHaveCountAsync(1);
        await Expect(errors).ToBeFocusedAsync();
        await Expect(errors).ToHaveAttributeAsync("aria-pressed", "true");
        await page.GetByLabel("Time").FocusAsync();
        await page.Keyboard.PressAsync("ArrowDown");
        await Expect(page).ToHaveURLAsync(new Regex("within=900"));
        await Expect(page.GetByLabel("Time")).ToBeFocusedAsync();

        await page.Locator(".brand").ClickAsync();
        await Expect(page.Locator(".item")).ToHaveCountAsync(7);
        await Expect(errors).ToHaveAttributeAsync("aria-pressed", "false");
        Assert.Empty(complaints);
    }

    [BrowserFact]
    public async Task ANewSearchDoesNotWaitForTheOneBefore()
    {
        await HelpDesk.FillAsync(_local, TimeProvider.System.GetUtcNow());
        var (page, complaints) = await chromium.OpenAsync();
        var (asked, _) = await HoldAsync(page, "**/traces?*text=slow*");
        await page.GotoAsync(_local.Url.ToString());
        await page.GetByLabel("Search").FillAsync("slow");
        await asked;
        var cancelled = new TaskCompletionSource();
        page.RequestFailed += (_, request) =>
        {
            if (request.Url.Contains("text=slow", StringComparison.Ordinal))
                cancelled.TrySetResult();
        };
        await page.GetByLabel("Search").FillAsync("payment gateway");
        await Expect(page.Locator(".item")).ToHaveCountAsync(1);
        await cancelled.Task.WaitAsync(Patience.Limit);
        await page.GetByLabel("Search").FillAsync("nothing of this");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show all traces" }).ClickAsync();
        await Expect(page.Locator(".item")).ToHaveCountAsync(7);
        await Expect(page.Locator(".list")).ToBeFocusedAsync();
        Assert.Empty(complaints);
    }

    static IEnumerable<JsonObject> ManyTraces(int count) => Enumerable.Range(0, count).Select(i => Rows.Span($"t{i}", $"r{i}", null, $"trace {i}", "task", 1000 + i, 1001 + i));

    static Task ToTheEndAsync(IPage page) => page.Locator(".scroll").EvaluateAsync("it => { it.scrollTop = it.scrollHeight; }");

    /// <summary>Requests of this kind get no answer until they are freed; the task tells of the first.</summary>
    static async Task<(Task Asked, Action Free)> HoldAsync(IPage page, string kind)
    {
        var asked = new TaskCompletionSource();
        var free = new TaskCompletionSource();
        await page.RouteAsync(kind, async route =>
        {
            asked.TrySetResult();
            await free.Task;
            await route.ContinueAsync();
        });
        return (asked.Task.WaitAsync(Patience.Limit), free.SetResult);
    }
}
