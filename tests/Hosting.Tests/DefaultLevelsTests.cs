using Braintrust.Extensions.Logging;
using Braintrust.Logging.Local;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Braintrust.Logging.Tests.Hosting;

/// <summary>Which of a host's own events are rows, where nobody has chosen, and that whoever chooses is obeyed.</summary>
public sealed class DefaultLevelsTests : IAsyncLifetime
{
    const string Lifetime = "Microsoft.Hosting.Lifetime";
    const string Requests = "Microsoft.AspNetCore.Hosting.Diagnostics";

    BraintrustLocal _local = null!;

    public async Task InitializeAsync() => _local = await BraintrustLocal.StartAsync();

    public async Task DisposeAsync() => await _local.DisposeAsync();

    [Fact]
    public async Task AWebAppAsTheTemplateMakesItShowsItsRequestsByMethodAndStatusAndNothingElse()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        Configure(builder.Configuration, "Default=Information", "Microsoft.AspNetCore=Warning");
        builder.AddBraintrust("My Project");
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

        var traces = _local.Traces("My Project").OrderBy(static trace => trace.Name, StringComparer.Ordinal).ToList();
        Assert.Equal([("GET /chat/7", 200), ("GET /nowhere", 404)], traces.Select(static trace => (trace.Name, (int)trace.Row["metadata"]!["StatusCode"]!)));
        Assert.Contains(traces[0].Children, static row => row.Name == "Found {Id}");
    }

    [Theory]
    [InlineData("", false, true)]
    [InlineData("Default=Information; Microsoft.AspNetCore=Warning; Microsoft.Hosting.Lifetime=Information", false, true)]
    [InlineData("Default=Warning", false, true)]
    [InlineData("Microsoft.AspNetCore.Hosting.Diagnostics=Warning", false, false)] // no template names it: meant
    [InlineData("Microsoft=Error", false, false)] // stricter than any template: meant
    [InlineData("Microsoft*=None", false, false)]
    [InlineData("Braintrust:Default=Debug", false, true)]
    [InlineData("Braintrust:Default=Error", false, false)]
    [InlineData("Braintrust:Microsoft=Warning", false, false)]
    [InlineData("Braintrust:Microsoft=Information", true, true)]
    [InlineData("Braintrust:Microsoft.Hosting.Lifetime=Information; Braintrust:Microsoft.AspNetCore=Warning", true, false)]
    public void OwnLevelsWin(string levels, bool lifetime, bool requests)
    {
        using var host = Build(levels);
        Assert.Equal((lifetime, requests), Enabled(host, LogLevel.Information));
    }

    [Fact]
    public void NothingIsLetThroughThatWasSilenced()
    {
        using var host = Build("Default=None");
        Assert.Equal((false, false), Enabled(host, LogLevel.Critical));
    }

    [Fact]
    public void AFilterByCodeWins()
    {
        using var host = Build("", static logging => logging
            .AddFilter<BraintrustLoggerProvider>(Lifetime, LogLevel.Information)
            .AddFilter<BraintrustLoggerProvider>(Requests, static level => level >= LogLevel.Error));
        Assert.Equal((true, false), Enabled(host, LogLevel.Information));
    }

    [Fact]
    public void AChangeOfTheConfigurationWinsToo()
    {
        using var host = Build("");
        Assert.Equal((false, true), Enabled(host, LogLevel.Information));

        var configuration = (IConfigurationRoot)host.Services.GetRequiredService<IConfiguration>();
        configuration["Logging:Braintrust:LogLevel:Microsoft.Hosting.Lifetime"] = "Information";
        configuration["Logging:Braintrust:LogLevel:Microsoft.AspNetCore"] = "Warning";
        configuration.Reload();

        Assert.Equal((true, false), Enabled(host, LogLevel.Information));
    }

    IHost Build(string levels, Action<ILoggingBuilder>? more = null)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        Configure(builder.Configuration, levels.Split("; ", StringSplitOptions.RemoveEmptyEntries));
        builder.AddBraintrust("My Project");
        more?.Invoke(builder.Logging);
        return builder.Build();
    }

    /// <summary>With this provider alone, so what is enabled is enabled for it.</summary>
    static (bool Lifetime, bool Requests) Enabled(IHost host, LogLevel level)
    {
        var loggers = host.Services.GetRequiredService<ILoggerFactory>();
        return (loggers.CreateLogger(Lifetime).IsEnabled(level), loggers.CreateLogger(Requests).IsEnabled(level));
    }

    void Configure(ConfigurationManager configuration, params string[] levels)
    {
        configuration.AddInMemoryCollection(
        [
            new("Logging:Braintrust:ApiKey", _local.ApiKey), new("Logging:Braintrust:OrgName", _local.Organization),
            new("Logging:Braintrust:AppUrl", _local.Url.ToString()), new("Logging:Braintrust:ApiUrl", _local.Url.ToString()),
        ]);
        foreach (var level in levels)
        {
            var (name, value) = (level.Split('=')[0], level.Split('=')[1]);
            configuration[name.StartsWith("Braintrust:", StringComparison.Ordinal) ? $"Logging:Braintrust:LogLevel:{name["Braintrust:".Length..]}" : $"Logging:LogLevel:{name}"] = value;
        }
    }
}
