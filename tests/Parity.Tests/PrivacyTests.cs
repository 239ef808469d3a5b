using System.Text.Json.Nodes;
using Braintrust.Logging.Testing;
using Microsoft.Extensions.Logging;
using Serilog;

namespace Braintrust.Logging.Tests.Parity;

/// <summary>What is kept back is kept back by both front ends alike.</summary>
public sealed class PrivacyTests
{
    [Theory]
    [InlineData(EventsAs.Spans), InlineData(EventsAs.ApplicationLogs)]
    public async Task ASecretIsNeitherInTheMetadataNorInTheMessage(EventsAs eventsAs)
    {
        foreach (var row in await RowsAsync(options => options.EventsAs = eventsAs, "Calling {Url} with {ApiKey}", "http://x", "s3cret-4711"))
        {
            Assert.DoesNotContain("s3cret", row.ToJsonString(), StringComparison.Ordinal);
            Assert.Equal("Calling http://x with ***", (string?)row["output"]);
            Assert.Contains(row["metadata"]!.AsObject(), member => member.Key.EndsWith("ApiKey", StringComparison.Ordinal) && (string?)member.Value == "***");
        }
    }

    [Fact]
    public async Task ASecretInsideAnObjectIsScrubbed()
    {
        foreach (var row in await RowsAsync(_ => { }, "Sent {@Headers}", new Dictionary<string, string> { ["Authorization"] = "Bearer s3cret", ["Accept"] = "*/*" }))
        {
            Assert.Equal(("***", "*/*"), ((string?)row["metadata"]!["Headers"]!["Authorization"], (string?)row["metadata"]!["Headers"]!["Accept"]));
        }
    }

    [Theory]
    [InlineData(EventsAs.Spans), InlineData(EventsAs.ApplicationLogs), InlineData(EventsAs.Auto)]
    public async Task WithoutContentModelAndTokensStayAndWhatWasSaidDoesNot(EventsAs eventsAs)
    {
        const string template = "{Model} turned {Input} into {Output}, not {Expected}, with {PromptTokens} tokens";
        foreach (var row in await RowsAsync(options => (options.CaptureContent, options.EventsAs) = (false, eventsAs), template, "gpt-4o", "said-in", "said-out", "said-wanted", 12))
        {
            Assert.DoesNotContain("said-", row.ToJsonString(), StringComparison.Ordinal);
            Assert.Equal(template, (string?)row["output"]);
            Assert.Contains("gpt-4o", row.ToJsonString(), StringComparison.Ordinal);
            Assert.Contains("12", row.ToJsonString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(EventsAs.Spans), InlineData(EventsAs.ApplicationLogs)]
    public async Task WithoutContentAModelLibrarysOwnEventsAreTheirTemplates(EventsAs eventsAs)
    {
        foreach (var row in await RowsAsync("Microsoft.SemanticKernel.KernelFunctionFactory", options => (options.CaptureContent, options.EventsAs) = (false, eventsAs), LogLevel.Information, "Rendered prompt: {Prompt} for {Function}", "said-in", "f"))
        {
            Assert.Equal("Rendered prompt: {Prompt} for {Function}", (string?)row["output"]);
            Assert.DoesNotContain("said-", row.ToJsonString(), StringComparison.Ordinal);
            Assert.Contains("\"f\"", row.ToJsonString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task WithoutContentAMessageThatNamesNoneIsStillRendered()
    {
        foreach (var row in await RowsAsync(options => options.CaptureContent = false, "Found {Count} passages", 3))
        {
            Assert.Equal("Found 3 passages", (string?)row["output"]);
        }
    }

    [Fact]
    public async Task AnErrorWithoutContentSaysItsTemplate()
    {
        foreach (var row in await RowsAsync(options => options.CaptureContent = false, LogLevel.Error, "Could not answer {Input}", "said-in"))
        {
            Assert.Equal("Could not answer {Input}", (string?)row["error"]);
            Assert.DoesNotContain("said-", row.ToJsonString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task AFilterKeepsEventsBack()
    {
        var seen = new List<RowPreview>();
        var rows = await RowsAsync(options => options.Filter = preview =>
        {
            lock (seen)
            {
                seen.Add(preview);
            }
            return preview.Properties["tenant"] is not "t-1";
        }, "Hello {Tenant}", "t-1");

        Assert.Empty(rows);
        Assert.Equal(2, seen.Count);
        Assert.All(seen, preview => Assert.Equal(("Hello {Tenant}", "Shop.Checkout", "info", "privacy"), (preview.Name, preview.LoggerName, preview.Level, preview.Project)));
        Assert.All(seen, preview => Assert.Matches("^[0-9a-f]{32}$", preview.TraceId));
    }

    [Fact]
    public async Task AFilterThatThrowsKeepsTheRow() =>
        Assert.Equal(2, (await RowsAsync(options => options.Filter = _ => throw new InvalidOperationException(), "Hello")).Count);

    static Task<IReadOnlyList<JsonObject>> RowsAsync(Action<BraintrustOptions> change, string template, params object?[] arguments) =>
        RowsAsync(change, LogLevel.Information, template, arguments);

    /// <summary>The rows that the same call makes through both, with the same options.</summary>
    static Task<IReadOnlyList<JsonObject>> RowsAsync(Action<BraintrustOptions> change, LogLevel level, string template, params object?[] arguments) =>
        RowsAsync("Shop.Checkout", change, level, template, arguments);

    static async Task<IReadOnlyList<JsonObject>> RowsAsync(string category, Action<BraintrustOptions> change, LogLevel level, string template, params object?[] arguments)
    {
        await using var braintrust = new InMemoryBraintrust();
        void Configure(BraintrustOptions options)
        {
            options.Project = "privacy";
            change(options);
            braintrust.Connect(options);
        }
        await using (var serilog = new LoggerConfiguration().WriteTo.Braintrust(options => Configure(options)).CreateLogger())
        {
            serilog.ForContext(Serilog.Core.Constants.SourceContextPropertyName, category).Write((Serilog.Events.LogEventLevel)(int)level, template, arguments);
        }
        using (var factory = LoggerFactory.Create(builder => builder.AddBraintrust(options => Configure(options))))
        {
            factory.CreateLogger(category).Log(level, default, null, template, arguments);
        }
        var rows = await braintrust.RowsAsync("privacy");
        Assert.Empty(braintrust.Losses);
        Assert.True(rows.Count is 0 or 2, $"{rows.Count} rows.");
        return rows;
    }
}
