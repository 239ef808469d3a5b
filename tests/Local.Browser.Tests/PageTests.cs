using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Braintrust.Logging.Tests;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;
using Serilog;
using static Microsoft.Playwright.Assertions;

namespace Braintrust.Logging.Local.Browser.Tests;

[Collection("browser")]
public sealed partial class PageTests(Chromium chromium) : IAsyncLifetime
{
    BraintrustLocal _local = null!;
    Rows _rows = null!;

    public async Task InitializeAsync()
    {
        _local = await BraintrustLocal.StartAsync();
        _rows = new Rows(_local);
    }

    public async Task DisposeAsync()
    {
        await chromium.CloseAsync();
        _rows.Dispose();
        await _local.DisposeAsync();
    }

    [BrowserFact]
    public async Task WhatSerilogAndILoggerLogAppearsLiveAndOpens()
    {
        var (page, complaints) = await chromium.OpenAsync();
        var foreign = new List<string>();
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(_local.Url.ToString(), StringComparison.Ordinal))
                foreign.Add(request.Url);
        };
        await page.GotoAsync(_local.Url.ToString());
        await Expect(page.GetByText("Waiting for the first trace")).ToBeVisibleAsync();

        var url = _local.Url.ToString();
        using (var log = new LoggerConfiguration().WriteTo.Braintrust("Tea", _local.ApiKey, appUrl: url, shutdownTimeout: Patience.Limit).CreateLogger())
        using (log.BeginSpan("Answering {Question}", "When is tea?"))
        {
            log.Information("{Model} used {PromptTokens} + {CompletionTokens} tokens", "gpt-4o-mini", 42, 7);
            log.Error(new InvalidOperationException("The kettle is cold."), "Could not pour for {Guest}", "Ada");
        }
        var line = page.Locator(".item");
        await Expect(line).ToContainTextAsync("Answering When is tea?");
        await Expect(line).ToContainTextAsync("gpt-4o-mini");
        await Expect(line).ToContainTextAsync("49");
        await Expect(line).ToContainTextAsync("1 error");

        using (var factory = LoggerFactory.Create(builder => builder.AddBraintrust(options => (options.Project, options.ApiKey, options.AppUrl, options.ShutdownTimeout) = ("Tea", "local", url, Patience.Limit))))
        {
            var logger = factory.CreateLogger("Kitchen");
            using (logger.BeginScope("Boiling {Litres} litres", 2))
                logger.LogWarning("The kettle is {State}", "old");
        }
        await Expect(line).ToHaveCountAsync(2);
        await Expect(line.First).ToContainTextAsync("Boiling 2 litres");

        await line.Nth(1).ClickAsync();
        await Expect(page.Locator(".line")).ToHaveCountAsync(3);
        await Expect(page.Locator(".headline")).ToContainTextAsync("49 tokens");
        await page.Locator(".line", new() { HasText = "Could not pour" }).ClickAsync();
        await Expect(page.Locator(".failure")).ToContainTextAsync("The kettle is cold.");
        await page.Keyboard.PressAsync("Escape");
        await page.Keyboard.PressAsync("Escape");
        await Expect(line).ToHaveCountAsync(2);
        Assert.Empty(foreign);
        Assert.Empty(complaints);
    }

    [BrowserFact]
    public async Task ASpanInProgressIsShownAsSuchAndEndsByItself()
    {
        var project = await _rows.ProjectAsync("P");
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        await _rows.SendAsync(project, Rows.Span("t", "a", null, "Thinking hard", "task", now, null));
        var (page, complaints) = await chromium.OpenAsync();
        await page.GotoAsync(_local.Url.ToString());
        await Expect(page.Locator(".item .running")).ToHaveTextAsync("in progress");
        await page.Locator(".item").ClickAsync();
        await Expect(page.Locator(".bar.running")).ToBeVisibleAsync();

        await _rows.SendAsync(project, Rows.Span("t", "b", "a", "First thought", "llm", now + 1, now + 2));
        await Expect(page.Locator(".line")).ToHaveCountAsync(2);
        await _rows.SendAsync(project, Rows.Row($$"""{"id":"a","metrics":{"end":{{now + 3}}},"output":"42","_is_merge":true}"""));
        await Expect(page.Locator(".bar.running")).ToHaveCountAsync(0);
        await Expect(page.Locator(".detail")).ToContainTextAsync("42");
        await Expect(page.Locator(".headline")).ToContainTextAsync("3.00 s");
        Assert.Empty(complaints);
    }

    [BrowserFact]
    public async Task MarkupInAnyValueIsShownAndNeverRun()
    {
        const string Evil = "<img src=x onerror=\"window.ran=1\"><script>window.ran=1</script>";
        var project = await _rows.ProjectAsync(Evil);
        var row = Rows.Span("<b>t</b>", "<i>a", null, Evil, "llm", 100, 101);
        foreach (var name in new[] { "input", "output", "expected", "error" })
            row[name] = Evil;
        row["input"] = new JsonArray(
            new JsonObject { ["role"] = Evil, ["content"] = Evil },
            new JsonObject { ["role"] = "user", ["content"] = new JsonArray(new JsonObject { ["type"] = "image_url", ["image_url"] = new JsonObject { ["url"] = "javascript:window.ran=1" } }) },
            new JsonObject { ["role"] = "user", ["content"] = new JsonArray(new JsonObject { ["type"] = "image_url", ["image_url"] = new JsonObject { ["url"] = "https://elsewhere.example/pixel.png" } }) });
        row["metadata"] = new JsonObject { [Evil] = Evil, ["model"] = Evil, ["file"] = new JsonObject { ["type"] = "inline_attachment", ["src"] = "data:text/html," + Evil, ["filename"] = Evil } };
        row["tags"] = new JsonArray(Evil);
        row["scores"] = new JsonObject { [Evil] = 1 };
        row["span_attributes"]!["type"] = Evil;
        await _rows.SendAsync(project, row, new JsonObject { ["id"] = "c", ["origin"] = new JsonObject { ["id"] = "<i>a" }, ["comment"] = new JsonObject { ["text"] = Evil } });

        var (page, complaints) = await chromium.OpenAsync();
        var requests = new List<string>();
        page.Request += (_, request) => requests.Add(request.Url);
        await page.GotoAsync(_local.Url.ToString());
        await Expect(page.Locator(".item b")).ToHaveTextAsync(Evil);
        await page.Locator(".item").ClickAsync();
        await Expect(page.Locator(".failure p")).ToHaveTextAsync(Evil);
        await Expect(page.Locator("blockquote")).ToContainTextAsync(Evil);
        foreach (var fold in await page.Locator(".section:not([open]) > summary").AllAsync())
            await fold.ClickAsync();
        await Expect(page.Locator(".raw")).ToContainTextAsync("onerror");

        Assert.Null(await page.EvaluateAsync<int?>("window.ran ?? null"));
        Assert.Equal(0, await page.Locator("main script, main [onerror], main iframe, a[href^='javascript:'], a[href^='data:']").CountAsync());
        Assert.DoesNotContain(requests, request => request.Contains("elsewhere", StringComparison.Ordinal));
        Assert.Empty(complaints);
    }

    [BrowserFact]
    public async Task TenThousandSpansScrollAndFoldWithoutBeingInTheDocument()
    {
        var project = await _rows.ProjectAsync("P");
        await _rows.SendAsync(project, BigTrace.Rows(10_000));
        var (page, complaints) = await chromium.OpenAsync();
        await page.GotoAsync(new Uri(_local.Url, "/app/local/p/P/logs?r=big").ToString());
        await Expect(page.Locator(".headline")).ToContainTextAsync("10.0k spans");
        await Expect(page.Locator(".line.selected")).ToContainTextAsync("step 0");
        Assert.InRange(await page.Locator(".line").CountAsync(), 10, 100);

        await page.Keyboard.PressAsync("End");
        await Expect(page.Locator(".line.selected")).ToContainTextAsync("step 1110");
        await page.Keyboard.PressAsync("ArrowUp");
        await Expect(page.Locator(".line.selected")).ToContainTextAsync("step 1109");
        await Expect(page.Locator(".detail h2")).ToHaveTextAsync("step 1109");
        Assert.InRange(await page.Locator(".line").CountAsync(), 10, 100);

        // Wherever one scrolls to, what is in sight is drawn, and little else.
        var most = await page.EvaluateAsync<int>("""
            async () => {
              const lines = document.querySelector('.lines');
              let most = 0;
              for (let i = 0; i <= 60; i++) {
                lines.scrollTop = (lines.scrollHeight - lines.clientHeight) * i / 60;
                await new Promise(requestAnimationFrame);
                await new Promise(requestAnimationFrame);
                const box = lines.getBoundingClientRect();
                for (const y of [box.top + 40, box.bottom - 40])
                  if (!document.elementFromPoint(box.left + 60, y)?.closest('.line')) throw new Error(`Nothing is drawn at ${lines.scrollTop} + ${y}`);
                most = Math.max(most, document.querySelectorAll('.line').length);
              }
              return most;
            }
            """);
        Assert.InRange(most, 10, 100);

        await page.GetByPlaceholder("Find in trace").FillAsync("step 777");
        await Expect(page.Locator(".tools .faint")).ToContainTextAsync("rows");
        await Expect(page.Locator(".line", new() { HasText = "step 7777" })).ToBeVisibleAsync();
        Assert.Empty(complaints);
    }

    [BrowserFact]
    public async Task ATraceOfTenThousandSpansGrowsWhileItIsLookedAt()
    {
        var project = await _rows.ProjectAsync("P");
        var all = BigTrace.Rows(12_000).ToList();
        await _rows.SendAsync(project, all[..10_000]);
        var (page, complaints) = await chromium.OpenAsync();
        await page.GotoAsync(new Uri(_local.Url, "/app/local/p/P/logs?r=big&s=s777").ToString());
        await Expect(page.Locator(".line.selected")).ToContainTextAsync("step 777");
        foreach (var some in all[10_000..].Chunk(100))
            await _rows.SendAsync(project, some);
        await Expect(page.Locator(".headline")).ToContainTextAsync("12.0k spans");
        await Expect(page.Locator(".line.selected")).ToContainTextAsync("step 777");
        await Expect(page.Locator(".detail h2")).ToHaveTextAsync("step 777");
        Assert.InRange(await page.Locator(".line").CountAsync(), 10, 100);
        Assert.Empty(complaints);
    }

    [BrowserFact]
    public async Task RowsOutOfOrderComeTogetherOnTheScreen()
    {
        var project = await _rows.ProjectAsync("P");
        // The child before its parent, and the end of the parent before its beginning.
        await _rows.SendAsync(project, Rows.Span("t", "b", "a", "inner", "tool", 2, 3));
        var (page, complaints) = await chromium.OpenAsync();
        await page.GotoAsync(new Uri(_local.Url, "/app/local/p/P/logs?r=t").ToString());
        await Expect(page.Locator(".line")).ToContainTextAsync("no parent");
        await _rows.SendAsync(project, Rows.Row("""{"id":"a","root_span_id":"t","span_id":"a","metrics":{"end":5},"_is_merge":true}"""));
        await Expect(page.Locator(".line")).ToHaveCountAsync(2);
        var beginning = Rows.Span("t", "a", null, "outer", "task", 1, null);
        beginning["_is_merge"] = true;
        await _rows.SendAsync(project, beginning);
        await Expect(page.Locator(".line[aria-level='1']")).ToContainTextAsync("outer");
        await Expect(page.Locator(".line[aria-level='2']")).ToContainTextAsync("inner");
        await Expect(page.Locator(".headline")).ToContainTextAsync("4.00 s");
        await Expect(page.GetByText("no parent")).ToHaveCountAsync(0);
        Assert.Empty(complaints);
    }

    [BrowserFact]
    public async Task ATraceThatIsRemovedWhileItIsLookedAtIsSaidToBeGone()
    {
        var project = await _rows.ProjectAsync("P");
        await _rows.SendAsync(project, Rows.Span("t", "a", null, "outer", "task", 1, 5), Rows.Span("t", "b", "a", "inner", "tool", 2, 3));
        var (page, complaints) = await chromium.OpenAsync();
        await page.GotoAsync(new Uri(_local.Url, "/app/local/p/P/logs?r=t").ToString());
        await Expect(page.Locator(".line")).ToHaveCountAsync(2);
        await _rows.SendAsync(project, Rows.Row("""{"id":"b","_object_delete":true}"""));
        await Expect(page.Locator(".line")).ToHaveCountAsync(1);
        await _rows.SendAsync(project, Rows.Row("""{"id":"a","_object_delete":true}"""));
        await Expect(page.Locator(".headline")).ToContainTextAsync("not stored any more");
        await _rows.SendAsync(project, Rows.Span("t", "c", null, "again", "task", 1, 2));
        await Expect(page.Locator(".headline")).ToContainTextAsync("again");
        await Expect(page.Locator(".line")).ToHaveCountAsync(1);
        complaints.RemoveAll(it => it.Contains("404", StringComparison.Ordinal)); // the trace that was not there
        Assert.Empty(complaints);
    }

    [BrowserFact]
    public async Task ThePageComesBackToLifeWithItsServer()
    {
        var (page, _) = await chromium.OpenAsync();
        await page.GotoAsync(_local.Url.ToString());
        await Expect(page.Locator(".live.on")).ToBeVisibleAsync();
        var port = _local.Url.Port;
        await _local.DisposeAsync();
        await Expect(page.Locator(".live.on")).ToHaveCountAsync(0);
        await using var next = await StartAgainAsync(port);
        using var rows = new Rows(next);
        await rows.SendAsync(await rows.ProjectAsync("P"), Rows.Span("t", "a", null, "after the restart", "task", 1, 5));
        await Expect(page.Locator(".item")).ToContainTextAsync("after the restart");

        // Who asks for a port that nobody listens on may be given that very port to ask from, and have it for a moment.
        static async Task<BraintrustLocal> StartAgainAsync(int port)
        {
            for (var began = Stopwatch.GetTimestamp(); ; await Task.Yield())
            {
                try
                {
                    return await BraintrustLocal.StartAsync(new() { Port = port });
                }
                catch (IOException) when (Stopwatch.GetElapsedTime(began) < Patience.Limit)
                {
                }
            }
        }
    }

    [BrowserTheory]
    [InlineData("..")]
    [InlineData("a%2Fb")]
    public async Task WhateverAProjectATraceOrARowIsCalledItOpens(string name)
    {
        await _rows.SendAsync(await _rows.ProjectAsync(name), Rows.Span(name, name, null, "outer", "task", 1, 5));
        var (page, complaints) = await chromium.OpenAsync();
        await page.GotoAsync(_local.Url.ToString()); // goes on to the only project
        await page.Locator(".item").ClickAsync();
        await Expect(page.Locator(".detail h2")).ToHaveTextAsync("outer");
        await page.ReloadAsync();
        await Expect(page.Locator(".detail h2")).ToHaveTextAsync("outer");
        Assert.Empty(complaints);
    }

    [BrowserFact]
    public async Task LinksOfTheSdksOpenTheirRowEvenIfItArrivesLater()
    {
        var project = await _rows.ProjectAsync("My Project");
        var (page, complaints) = await chromium.OpenAsync();
        await page.GotoAsync(new Uri(_local.Url, $"/app/local/object?object_type=project_logs&object_id={project}&id=b").ToString());
        await Expect(page.GetByText("This row is not here yet.")).ToBeVisibleAsync();
        await _rows.SendAsync(project, Rows.Span("t", "a", null, "outer", "task", 1, 5), Rows.Span("t", "b", "a", "inner", "tool", 2, 3));
        await Expect(page.Locator(".detail h2")).ToHaveTextAsync("inner");
        await Expect(page.Locator(".line.selected")).ToContainTextAsync("inner");

        await page.GotoAsync(new Uri(_local.Url, "/app/local/p/My%20Project/logs?oid=a").ToString());
        await Expect(page.Locator(".detail h2")).ToHaveTextAsync("outer");
        await Expect(page).ToHaveURLAsync(new Regex("/app/local/p/My%20Project/logs\\?r=t&s=a$"));
        complaints.RemoveAll(it => it.Contains("404", StringComparison.Ordinal)); // the row that was not there
        Assert.Empty(complaints);
    }

    [BrowserFact]
    public async Task TheKeyboardAloneFindsOpensAndFolds()
    {
        await HelpDesk.FillAsync(_local, TimeProvider.System.GetUtcNow());
        var (page, complaints) = await chromium.OpenAsync();
        await page.GotoAsync(_local.Url.ToString());
        await Expect(page.Locator(".item")).ToHaveCountAsync(7);
        await page.Keyboard.PressAsync("/");
        await page.Keyboard.TypeAsync("second CHARGE of €49");
        await Expect(page).ToHaveURLAsync(new Regex("text=second.*49")); // all of it: what was typed so far is asked for whenever the typing stops
        await Expect(page.Locator(".item")).ToHaveCountAsync(1);
        await page.Keyboard.PressAsync("ArrowDown");
        await Expect(page.Locator(".list")).ToHaveAttributeAsync("aria-activedescendant", "trace-t5");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator(".line")).ToHaveCountAsync(2); // which say it
        await page.Keyboard.PressAsync("/");
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator(".line")).ToHaveCountAsync(13);
        await page.Keyboard.PressAsync("ArrowDown");
        await Expect(page.Locator(".line.selected")).ToContainTextAsync("Reading the ticket");
        await page.Keyboard.PressAsync("Home");
        await page.Keyboard.PressAsync("ArrowLeft");
        await Expect(page.Locator(".line")).ToHaveCountAsync(1);
        await Expect(page.Locator(".line")).ToHaveAttributeAsync("aria-expanded", "false");
        await page.Keyboard.PressAsync("ArrowRight");
        await page.Keyboard.PressAsync("ArrowRight");
        await Expect(page.Locator(".detail h2")).ToHaveTextAsync("Reading the ticket");
        await page.Keyboard.PressAsync("Escape");
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator(".item")).ToHaveCountAsync(1);
        Assert.Empty(complaints);
    }

    [BrowserFact]
    public async Task FiltersNarrowTheListAndStandInTheAddress()
    {
        await HelpDesk.FillAsync(_local, TimeProvider.System.GetUtcNow());
        var (page, complaints) = await chromium.OpenAsync();
        await page.GotoAsync(_local.Url.ToString());
        await page.GetByRole(AriaRole.Button, new() { Name = "Errors" }).ClickAsync();
        await Expect(page.Locator(".item")).ToHaveCountAsync(1);
        await Expect(page.Locator(".item")).ToContainTextAsync("payment gateway");
        await page.GetByRole(AriaRole.Button, new() { Name = "Errors" }).ClickAsync();
        await page.GetByLabel("Model").SelectOptionAsync("gpt-4o-mini");
        await Expect(page.Locator(".item")).ToHaveCountAsync(3);
        await page.GetByLabel("Score", new() { Exact = true }).SelectOptionAsync("helpful");
        await page.GetByLabel("Score from").FillAsync("0.95");
        await page.Keyboard.PressAsync("Tab");
        await Expect(page.Locator(".item")).ToHaveCountAsync(2);
        await page.ReloadAsync();
        await Expect(page.Locator(".item")).ToHaveCountAsync(2);
        Assert.Contains("model=gpt-4o-mini", page.Url, StringComparison.Ordinal);
        Assert.Empty(complaints);
    }

    [BrowserFact]
    public async Task APressThatRowsComeInDuringIsAClick()
    {
        var project = await _rows.ProjectAsync("P");
        await _rows.SendAsync(project, Rows.Span("t", "a", null, "outer", "task", 1, 5), Rows.Span("t", "b", "a", "inner", "tool", 2, 3));
        var (page, complaints) = await chromium.OpenAsync();
        await page.GotoAsync(_local.Url.ToString());
        await PressAsync(page, page.Locator(".item .faint", new() { HasText = "2 spans" }), async () =>
        {
            await _rows.SendAsync(project, Rows.Span("t", "c", "a", "first", "tool", 3, 4));
            await Expect(page.Locator(".item")).ToContainTextAsync("3 spans");
        });
        await PressAsync(page, page.Locator(".line .text", new() { HasText = "inner" }), async () =>
        {
            await _rows.SendAsync(project, Rows.Span("t", "d", "b", "below", "tool", 2, 3));
            await Expect(page.Locator(".line")).ToHaveCountAsync(4);
        });
        await Expect(page.Locator(".line.selected")).ToContainTextAsync("inner");
        await Expect(page.Locator(".line[aria-level='3']")).ToContainTextAsync("below");
        await PressAsync(page, page.Locator(".line[aria-level='1'] .twist"), async () =>
        {
            await _rows.SendAsync(project, Rows.Span("t", "e", "a", "last", "tool", 4, 6));
            await Expect(page.Locator(".line")).ToHaveCountAsync(5);
        });
        await Expect(page.Locator(".line")).ToHaveCountAsync(1);
        Assert.Empty(complaints);

        static async Task PressAsync(IPage page, ILocator what, Func<Task> meanwhile)
        {
            await what.HoverAsync();
            await page.Mouse.DownAsync();
            await meanwhile();
            await page.Mouse.UpAsync();
        }
    }

    [BrowserFact]
    public async Task NoDigitIsLostAndAChatHidesNothing()
    {
        const string More =
            """
            {"metadata":{"order":9007199254740993},
             "input":[{"role":"assistant","content":null,"tool_calls":[{"id":"call_9","type":"function","function":{"name":"find","arguments":"{\"id\":1152921504606846977}"}}]},
                      {"role":"tool","tool_call_id":"call_9","content":[{"type":"text","text":"found","cache_control":{"type":"ephemeral"}}]}],
             "output":[{"index":0,"finish_reason":"stop","logprobs":{"sum":1},"message":{"role":"assistant","content":null,"refusal":"I cannot help with that.","annotations":[],"function_call":{"name":"old"}}}]}
            """;
        var project = await _rows.ProjectAsync("P");
        await _rows.SendAsync(project, Rows.Span("t", "a", null, "outer", "llm", 1, 5, More));
        var (page, complaints) = await chromium.OpenAsync();
        await page.GotoAsync(new Uri(_local.Url, "/app/local/p/P/logs?r=t").ToString());
        var detail = page.Locator(".detail");
        await Expect(detail).ToContainTextAsync("order: 9007199254740993");
        await Expect(detail).ToContainTextAsync("id: 1152921504606846977");
        await page.GetByText("Raw row").ClickAsync();
        await Expect(page.Locator(".raw")).ToContainTextAsync("\"order\": 9007199254740993");

        await _rows.SendAsync(project, Rows.Span("t", "a", null, "renamed", "llm", 1, 5, More));
        await Expect(detail.Locator("h2")).ToHaveTextAsync("renamed");
        await Expect(page.Locator(".raw")).ToContainTextAsync("\"order\": 9007199254740993"); // what was unfolded stays so

        await Expect(page.Locator(".call header")).ToContainTextAsync("call_9");
        await Expect(page.Locator(".message.tool")).ToContainTextAsync("cache_control");
        await Expect(page.Locator(".message.tool")).ToContainTextAsync("call_9");
        var answer = page.Locator(".message").Nth(2);
        await Expect(answer).ToContainTextAsync("I cannot help with that.");
        await answer.Locator(".fold").First.ClickAsync();
        await Expect(answer).ToContainTextAsync("function_call");
        await Expect(answer).ToContainTextAsync("logprobs");
        await Expect(answer).Not.ToContainTextAsync("annotations");
        Assert.Empty(complaints);
    }

    [BrowserTheory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task EveryTextStandsOutFromWhatItStandsOn(ColorScheme scheme)
    {
        var (page, _) = await chromium.OpenAsync(scheme: scheme);
        await page.GotoAsync(_local.Url.ToString());
        var faint = await page.EvaluateAsync<string[]>("""
            () => {
              const probe = document.body.appendChild(document.createElement('i'));
              const light = color => {
                probe.style.color = color;
                const [r, g, b] = getComputedStyle(probe).color.match(/[\d.]+/g).map(it => it / 255).map(it => it <= .04045 ? it / 12.92 : ((it + .055) / 1.055) ** 2.4);
                return .2126 * r + .7152 * g + .0722 * b;
              };
              const contrast = (a, b) => (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
              const pairs = ['ink', 'soft', 'faint', 'accent', 'llm', 'tool', 'task', 'function', 'score', 'bad', 'warn']
                .flatMap(text => ['paper', 'wash', 'chosen'].map(ground => [`var(--${text})`, `var(--${ground})`]));
              for (const bar of ['llm', 'tool', 'task', 'function', 'score', 'span', 'bad']) pairs.push(['light-dark(#fff, #14161a)', `var(--${bar})`]);
              return pairs.map(([text, ground]) => [contrast(light(text), light(ground)), text, ground]).filter(it => it[0] < 4.5).map(it => it.join(' '));
            }
            """);
        Assert.Empty(faint);
    }

    [BrowserFact]
    public async Task WhatTheListFoundIsFoundInTheTrace()
    {
        var project = await _rows.ProjectAsync("P");
        await _rows.SendAsync(project,
            Rows.Span("t", "a", null, "outer", "task", 1, 5), Rows.Span("t", "b", "a", "inner", "tool", 2, 3), Rows.Span("t", "c", "b", "deep", "tool", 2, 3, """{"input":"a needle in hay"}"""),
            Rows.Span("u", "u", null, "other", "task", 1, 5));
        var (page, complaints) = await chromium.OpenAsync();
        await page.GotoAsync(_local.Url.ToString());
        await page.GetByLabel("Search").FillAsync("needle");
        await Expect(page.Locator(".item")).ToHaveCountAsync(1);
        await page.Locator(".item").ClickAsync();
        await Expect(page.Locator(".line.selected")).ToContainTextAsync("deep");
        await Expect(page.Locator(".detail h2")).ToHaveTextAsync("deep");
        await Expect(page).ToHaveURLAsync(new Regex(@"\?r=t&s=c&text=needle$"));
        await Expect(page.GetByLabel("Find in trace")).ToHaveValueAsync("needle");

        // A hit that comes in later is found too, and what comes with it is not in the way.
        await _rows.SendAsync(project, Rows.Span("t", "d", "a", "silent", "tool", 3, 4), Rows.Span("t", "e", "a", "late", "tool", 3, 4, """{"output":"NEEDLE"}"""));
        await Expect(page.Locator(".line", new() { HasText = "late" })).ToBeVisibleAsync();
        await Expect(page.Locator(".line")).ToHaveCountAsync(4);
        await page.GetByLabel("Find in trace").FillAsync("");
        await Expect(page.Locator(".line")).ToHaveCountAsync(5);
        await Expect(page).ToHaveURLAsync(new Regex(@"\?r=t&s=c$"));
        Assert.Empty(complaints);
    }

    [BrowserFact]
    public async Task ATraceAndAProjectAreRemovedAfterAQuestion()
    {
        var first = await _rows.ProjectAsync("First");
        await _rows.SendAsync(first, Rows.Span("t", "a", null, "outer", "task", 1, 5), Rows.Span("u", "u", null, "other", "task", 1, 5));
        await _rows.SendAsync(await _rows.ProjectAsync("Second"), Rows.Span("t", "b", null, "of the second", "task", 1, 5));
        var (page, complaints) = await chromium.OpenAsync();
        var questions = new List<string>();
        var yes = false;
        page.Dialog += (_, dialog) =>
        {
            questions.Add(dialog.Message);
            _ = yes ? dialog.AcceptAsync() : dialog.DismissAsync();
        };
        await page.GotoAsync(new Uri(_local.Url, "/app/local/p/First/logs").ToString());
        await page.Locator(".item", new() { HasText = "outer" }).ClickAsync();
        await Expect(page.Locator(".line")).ToContainTextAsync("outer");
        var saved = await page.RunAndWaitForDownloadAsync(() => page.GetByLabel("Save this trace").ClickAsync());
        var line = Assert.Single(await File.ReadAllLinesAsync(await saved.PathAsync()));
        Assert.Equal("a", (string?)JsonNode.Parse(line)!["id"]); // and not the row of the other project's trace

        var remove = page.GetByLabel("Remove this trace");
        await remove.ClickAsync();
        yes = true;
        await remove.ClickAsync();
        await Expect(page.Locator(".item")).ToHaveCountAsync(1);
        await Expect(page.Locator(".item")).ToContainTextAsync("other");
        await page.GetByLabel("Remove this project").ClickAsync();
        await Expect(page.Locator(".item")).ToContainTextAsync("of the second");
        await Expect(page.Locator("select.project")).ToHaveTextAsync("Second");
        await page.GetByLabel("Remove this project").ClickAsync();
        await Expect(page.GetByText("Waiting for the first trace")).ToBeVisibleAsync();
        await Expect(page.Locator("select.project")).ToBeHiddenAsync();
        Assert.Equal(["outer", "outer", "First", "Second"], questions.Select(it => it.Split('“', '”')[1]));
        complaints.RemoveAll(it => it.Contains("404", StringComparison.Ordinal)); // what was removed
        Assert.Empty(complaints);
    }
}
