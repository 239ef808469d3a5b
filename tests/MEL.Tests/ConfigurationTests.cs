using System.Reflection;
using System.Text;
using Braintrust.Extensions.Logging;
using Braintrust.Extensions.Logging.Configuration;
using Braintrust.Logging.Pipeline;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Braintrust.Logging.Tests.Mel;

public class ConfigurationTests
{
    static ServiceProvider Services(string json, Action<ILoggingBuilder>? add = null, string section = "Logging")
    {
        var configuration = new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))).Build();
        return new ServiceCollection().AddLogging(logging =>
        {
            logging.AddConfiguration(configuration.GetSection(section));
            (add ?? (static builder => builder.AddBraintrust()))(logging);
        }).BuildServiceProvider();
    }

    static BraintrustLoggerOptions Options(string braintrust, Action<ILoggingBuilder>? add = null)
    {
        using var services = Services($$"""{ "Logging": { "Braintrust": {{braintrust}} } }""", add);
        return services.GetRequiredService<IOptions<BraintrustLoggerOptions>>().Value;
    }

    static string Failure(string braintrust, Action<ILoggingBuilder>? add = null)
    {
        using var services = Services($$"""{ "Logging": { "Braintrust": {{braintrust}} } }""", add);
        return Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<ILoggerFactory>()).Message;
    }

    [Fact]
    public void EveryOptionThatJsonCanExpressIsRead()
    {
        var options = Options("""
            {
              "ApiKey": "sk-1", "OrgName": "org", "AppUrl": "https://app.example", "ApiUrl": "https://api.example", "Project": "p",
              "projectid": "0b000000-0000-4000-8000-00000000000a", "BatchSizeLimit": 10, "Period": "00:00:05", "EagerlyEmitFirstEvent": false,
              "AsyncFlush": false, "QueueLimit": 11, "QueueLimitBytes": 5000000000, "RetryTimeLimit": "1.02:00:00", "ShutdownTimeout": "0:00:01.5",
              "FlushOnExit": "False", "AllowInsecureTransport": true, "EventsAs": "auto", "ScopeSpans": "Named",
              "SamplingRatio": 0.25, "CaptureContent": false, "ScrubSecrets": false, "Enabled": false, "FlushMode": "ondemand", "FlushTimeout": "00:00:04",
              "SpoolDirectory": "/var/spool/rows", "SpoolSync": "fsync", "SpoolLimitBytes": 5000000001,
              "LogLevel": { "Default": "Warning" }
            }
            """);
        Assert.Equal("sk-1", options.ApiKey);
        Assert.Equal("org", options.OrgName);
        Assert.Equal("https://app.example", options.AppUrl);
        Assert.Equal("https://api.example", options.ApiUrl);
        Assert.Equal("p", options.Project);
        Assert.Equal("0b000000-0000-4000-8000-00000000000a", options.ProjectId);
        Assert.Equal(10, options.BatchSizeLimit);
        Assert.Equal(TimeSpan.FromSeconds(5), options.Period);
        Assert.False(options.EagerlyEmitFirstEvent);
        Assert.False(options.AsyncFlush);
        Assert.Equal(11, options.QueueLimit);
        Assert.Equal(5_000_000_000, options.QueueLimitBytes);
        Assert.Equal(TimeSpan.FromHours(26), options.RetryTimeLimit);
        Assert.Equal(TimeSpan.FromSeconds(1.5), options.ShutdownTimeout);
        Assert.False(options.FlushOnExit);
        Assert.True(options.AllowInsecureTransport);
        Assert.Equal(EventsAs.Auto, options.EventsAs);
        Assert.Equal(ScopeSpans.Named, options.ScopeSpans);
        Assert.Equal((0.25, false, false), (options.SamplingRatio, options.CaptureContent, options.ScrubSecrets));
        Assert.False(options.Enabled);
        Assert.Equal((FlushMode.OnDemand, TimeSpan.FromSeconds(4)), (options.FlushMode, options.FlushTimeout));
        Assert.Equal(("/var/spool/rows", SpoolSync.Fsync, 5_000_000_001), (options.SpoolDirectory, options.SpoolSync, options.SpoolLimitBytes));
    }

    [Fact]
    public void NoOptionIsForgotten()
    {
        var all = typeof(BraintrustLoggerOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => property.Name);
        Assert.Equal(all.Order(), OptionSettings.All.Keys.Concat(OptionSettings.Lists).Concat(OptionSettings.CodeOnly).Order());
    }

    [Theory]
    [InlineData("""{ "Perid": "00:00:05" }""", "Logging:Braintrust:Perid is unknown. Did you mean Period?")]
    [InlineData("""{ "apikee": "sk-secret" }""", "Logging:Braintrust:apikee is unknown. Did you mean ApiKey?")]
    [InlineData("""{ "Colour": "red" }""", "Logging:Braintrust:Colour is unknown. The options are ApiKey, OrgName,")]
    [InlineData("""{ "OnLoss": "x" }""", "Logging:Braintrust:OnLoss can be set by code only.")]
    [InlineData("""{ "Period": "5" }""", "Logging:Braintrust:Period must be a time as [days.]hours:minutes:seconds, such as 00:00:05 for five seconds or 1.00:00:00 for a day, not '5'.")]
    [InlineData("""{ "Period": 5 }""", "Logging:Braintrust:Period must be a time")]
    [InlineData("""{ "RetryTimeLimit": "24:00:00" }""", "Logging:Braintrust:RetryTimeLimit must be a time")]
    [InlineData("""{ "Period": { "Seconds": 5 } }""", "Logging:Braintrust:Period takes one value, not a section.")]
    [InlineData("""{ "BatchSizeLimit": "many" }""", "Logging:Braintrust:BatchSizeLimit must be a whole number from 1 to 2147483647, not 'many'.")]
    [InlineData("""{ "BatchSizeLimit": -1 }""", "Logging:Braintrust:BatchSizeLimit must be a whole number from 1 to 2147483647, not '-1'.")]
    [InlineData("""{ "QueueLimit": 1.5 }""", "Logging:Braintrust:QueueLimit must be a whole number")]
    [InlineData("""{ "FlushOnExit": "yes" }""", "Logging:Braintrust:FlushOnExit must be true or false, not 'yes'.")]
    [InlineData("""{ "SamplingRatio": 25 }""", "Logging:Braintrust:SamplingRatio must be a number from 0 to 1, such as 0.25, not '25'.")]
    [InlineData("""{ "SamplingRatio": "NaN" }""", "Logging:Braintrust:SamplingRatio must be a number from 0 to 1")]
    [InlineData("""{ "Sampler": "x" }""", "Logging:Braintrust:Sampler can be set by code only.")]
    [InlineData("""{ "EventsAs": "Rows" }""", "Logging:Braintrust:EventsAs must be one of Spans, ApplicationLogs, Auto, not 'Rows'.")]
    [InlineData("""{ "EventsAs": 1 }""", "Logging:Braintrust:EventsAs must be one of Spans, ApplicationLogs, Auto, not '1'.")]
    [InlineData("""{ "Period": "00:00:00" }""", "Logging:Braintrust:Period must be greater than zero.")]
    [InlineData("""{ "Project": " " }""", "Logging:Braintrust:Project must not be blank.")]
    [InlineData("""{ "ProjectId": "x" }""", "Logging:Braintrust:ProjectId must be a UUID")]
    [InlineData("""{ "AppUrl": "http://example.com" }""", "Logging:Braintrust:AppUrl must use https")]
    [InlineData("""{ "ApiKey": "sk secret" }""", "Logging:Braintrust:ApiKey must consist of")]
    public void WhatCannotWorkIsAnErrorAtStartThatNamesItsPath(string braintrust, string message)
    {
        var failure = Failure(braintrust);
        Assert.Contains(message, failure);
        Assert.DoesNotContain("secret", failure);
    }

    [Fact]
    public void AllMistakesAreNamedAtOnce()
    {
        var failure = Failure("""{ "Perid": "00:00:05", "QueueLimit": "x" }""");
        Assert.Contains("Logging:Braintrust:Perid", failure);
        Assert.Contains("Logging:Braintrust:QueueLimit", failure);
    }

    [Fact]
    public void ThePathIsTheOneThatWasWritten()
    {
        using var other = Services("""{ "My": { "Log": { "Braintrust": { "Perid": 1 } } } }""", section: "My:Log");
        Assert.Contains("My:Log:Braintrust:Perid is unknown", Assert.Throws<OptionsValidationException>(() => other.GetRequiredService<ILoggerFactory>()).Message);

        using var full = Services("""{ "Logging": { "Braintrust.Extensions.Logging.BraintrustLoggerProvider": { "Perid": 1 } } }""");
        Assert.Contains(
            "Logging:Braintrust.Extensions.Logging.BraintrustLoggerProvider:Perid is unknown",
            Assert.Throws<OptionsValidationException>(() => full.GetRequiredService<ILoggerFactory>()).Message);
    }

    [Fact]
    public void AnUnknownOptionFailsWhenTheHostIsBuilt()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection([new("Logging:Braintrust:Perid", "5")]);
        builder.Logging.AddBraintrust();
        Assert.Contains("Logging:Braintrust:Perid", Assert.Throws<OptionsValidationException>(builder.Build).Message);
    }

    [Fact]
    public void CodeWinsOverConfiguration()
    {
        var options = Options(
            """{ "Project": "configured", "BatchSizeLimit": 10, "QueueLimit": 11 }""", logging => logging.AddBraintrust(options => options.BatchSizeLimit = 20).AddBraintrust("by code"));
        Assert.Equal("by code", options.Project);
        Assert.Equal(20, options.BatchSizeLimit);
        Assert.Equal(11, options.QueueLimit);
    }

    [Fact]
    public void AProjectThatCodeNamesDoesNotYieldToAConfiguredId()
    {
        const string Id = "0b000000-0000-4000-8000-00000000000a";
        Assert.Null(Options($$"""{ "ProjectId": "{{Id}}" }""", logging => logging.AddBraintrust("by code")).ProjectId);
        Assert.Null(Options($$"""{ "ProjectId": "{{Id}}" }""", logging => logging.AddBraintrust(options => options.Project = "by code")).ProjectId);
        Assert.Equal(Id, Options($$"""{ "ProjectId": "{{Id}}", "Project": "both" }""").ProjectId);
    }

    [Fact]
    public void NullAndNothingLeaveTheDefaults()
    {
        Assert.Equal(TimeSpan.FromSeconds(2), Options("""{ "Period": null, "Project": null }""").Period);
        Assert.Null(Options("{}").Project);
    }

    [Fact]
    public void ABadOptionByCodeIsTheSameErrorAtStart() =>
        Assert.Contains("Period must be greater than zero", Failure("{}", logging => logging.AddBraintrust(options => options.Period = TimeSpan.Zero)));

    [Fact]
    public void AProjectWithoutANameIsRefusedByTheCall()
    {
        var services = new ServiceCollection();
        Assert.Throws<ArgumentException>(() => services.AddLogging(logging => logging.AddBraintrust(" ")));
        Assert.Throws<ArgumentNullException>(() => services.AddLogging(logging => logging.AddBraintrust((string)null!)));
        Assert.Throws<ArgumentNullException>(() => services.AddLogging(logging => logging.AddBraintrust((Action<BraintrustLoggerOptions>)null!)));
    }

    [Fact]
    public async Task LevelsAreFilteredByTheProvidersSection()
    {
        await using var world = await World.StartAsync();
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("Braintrust:LogLevel:Default", "Warning"), new("Braintrust:LogLevel:Test.Loud", "Trace")]).Build();
        var services = world.Services(more: logging => logging.AddConfiguration(configuration));
        var loggers = services.GetRequiredService<ILoggerFactory>();
        loggers.CreateLogger("Test").LogInformation("Too quiet");
        loggers.CreateLogger("Test").LogWarning("Loud enough");
        loggers.CreateLogger("Test.Loud").LogTrace("Let through");
        Assert.Equal(["Loud enough", "Let through"], (await world.FlushAsync()).Select(row => row.Name()));
    }

    [Fact]
    public void AConfigurationBinderThatWritesEveryPropertyBackChangesNoDefault()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("SpoolDirectory", "rows")]).Build();
        var options = new BraintrustOptions();
        configuration.Bind(options);

        var unbound = DeliveryOptions.From(new BraintrustOptions { SpoolDirectory = "rows" });
        Assert.Equal(unbound, DeliveryOptions.From(options));
        Assert.Equal(TimeSpan.FromDays(7), options.RetryTimeLimit);
    }
}
