using Braintrust.Logging.Tests;
using Microsoft.Playwright;

namespace Braintrust.Logging.Local.Browser.Tests;

/// <summary>The system's Chromium or Chrome, started once for all tests. They run one after the other: a port that one of them gives back must not be another's at once.</summary>
[CollectionDefinition("browser")]
public sealed class BrowserCollection : ICollectionFixture<Chromium>;

/// <inheritdoc cref="BrowserCollection"/>
public sealed class Chromium : IAsyncLifetime
{
    // A browser and a server, on a machine that builds at the same time.
    static readonly float Limit = (float)Patience.Limit.TotalMilliseconds;

    static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge"];

    IPlaywright? _playwright;
    IBrowser? _browser;

    /// <summary>Null where there is none; CHROMIUM_PATH names one that is elsewhere.</summary>
    public static string? Path { get; } =
        Environment.GetEnvironmentVariable("CHROMIUM_PATH") is { Length: > 0 } given ? given
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator)
            .SelectMany(folder => Names.Select(name => System.IO.Path.Combine(folder, OperatingSystem.IsWindows() ? name + ".exe" : name)))
            .FirstOrDefault(File.Exists);

    public static bool IsContinuousIntegration => Environment.GetEnvironmentVariable("CI") == "true";

    public async Task InitializeAsync()
    {
        if (Path is null)
            return; // Each test says so for itself.
        _playwright = await Playwright.CreateAsync();
        Assertions.SetDefaultExpectTimeout(Limit);
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Path,
            Timeout = Limit,
            Args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking", "--font-render-hinting=none"],
        });
    }

    /// <summary>A page of its own profile. Whatever a script on it complains about ends in the list.</summary>
    public async Task<(IPage Page, List<string> Complaints)> OpenAsync(int width = 1360, int height = 820, ColorScheme scheme = ColorScheme.Light)
    {
        Assert.True(_browser is not null, "No Chromium was found on this machine, and in CI there must be one: apt-get install -y chromium");
        var context = await _browser.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = height },
            ColorScheme = scheme,
            ReducedMotion = ReducedMotion.Reduce,
            TimezoneId = "UTC",
        });
        context.SetDefaultTimeout(Limit);
        var page = await context.NewPageAsync();
        var complaints = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                complaints.Add(message.Text);
        };
        page.PageError += (_, error) => complaints.Add(error);
        return (page, complaints);
    }

    /// <summary>Closes all pages: they would go on asking for servers that are gone, or are by now another test's.</summary>
    public async Task CloseAsync()
    {
        foreach (var context in _browser?.Contexts ?? [])
            await context.CloseAsync();
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }
}

/// <summary>A test that needs a browser: skipped with a word where there is none, except in CI, where it fails.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute() =>
        Skip = Chromium.Path is null && !Chromium.IsContinuousIntegration ? "No Chromium or Chrome was found on this machine." : null;
}

/// <inheritdoc cref="BrowserFactAttribute" />
[AttributeUsage(AttributeTargets.Method)]
public sealed class BrowserTheoryAttribute : TheoryAttribute
{
    public BrowserTheoryAttribute() => Skip = new BrowserFactAttribute().Skip;
}
