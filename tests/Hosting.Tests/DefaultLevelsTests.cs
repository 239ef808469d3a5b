using Braintrust.Extensions.Logging;
using Braintrust.Logging.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Braintrust.Logging.Tests.Hosting;

/// <summary>Which of a host's own events are rows, where nobody has chosen, and that whoever chooses is obeyed.</summary>
public sealed class DefaultLevelsTests : IAsyncDisposable
{
    const string Lifetime = "Microsoft.Hosting.Lifetime";

    readonly InMemoryBraintrust _braintrust = new();

    public ValueTask DisposeAsync() => _braintrust.DisposeAsync();

    [Fact]
    public async Task AWebAppAsTheTemplateMakesItShowsItsRequestsByMethodRouteAndStatusAndNothingElse()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders().AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.None); // which says so where a machine is busy
        Configure(builder.Configuration, "Default=Information", "Microsoft.AspNetCore=Warning");
        builder.AddBraintrust("My Project", _braintrust.Connect);
        await using var app = builder.Build();
        app.MapGet("/chat/{id}", static (string id, ILogger<DefaultLevelsTests> log) => log.LogInformation("Found {Id}", id));
        app.Urls.Add("http://127.0.0.1:0");
        await app.StartAsync();
        using (var http = new HttpClient { BaseAddress = new Uri(app.Urls.First()) })
        {
            using var found = await http.GetAsync("/chat/7");
            using var missing = await http.GetAsync("/nowhere");
        }

        await app.StopAsync();

        var traces = (await _braintrust.TracesAsync()).OrderBy(static trace => trace.Root.Name, StringComparer.Ordinal).ToList();
        Assert.Equal([("GET /chat/{id}", 200), ("GET /nowhere", 404)], traces.Select(static trace => (trace.Root.Name, (int)trace.Root.Metadata["StatusCode"]!)));
        Assert.Equal([["GET /chat/{id}", "Found {Id}"], ["GET /nowhere"]], traces.Select(static trace => trace.Spans.Select(static span => span.Name)));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("Default=Information; Microsoft.AspNetCore=Warning; Microsoft.Hosting.Lifetime=Information", false)]
    [InlineData("Default=Warning", false)]
    [InlineData("Microsoft*=None", false)]
    [InlineData("Braintrust:Default=Debug", false)]
    [InlineData("Braintrust:Microsoft=Warning", false)]
    [InlineData("Braintrust:Microsoft=Information", true)]
    [InlineData("Braintrust:Microsoft.Hosting.Lifetime=Information", true)]
    public void OwnLevelsWin(string levels, bool isEnabled)
    {
        using var host = Build(levels);
        Assert.Equal(isEnabled, IsEnabled(host, LogLevel.Information));
    }

    [Fact]
    public void NothingIsLetThroughThatWasSilenced()
    {
        using var host = Build("Default=None");
        Assert.False(IsEnabled(host, LogLevel.Critical));
    }

    [Fact]
    public void AFilterByCodeWins()
    {
        using var byLevel = Build("", static logging => logging.AddFilter<BraintrustLoggerProvider>(Lifetime, LogLevel.Information));
        Assert.True(IsEnabled(byLevel, LogLevel.Information));
        using var byFunction = Build("", static logging => logging.AddFilter<BraintrustLoggerProvider>(static level => level >= LogLevel.Debug));
        Assert.True(IsEnabled(byFunction, LogLevel.Debug));
    }

    [Fact]
    public void AChangeOfTheConfigurationWinsToo()
    {
        using var host = Build("");
        Assert.False(IsEnabled(host, LogLevel.Information));

        var configuration = (IConfigurationRoot)host.Services.GetRequiredService<IConfiguration>();
        configuration["Logging:Braintrust:LogLevel:Microsoft.Hosting.Lifetime"] = "Information";
        configuration.Reload();

        Assert.True(IsEnabled(host, LogLevel.Information));
    }

    IHost Build(string levels, Action<ILoggingBuilder>? more = null)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        Configure(builder.Configuration, levels.Split("; ", StringSplitOptions.RemoveEmptyEntries));
        builder.AddBraintrust("My Project", _braintrust.Connect);
        more?.Invoke(builder.Logging);
        return builder.Build();
    }

    /// <summary>With this provider alone, so what is enabled is enabled for it.</summary>
    static bool IsEnabled(IHost host, LogLevel level) => host.Services.GetRequiredService<ILoggerFactory>().CreateLogger(Lifetime).IsEnabled(level);

    static void Configure(ConfigurationManager configuration, params string[] levels)
    {
        foreach (var level in levels)
        {
            var (name, value) = (level.Split('=')[0], level.Split('=')[1]);
            configuration[name.StartsWith("Braintrust:", StringComparison.Ordinal) ? $"Logging:Braintrust:LogLevel:{name["Braintrust:".Length..]}" : $"Logging:LogLevel:{name}"] = value;
        }
    }
}
